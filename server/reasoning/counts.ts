import type { McValue } from './stepValue.js';

/** Numbers of low steps: all of them, and those without a low step before them on their path. */
export interface LowCounts {
  readonly firstLow: number;
  readonly low: number;
}

/** Counts low steps. Code lens, outline, status and tree panel show these numbers, so that they are the same everywhere. */
export function countLow(steps: Iterable<{ readonly low: boolean; readonly firstLow: boolean }>): LowCounts {
  let [firstLow, low] = [0, 0];
  for (const step of steps) {
    if (step.firstLow) firstLow++;
    if (step.low) low++;
  }
  return { firstLow, low };
}

/** Numbers of rollouts of a tree: those whose texts the file keeps, and those its values were counted from. */
export interface RolloutTotals {
  readonly kept: number;
  /** Right and wrong rollouts; undefined if a node keeps some without a count. Dropped equal texts make `kept` less. */
  readonly judged?: number;
  /** Judged ones that are verdicts on nodes with the final answer: not sampled, and no rollouts in a search log. */
  readonly finished: number;
}

export function countRollouts(
  nodes: Iterable<{ readonly mc?: McValue; readonly rollouts: readonly { readonly steps: number; readonly count: number }[] }>,
): RolloutTotals {
  let [kept, judged, finished, isKnown] = [0, 0, 0, true];
  for (const { mc, rollouts } of nodes) {
    const own = rollouts.reduce((sum, { count }) => sum + count, 0);
    kept += own;
    judged += mc?.total ?? 0;
    if (own > 0 && mc?.total === undefined) isKnown = false;
    // MM-PRM keeps the verdict as a rollout without steps, StepLens as a count alone.
    if (own === 0 ? mc?.total === 1 : own === 1 && rollouts[0]?.steps === 0) finished++;
  }
  return { kept, ...(isKnown && { judged }), finished };
}
