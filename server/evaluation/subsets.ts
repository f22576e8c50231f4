/** Sums over the subsets of n candidates, in closed form where there is one. Subsets are equally likely, without repeats. */

import { type Random, sampleIndices } from '../reasoning/random.js';

/** ln C(n, k); -Infinity where C is 0. */
export function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return -Infinity;
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) sum += Math.log(n - i + 1) - Math.log(i);
  return sum;
}

/**
 * pass@k: the chance that k of n candidates, `correct` of them right, hold a right one: 1 - C(n - correct, k) / C(n, k)
 * (Chen et al. 2021, arXiv 2107.03374, eq. 1: unbiased).
 */
export function passAt(n: number, correct: number, k: number): number {
  return 1 - Math.exp(logChoose(n - correct, k) - logChoose(n, k));
}

/**
 * Chance that the candidate with the highest score among k of n is right, in closed form over all subsets: the one of rank r
 * (0 = highest) leads when the other k - 1 come from the n - 1 - r below it. `ranked`: verdicts, highest score first.
 */
export function bestIsCorrect(ranked: readonly boolean[], k: number): number {
  const n = ranked.length;
  const all = logChoose(n, k);
  let chance = 0;
  for (let r = 0; r <= n - k; r++) if (ranked[r]!) chance += Math.exp(logChoose(n - 1 - r, k - 1) - all);
  return Math.min(1, chance);
}

/**
 * Mean of `value` over the subsets of size k (indices ascending): over all when there are at most `limit`, else over
 * `samples` drawn ones.
 */
export function subsetMean(
  n: number,
  k: number,
  value: (subset: readonly number[]) => number,
  random: Random,
  limit = 4096,
  samples = 1000,
): number {
  const exact = Math.exp(logChoose(n, k)) <= limit + 0.5;
  let sum = 0;
  let count = 0;
  for (const subset of exact ? allSubsets(n, k) : drawn(n, k, samples, random)) {
    sum += value(subset);
    count++;
  }
  return sum / count;
}

function* drawn(n: number, k: number, samples: number, random: Random): Generator<readonly number[]> {
  for (let i = 0; i < samples; i++) yield sampleIndices(n, k, random);
}

/** All subsets of size k of 0..n-1 in lexicographic order; the array is reused. */
export function* allSubsets(n: number, k: number): Generator<readonly number[]> {
  const subset = Array.from({ length: k }, (_, i) => i);
  for (;;) {
    yield subset;
    let at = k - 1;
    while (at >= 0 && subset[at] === n - k + at) at--;
    if (at < 0) return;
    subset[at]!++;
    for (let i = at + 1; i < k; i++) subset[i] = subset[i - 1]! + 1;
  }
}
