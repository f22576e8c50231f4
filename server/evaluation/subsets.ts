/** Sums over the subsets of n candidates, in closed form where there is one. Subsets are equally likely, without repeats. */

import { type Random, shuffled } from '../reasoning/random.js';

/** ln n! by position; grows on demand. */
const logFactorials = [0];

/** ln C(n, k); -Infinity where C is 0. Constant time for every n that was requested before. */
export function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return -Infinity;
  for (let i = logFactorials.length; i <= n; i++) logFactorials.push(logFactorials[i - 1]! + Math.log(i));
  return logFactorials[n]! - logFactorials[k]! - logFactorials[n - k]!;
}

/**
 * pass@k: the chance that k of n candidates, `correct` of them right, include a right one:
 * 1 - C(n - correct, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374, eq. 1: unbiased).
 */
export function passAt(n: number, correct: number, k: number): number {
  return 1 - Math.exp(logChoose(n - correct, k) - logChoose(n, k));
}

/** Smaller shares do not change a sum in double precision. */
const NEGLIGIBLE = 1e-18;

/**
 * Chance that the candidate with the highest score among k of n is right, in closed form over all subsets: the one of rank r
 * (0 = highest) leads when the other k - 1 come from the n - 1 - r below it. `ranked`: verdicts, highest score first.
 */
export function bestIsCorrect(ranked: readonly boolean[], k: number): number {
  const n = ranked.length;
  const all = logChoose(n, k);
  let chance = 0;
  for (let r = 0; r <= n - k; r++) {
    const share = Math.exp(logChoose(n - 1 - r, k - 1) - all);
    // With every rank the share falls by a factor of about 1 - k/n: over all k, some n log n shares count.
    if (share < NEGLIGIBLE) break;
    if (ranked[r]!) chance += share;
  }
  return Math.min(1, chance);
}

/** A value of a subset whose members are added one by one, in any order. */
export interface Growing {
  /** Forgets all members. */
  reset(): void;
  add(index: number): void;
  /** The value of the subset of all members so far. */
  value(): number;
}

/**
 * Returns the mean of the value over the subsets of every size 1 .. n: over all subsets of a size if there are at most
 * `limit`, else over the beginnings of `samples` random orders. Each beginning is a random subset of its size, so an
 * order costs O(n).
 */
export function subsetMeans(n: number, growing: Growing, random: Random, limit = 4096, samples = 1000): number[] {
  const isExact = (k: number): boolean => Math.exp(logChoose(n, k)) <= limit + 0.5;
  const sums = new Float64Array(n + 1);
  const sizes = Array.from({ length: n }, (_, i) => i + 1);
  if (!sizes.every(isExact)) {
    for (let sample = 0; sample < samples; sample++) {
      growing.reset();
      shuffled(n, random).forEach((index, at) => {
        growing.add(index);
        sums[at + 1]! += growing.value();
      });
    }
  }
  return sizes.map((k) => (isExact(k) ? exactMean(n, k, growing) : sums[k]! / samples));
}

function exactMean(n: number, k: number, growing: Growing): number {
  let sum = 0;
  let count = 0;
  for (const subset of allSubsets(n, k)) {
    growing.reset();
    for (const index of subset) growing.add(index);
    sum += growing.value();
    count++;
  }
  return sum / count;
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
