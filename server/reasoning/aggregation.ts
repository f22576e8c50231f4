/** How a solution's value is computed from its step values (MM-PRM compares all four in its Best-of-N table). */
export const aggregations = ['min', 'mean', 'last', 'product'] as const;
export type Aggregation = (typeof aggregations)[number];

export type Aggregates = Readonly<Record<Aggregation, number>>;

/**
 * All four aggregates over the values that are known, in the order of the steps; `last` is the last known one.
 * Undefined when no value is known: a missing value is not 0.
 */
export function aggregateAll(values: Iterable<number | undefined>): Aggregates | undefined {
  let count = 0;
  let min = Infinity;
  let sum = 0;
  let product = 1;
  let last = 0;
  for (const value of values) {
    if (value === undefined || Number.isNaN(value)) continue;
    count++;
    min = Math.min(min, value);
    sum += value;
    product *= value;
    last = value;
  }
  return count === 0 ? undefined : { min, mean: sum / count, last, product };
}

/** One aggregate over the values that are known; undefined when none is. */
export function aggregate(values: Iterable<number | undefined>, how: Aggregation): number | undefined {
  return aggregateAll(values)?.[how];
}
