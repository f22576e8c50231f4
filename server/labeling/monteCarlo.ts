import { rolloutCount } from '../reasoning/treeStatistics.js';
import { ContinuationStore } from './economy/reuse.js';
import { decidedLabel, knownValue, type StoppingRule } from './economy/stopping.js';
import { estimate, type RunRecorder } from './runRecorder.js';
import { nodeOf, prefixOf, type SearchNode, type SearchTree } from './searchTree.js';

export interface MonteCarloSettings {
  /** Solutions sampled for a problem. */
  readonly solutions: number;
  /** Completions sampled from every step. */
  readonly continuations: number;
  /** Maximum steps of a solution. In longer solutions, neighboring steps are merged. */
  readonly maxSteps: number;
  /** A step is right when its score, the share of right continuations, is above this; in [0, 1). */
  readonly threshold: number;
  /** Does not sample the steps after the first wrong one. */
  readonly earlyStop: boolean;
  /** Ends the continuations of a step as soon as its label at `threshold` is decided. The labels do not change. */
  readonly stopWhenDecided?: boolean;
  /** Ends them once the value is known to this half width of an anytime-valid 95 % interval, in (0, 0.5). */
  readonly precision?: number;
  /** Counts a continuation that writes the solution's next steps for those too, and each solution for its own steps. */
  readonly reuse?: boolean;
  /** Does not sample the steps of a problem whose solutions are all right or all wrong. */
  readonly skipUniform?: boolean;
}

/** VisualPRM's settings (arXiv 2503.10291): a step is right when any continuation succeeds, and every step is continued. */
export const defaultMonteCarlo: MonteCarloSettings = { solutions: 4, continuations: 16, maxSteps: 12, threshold: 0, earlyStop: false };

/**
 * Monte-Carlo labels after VisualPRM (InternVL `tools/reasoning_data_pipeline/visualprm_data_pieline.py`): samples
 * several solutions, and several continuations of each of their steps. In the tree a solution is a chain of nodes, one
 * per step; chains share only the root.
 */
export async function monteCarlo(run: RunRecorder, settings: MonteCarloSettings): Promise<void> {
  const solutions = await estimate(run, 0, settings.solutions);
  const { value: share } = nodeOf(run.tree, 0);
  if (settings.skipUniform === true && (share === 0 || share === 1)) return await run.end(share === 0 ? 'hopeless' : 'trivial');
  const rule = stoppingRule(settings);
  // A model that gets the steps as part of the question continues differently than in the middle of its own solution.
  const store = settings.reuse === true && run.continuation?.way !== 'prompt' ? new ContinuationStore() : undefined;
  store?.add([], solutions);
  for (const solution of solutions) {
    if ('failure' in solution || solution.steps.length === 0) continue;
    let parent = 0;
    let isStopped = false;
    for (const merged of mergeSteps(solution.steps, settings.maxSteps)) {
      parent = await run.addNode(parent, merged);
      if (isStopped) continue;
      const prefix = prefixOf(run.tree, parent);
      const known = store?.through(prefix, settings.continuations);
      const sampled = await estimate(run, parent, settings.continuations, { ...(rule && { rule }), ...(known && { known }) });
      store?.add(prefix, sampled);
      const { value } = nodeOf(run.tree, parent);
      isStopped = settings.earlyStop && value !== undefined && value <= settings.threshold;
    }
  }
  await run.end('done');
}

function stoppingRule({ stopWhenDecided, precision, threshold }: MonteCarloSettings): StoppingRule | undefined {
  return precision !== undefined ? knownValue(precision) : stopWhenDecided === true ? decidedLabel(threshold) : undefined;
}

/** `split_response` of the reference: at most `maxSteps` pieces of equal length; the last may be shorter. */
export function mergeSteps(steps: readonly string[], maxSteps: number): string[][] {
  const size = Math.ceil(steps.length / maxSteps);
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, i) => steps.slice(i * size, (i + 1) * size));
}

/** A raw record of VisualPRM: one solution. A step without a right or wrong continuation has 0 of 0: unknown, not wrong. */
export interface StepsWithScore {
  readonly image: string | readonly string[];
  readonly question: string;
  readonly answer: string;
  readonly response: string;
  readonly steps_with_score: readonly {
    readonly step: string;
    readonly score: number;
    readonly num_mc_correct: number;
    readonly num_mc_total: number;
    readonly num_mc_failed: number;
    /** Undecided continuations, not part of the total; absent if there are none. */
    readonly num_mc_undecided?: number;
    readonly right: boolean | null;
  }[];
  readonly num_mc_sequences: number;
  readonly question_orig: string;
  readonly id: string;
}

/** The records of a problem, in the order its solutions were sampled; those still without steps are left out. */
export function stepsWithScore(tree: SearchTree): StepsWithScore[] {
  const {
    problem: { id, question, answer, images },
    begin: {
      settings: { continuations, threshold },
    },
  } = tree;
  const [image = images] = images.length === 1 ? images : [];
  return nodeOf(tree, 0).children.map((first, i) => {
    const chain: SearchNode[] = [];
    for (let next: number | undefined = first; next !== undefined; next = chain.at(-1)?.children[0]) chain.push(nodeOf(tree, next));
    return {
      image,
      question,
      answer,
      response: recordText(chain.flatMap(({ steps }) => steps)),
      steps_with_score: chain.map(({ steps, value, correct, total, failures, undecided }) => ({
        step: recordText(steps),
        score: value ?? 0,
        num_mc_correct: correct,
        num_mc_total: total,
        num_mc_failed: failures,
        ...(undecided.length > 0 && { num_mc_undecided: rolloutCount(undecided) }),
        right: value === undefined ? null : value > Number(threshold),
      })),
      num_mc_sequences: Number(continuations),
      question_orig: question,
      id: recordId(id, i),
    };
  });
}

/** Id of the record of a problem's solution, counted from 0. */
export function recordId(problem: string, solution: number): string {
  return `${problem}-${solution}`;
}

/** Steps as one text of a record: the reference splits and joins them with an empty line. */
export function recordText(steps: readonly string[]): string {
  return steps.join('\n\n');
}
