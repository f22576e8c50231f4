/** One item that a score ranks. `isHigh`: whether it belongs above the others. */
export interface Ranked {
  /** Index of its problem, the unit of resampling. */
  readonly problem: number;
  readonly score: number;
  readonly isHigh: boolean;
}

/** A statistic over problems, each of which counts `weight(problem)` times. */
export type Statistic = (weight: (problem: number) => number) => number;

/**
 * The chance that a high item scores above one that is not high; a tie counts half (Mann-Whitney). NaN unless there is one of each. The
 * scores are sorted once, so that other weights cost one pass.
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
