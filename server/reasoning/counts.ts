import type { McValue } from './stepValue.js';

/** Low steps: all of them, and those with no low step before them on their path. */
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

/** Rollouts of a tree: those whose texts the file keeps, and those its values were counted from. */
export interface RolloutTotals {
  readonly kept: number;
  /** Right and wrong ones; undefined where the file does not say of a node that keeps some. A writer that drops equal texts keeps fewer. */
  readonly judged?: number;
  /** Among the judged: verdicts on nodes that end with the final answer, which nobody sampled. A log of the search has no rollouts of them. */
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
