import { rootPath } from '../reasoning/paths.js';
import { createRandom, sampleIndices } from '../reasoning/random.js';
import type { StepValues, ValueSource } from '../reasoning/stepValue.js';
import { valueOf } from '../reasoning/stepVerdict.js';
import { prefixScore, type StepEvidence, stepPosteriors } from './posterior.js';
import { distinctSteps, evidenceOf, type ReviewableProblem, type ReviewableStep } from './reviewable.js';

/** Which steps a review is about, and in which order. */
export type QueueKind = 'first-low' | 'uncertain' | 'suspects' | 'disagreements' | 'audit' | 'all';

export interface ReviewQueueOptions {
  readonly kind: QueueKind;
  /** In [0, 1]; a value below it is low. */
  readonly threshold: number;
  /** The most steps; all of them when absent. An audit draws this many. */
  readonly count?: number;
  /** Seed of the random audit. */
  readonly seed: number;
  /** Only this step of a problem and the steps after it. */
  readonly from?: { readonly problem: number; readonly step?: number | undefined };
}

export interface QueueItem {
  readonly uri: string;
  readonly problem: number;
  readonly step: number;
  /** Why this step is in the queue, as one short sentence. */
  readonly reason: string;
}

/** A step to judge, with its rank: larger comes first. For suspects, the probability that the label is wrong. */
export interface RankedItem extends QueueItem {
  readonly rank: number;
}

/** The rule of a kind of queue: rank and reason of a step, or undefined to leave it out. `right`: P(step is right). */
type Rule = (step: ReviewableStep, right: number, threshold: number) => { readonly rank: number; readonly reason: string } | undefined;

const rules: Readonly<Record<Exclude<QueueKind, 'audit'>, Rule>> = {
  all: () => ({ rank: 0, reason: 'every step' }),
  'first-low': ({ firstLow }) => (firstLow ? { rank: 0, reason: 'first low step of its solution' } : undefined),
  uncertain: (_, right) => ({ rank: Math.min(right, 1 - right), reason: `all sources together: ${percent(right)} likely right` }),
  suspects({ values, labels }, right, threshold) {
    const labeled = labels.length > 0 ? undefined : labelOf(values, threshold);
    if (labeled === undefined) return undefined;
    const wrongLabel = labeled ? 1 - right : right;
    return wrongLabel > 0.5
      ? { rank: wrongLabel, reason: `labeled ${labeled ? 'right' : 'wrong'}, but all sources together say ${percent(right)} likely right` }
      : undefined;
  },
  disagreements({ values, labels }, _, threshold) {
    const people = labels.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
    if (new Set(people).size > 1) return { rank: 2, reason: 'reviewers disagree' };
    const known = (['human', 'mc', 'prm', 'recordedPrm', 'judge'] as const).flatMap((source) => {
      const value = valueOf(values, source);
      return value === undefined ? [] : [{ source, value, low: source === 'human' ? value === 0 : value < threshold }];
    });
    const low = known.find((one) => one.low);
    const high = known.findLast((one) => !one.low);
    return low && high
      ? {
          rank: high.value - low.value,
          reason: `${name(low.source)} ${low.value.toFixed(2)}, ${name(high.source)} ${high.value.toFixed(2)}`,
        }
      : undefined;
  },
};

/** The queue of a review. Its order is the same for every reviewer: two people with one seed judge the same steps. */
export function reviewQueue(problems: readonly ReviewableProblem[], options: ReviewQueueOptions): QueueItem[] {
  if (options.kind !== 'audit') return rankedSteps(problems, { ...options, kind: options.kind }).map(({ rank: _, ...item }) => item);
  const steps = stepsFrom(problems, options.from);
  const chosen = sampleIndices(steps.length, Math.min(steps.length, options.count ?? Infinity), createRandom(options.seed, 'audit'));
  return chosen.flatMap((at) => (steps[at] ? [{ ...placeOf(steps[at]), reason: 'drawn at random' }] : []));
}

/** The distinct steps. With `from`, only that step and the steps after it, or all steps of its problem. */
function stepsFrom(problems: readonly ReviewableProblem[], from: ReviewQueueOptions['from']): ReturnType<typeof distinctSteps> {
  return distinctSteps(problems).filter(
    ({ problem: { problem }, step: { step } }) =>
      from === undefined ||
      (problem.index === from.problem && (from.step === undefined || rootPath(problem.steps, step.index).includes(from.step))),
  );
}

/** Steps by the rule of a queue, the highest rank first. */
export function rankedSteps(
  problems: readonly ReviewableProblem[],
  {
    kind,
    threshold,
    count,
    from,
  }: Pick<ReviewQueueOptions, 'threshold' | 'count' | 'from'> & { readonly kind: Exclude<QueueKind, 'audit'> },
): RankedItem[] {
  const steps = stepsFrom(problems, from);
  const posteriors =
    kind === 'uncertain' || kind === 'suspects'
      ? stepPosteriors(steps.map((one) => (kind === 'suspects' ? evidenceAt(one) : evidenceOf(one.step))))
      : new Float64Array(0);
  return (
    steps
      .flatMap((one, at): RankedItem[] => {
        const found = rules[kind](one.step, posteriors[at] ?? 0.5, threshold);
        return found ? [{ ...placeOf(one), ...found }] : [];
      })
      // Sorting is stable: steps of equal rank keep the order of the files.
      .sort((a, b) => b.rank - a.rank)
      .slice(0, count ?? Infinity)
  );
}

/** The evidence on a step. With rollouts, the PRM score covers the steps before it too, as the rollouts do. */
function evidenceAt({ problem: { problem, steps }, step }: ReturnType<typeof distinctSteps>[number]): StepEvidence {
  const evidence = evidenceOf(step);
  if (evidence.mc === undefined) return evidence;
  const scores = rootPath(problem.steps, step.step.index).map((at) => (steps[at] ? evidenceOf(steps[at]).prm : undefined));
  const prm = prefixScore(scores);
  return { ...evidence, ...(prm !== undefined && { prm }) };
}

function placeOf({ problem, step }: ReturnType<typeof distinctSteps>[number]) {
  return { uri: problem.uri, problem: problem.problem.index, step: step.step.index };
}

/** The label that training would use; undefined where the file gives none. */
export function labelOf(values: StepValues, threshold: number): boolean | undefined {
  if (values.human !== undefined) return values.human >= 0;
  const soft = valueOf(values, 'mc') ?? valueOf(values, 'judge');
  return soft === undefined ? undefined : values.mc ? soft > 0 : soft >= threshold;
}

const names: Readonly<Record<ValueSource, string>> = {
  prm: 'PRM',
  recordedPrm: 'PRM in file',
  mc: 'rollouts',
  judge: 'judge',
  human: 'human',
};

function name(source: ValueSource): string {
  return names[source];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
