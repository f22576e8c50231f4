import type { EndReason } from './runEvents.js';
import { estimate, type RunRecorder } from './runRecorder.js';
import { candidateScore, wordCount } from './searchPool.js';
import { nodeOf } from './searchTree.js';

export interface SearchSettings {
  /** Completions sampled from every state: k of OmegaPRM. */
  readonly rollouts: number;
  /** Maximum number of selections; each is followed by one binary search. */
  readonly searches: number;
  /** No search begins after this many completions (failed ones included). The last one may exceed it, as in MM-PRM. */
  readonly budget: number;
  /** Weight of U, which prefers states that were rarely selected. */
  readonly cPuct: number;
  /** Q = alpha^(1 - mc) * beta^(words / lengthScale): prefers rollouts that failed where most succeed, and short ones. */
  readonly alpha: number;
  readonly beta: number;
  readonly lengthScale: number;
}

/** OmegaPRM's defaults (arXiv 2406.06592) with MM-PRM's smaller search. */
export const defaultSearch: SearchSettings = {
  rollouts: 16,
  searches: 20,
  budget: 200,
  cPuct: 0.125,
  alpha: 0.5,
  beta: 0.9,
  lengthScale: 500,
};

/** MM-PRM's own run (arXiv 2505.13427; `data_pipeline/run_data_pipeline.sh`). */
export const paperSearch: SearchSettings = { ...defaultSearch, lengthScale: 2000, searches: 200, budget: 1000 };

/**
 * How MM-PRM samples its policy (`data_pipeline/run_data_pipeline.sh`, `llm_utils.py`). The system prompt is its
 * InternVL's.
 */
export const paperSampling = {
  temperature: 1,
  topP: 0.9,
  maxTokens: 4096,
  extraBody: { top_k: 50, repetition_penalty: 1.05 },
  systemPrompt: '你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。',
} as const;

interface OpenRollout {
  readonly node: number;
  /** Index in the node's list of wrong rollouts. */
  readonly rollout: number;
  /** Steps of that rollout. */
  readonly steps: readonly string[];
  readonly words: number;
}

/**
 * OmegaPRM as MM-PRM runs it (`data_pipeline/omegaprm.py`): estimate a state by rollouts; take the most promising wrong
 * rollout of the pool; find its first error by binary search, estimating every prefix on the way; repeat. It differs in
 * four points: of candidates with the same score the earlier one is taken, where the reference compares their texts; a
 * rollout without steps, in which no error can be found, neither enters the pool nor becomes a node; an undecided
 * rollout counts in no value and no pool, where the reference counts it as wrong; and where a prefix gets no value
 * (every rollout failed or was undecided) the binary search ends, where the reference continues as if all had been
 * wrong.
 */
export async function searchErrors(run: RunRecorder, settings: SearchSettings): Promise<void> {
  const { tree } = run;
  const pool: OpenRollout[] = [];
  const estimateAndPool = async (node: number): Promise<void> => {
    await estimate(run, node, settings.rollouts);
    const { value, wrong } = nodeOf(tree, node);
    if (value === undefined || value === 0) return;
    wrong.forEach(({ rollout: { steps } }, rollout) => {
      if (steps.length > 0) pool.push({ node, rollout, steps, words: wordCount(steps) });
    });
  };

  await estimateAndPool(0);
  for (let searches = 0; ; searches++) {
    const reason: EndReason | undefined =
      searches >= settings.searches
        ? 'searches'
        : tree.rollouts >= settings.budget
          ? 'budget'
          : pool.length === 0
            ? 'empty pool'
            : undefined;
    if (reason !== undefined) return await run.end(reason);
    const { node, steps } = await select(run, pool, settings);
    // The shortest prefix from which nothing succeeds ends in the first error.
    let [base, left, right] = [node, 0, steps.length - 1];
    while (left <= right) {
      const middle = (left + right) >> 1;
      const found = await run.addNode(base, steps.slice(left, middle + 1));
      // The whole rollout is complete and was judged wrong: there is nothing to sample.
      if (middle === steps.length - 1) await run.emit({ event: 'value', node: found, correct: 0, total: 1, value: 0 });
      else await estimateAndPool(found);
      const { value } = nodeOf(tree, found);
      if (value === undefined) break;
      await run.emit({ event: 'move', node: found, left, middle, right, outcome: value === 0 ? 'before' : 'after' });
      if (value === 0) right = middle - 1;
      else [base, left] = [found, middle + 1];
    }
  }
}

/** Takes the candidate with the highest Q + U from the pool, which must not be empty. */
async function select(run: RunRecorder, pool: OpenRollout[], settings: SearchSettings): Promise<OpenRollout> {
  const { tree } = run;
  const scored = pool.map((candidate) => ({
    candidate,
    score: candidateScore(tree, nodeOf(tree, candidate.node), candidate.words, settings),
  }));
  const { candidate, score } = scored.reduce((highest, one) =>
    one.score.q + one.score.u > highest.score.q + highest.score.u ? one : highest,
  );
  await run.emit({ event: 'selected', node: candidate.node, rollout: candidate.rollout, ...score, pool: pool.length });
  pool.splice(pool.indexOf(candidate), 1);
  return candidate;
}
