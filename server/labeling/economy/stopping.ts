/**
 * Decides when sampling the continuations of a step may end early. Batches double (1, 2, 4, …), so that a step that is
 * decided early costs few continuations and any other step costs few requests.
 */
export interface StoppingRule {
  /** Whether further continuations are needed; at most `left` of them would follow. */
  goesOn(counts: Readonly<Decided>, left: number): boolean;
}

/** Right continuations, and all that are right or wrong. Failed and undecided ones count in neither. */
export interface Decided {
  readonly correct: number;
  readonly total: number;
}

/** Yields the batch sizes for `most` continuations: 1, 2, 4, … and the rest. */
export function* doublingBatches(most: number): Generator<number> {
  for (let size = 1, left = most; left > 0; size *= 2) {
    yield Math.min(size, left);
    left -= size;
  }
}

/**
 * Ends as soon as the hard label is decided: whatever the rest yields, the share of right continuations will be above
 * `threshold`, or will not be. Labels are therefore the same as with all continuations. At the threshold 0 (VisualPRM:
 * any success) this is the first right one.
 */
export function decidedLabel(threshold: number): StoppingRule {
  return {
    goesOn({ correct, total }, left) {
      if (total > 0 && correct / (total + left) > threshold) return false;
      return total + left > 0 && (correct + left) / (total + left) > threshold;
    },
  };
}

/** Share of the steps whose interval may miss the true value at any time: 1 - 0.95. */
export const PRECISION_ALPHA = 0.05;

/**
 * Ends as soon as the value is known to `precision`, which is half the width of an interval. The interval covers the
 * true share of right continuations with 95 % over all checks together, so checking after each batch costs no coverage.
 */
export function knownValue(precision: number): StoppingRule {
  return {
    goesOn(counts) {
      if (counts.total === 0) return true;
      const { low, high } = anytimeInterval(counts);
      return (high - low) / 2 > precision;
    },
  };
}

/**
 * A confidence sequence for a share (Robbins' mixture, uniform prior): all p with B(1 + k, 1 + n - k) < p^k (1 - p)^(n
 * - k) / α. At the true p, the left side divided by the right side is a nonnegative martingale, so by Ville's
 * inequality the probability that the true p is ever outside is at most α, however often one checks.
 */
export function anytimeInterval({ correct, total }: Decided, alpha = PRECISION_ALPHA): { readonly low: number; readonly high: number } {
  const wrong = total - correct;
  const limit = Math.log(alpha) + logBeta(correct, wrong);
  const isInside = (p: number): boolean => times(correct, Math.log(p)) + times(wrong, Math.log1p(-p)) > limit;
  const middle = total === 0 ? 0.5 : correct / total;
  const end = (outside: number): number => {
    if (isInside(outside)) return outside;
    let [inside, out] = [middle, outside];
    for (let i = 0; i < 50; i++) {
      const half = (inside + out) / 2;
      if (isInside(half)) inside = half;
      else out = half;
    }
    return out;
  };
  return { low: end(0), high: end(1) };
}

/** 0 · -∞ is 0 here. */
function times(count: number, log: number): number {
  return count === 0 ? 0 : count * log;
}

/** log B(a + 1, b + 1) = log(a! b! / (a + b + 1)!). */
function logBeta(a: number, b: number): number {
  return logFactorial(a) + logFactorial(b) - logFactorial(a + b + 1);
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
}
