import { createRandom } from './random.js';

/** A mean with its two-sided 95 % bootstrap interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1000;

/**
 * Mean of each column with a percentile bootstrap interval (Efron 1979). `weights` come from `resampleWeights` for the
 * length of the columns. An empty column gives NaN.
 */
export function bootstrapMeans(columns: readonly (readonly number[])[], weights: readonly Uint16Array[]): Estimate[] {
  return columns.map((column) => {
    const rows = column.length;
    // With one row, all resamples are the same.
    if (rows <= 1) return { value: column[0] ?? NaN, low: column[0] ?? NaN, high: column[0] ?? NaN };
    const means = weights.map((weight) => {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += weight[i]! * column[i]!;
      return sum / rows;
    });
    const [low, high] = interval(means);
    return { value: column.reduce((a, b) => a + b, 0) / rows, low, high };
  });
}

/** How often each row was drawn, by resample. The same seed gives the same draws, so that results can be compared. */
export function resampleWeights(rows: number, seed: number): Uint16Array[] {
  const random = createRandom(seed, 'bootstrap');
  return Array.from({ length: RESAMPLES }, () => {
    const weight = new Uint16Array(rows);
    for (let i = 0; i < rows; i++) weight[Math.floor(random() * rows)]!++;
    return weight;
  });
}

/** 2.5 % and 97.5 % quantiles, linear between neighbors. */
export function interval(values: readonly number[]): [low: number, high: number] {
  const sorted = Float64Array.from(values).sort();
  const quantile = (q: number): number => {
    const at = q * (sorted.length - 1);
    const low = Math.floor(at);
    const share = at - low;
    // A share of 0 must not turn the neighbor's infinity into NaN, nor rounding put the low end of equal values above the high one.
    return share === 0 || sorted[low] === sorted[low + 1] ? sorted[low]! : sorted[low]! * (1 - share) + sorted[low + 1]! * share;
  };
  return [quantile(0.025), quantile(0.975)];
}
