import { type Aggregation, aggregate } from '../reasoning/aggregation.js';

/** What a step is rewarded with: its value, or how much it adds to the value of the step before it. */
export type RewardMode = 'value' | 'advantage';

export interface CompletionRewards {
  /** One per step; undefined if the step, or the value it is compared with, has no value. */
  readonly steps: readonly (number | undefined)[];
  /** Of the whole completion; undefined if a step has no value, or there are no steps. */
  readonly reward: number | undefined;
}

/**
 * Returns a function that rewards a completion by its step values. `completions` are all completions of a prompt.
 *
 * `value`: step values, and their aggregate. `advantage`: v(k) - v(k-1) (Setlur et al. 2024, arXiv 2410.08146, with the
 * model's own values). The first step is compared with the mean first step of the prompt's completions, so a completion
 * without others gets 0 there. A completion gets the sum of its steps, which is its last value minus that mean: the
 * number of steps makes no difference.
 *
 * @param completions Step values in [0, 1]; NaN = not scored.
 */
export function rewarder(
  completions: readonly (readonly number[])[],
  mode: RewardMode,
  aggregation: Aggregation,
): (values: readonly number[]) => CompletionRewards {
  const firsts = completions.flatMap(([first]) => (first === undefined || Number.isNaN(first) ? [] : [first]));
  const baseline = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
  return (values) => {
    const isComplete = values.length > 0 && values.every((value) => !Number.isNaN(value));
    if (mode === 'value') return { steps: values.map(known), reward: isComplete ? aggregate(values, aggregation) : undefined };
    let before = baseline;
    const steps = values.map((value) => {
      const gain = value - before;
      before = value;
      return known(gain);
    });
    return { steps, reward: isComplete ? before - baseline : undefined };
  };
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
