import type { SearchSettings } from './mcts.js';
import type { SearchNode, SearchTree } from './searchTree.js';

/** A wrong rollout that may be searched for its first error, with its scores. */
export interface SearchableRollout {
  readonly node: number;
  /** Index in the node's list of wrong rollouts. */
  readonly rollout: number;
  readonly q: number;
  readonly u: number;
}

export type PoolSettings = Pick<SearchSettings, 'alpha' | 'beta' | 'lengthScale' | 'cPuct'>;

/**
 * Q and U of a wrong rollout of `words` words (OmegaPRM, arXiv 2406.06592, 3.2; MM-PRM `data_pipeline/omegaprm.py`):
 * Q = alpha^(1 - mc) * beta^(words / lengthScale), U = cPuct * sqrt(all visits) / (1 + visits of the node).
 */
export function candidateScore(
  tree: SearchTree,
  { value, visits }: SearchNode,
  words: number,
  { alpha, beta, lengthScale, cPuct }: PoolSettings,
): Pick<SearchableRollout, 'q' | 'u'> {
  return {
    q: rounded(alpha ** (1 - (value ?? 0)) * beta ** (words / lengthScale)),
    u: rounded((cPuct * Math.sqrt(tree.visits)) / (1 + visits)),
  };
}

/** Returns the pool of a search in the current state of its tree, the highest Q + U first. */
export function poolOf(tree: SearchTree, settings: PoolSettings): SearchableRollout[] {
  const candidates = tree.nodes.flatMap((node) => {
    if (node.value === undefined || node.value === 0 || node.assumed) return [];
    return node.wrong.flatMap(({ rollout: { steps }, isTaken }, rollout) =>
      steps.length === 0 || isTaken ? [] : [{ node: node.id, rollout, ...candidateScore(tree, node, wordCount(steps), settings) }],
    );
  });
  return candidates.sort((a, b) => b.q + b.u - (a.q + a.u));
}

/** Words of a rollout, as MM-PRM counts its length. */
export function wordCount(steps: readonly string[]): number {
  return steps.reduce((sum, step) => sum + (step.match(/\S+/g)?.length ?? 0), 0);
}

/** Powers may differ in the last digit between machines; a log must not. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
