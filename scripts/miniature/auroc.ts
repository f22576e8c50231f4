/** One thing that a score ranks: `isHigh` says whether it belongs above the others. */
export interface Ranked {
  /** What is drawn again when problems are resampled: the place of its problem. */
  readonly problem: number;
  readonly score: number;
  readonly isHigh: boolean;
}

/** A statistic of problems that count so often each. */
export type Statistic = (weight: (problem: number) => number) => number;

/**
 * The chance that one that belongs above scores above one that does not, ties half (Mann-Whitney); NaN without one of both. The scores
 * are sorted once, so that drawing other weights costs one pass.
 */
export function auroc(items: readonly Ranked[]): Statistic {
  const ties: Ranked[][] = [];
  for (const item of items.toSorted((a, b) => a.score - b.score)) {
    const tie = ties.at(-1);
    if (tie?.[0]?.score === item.score) tie.push(item);
    else ties.push([item]);
  }
  return (weight) => {
    let [high, low, pairs] = [0, 0, 0];
    for (const tie of ties) {
      let [tiedHigh, tiedLow] = [0, 0];
      for (const { problem, isHigh } of tie) {
        if (isHigh) tiedHigh += weight(problem);
        else tiedLow += weight(problem);
      }
      pairs += tiedHigh * (low + tiedLow / 2);
      high += tiedHigh;
      low += tiedLow;
    }
    return pairs / (high * low);
  };
}
