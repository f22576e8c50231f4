/** One rater's category for each unit, undefined where there is none. All raters list the units in the same order. */
export type Ratings = readonly (number | undefined)[];

/** How many units two raters rate as (row, column). Rows and columns have the order of `categories`. */
export interface Confusion {
  readonly categories: readonly number[];
  readonly counts: readonly (readonly number[])[];
  /** The units counted in each cell. */
  readonly units: readonly (readonly (readonly number[])[])[];
}

/** The units that both raters rate, as a table. O(units). */
export function confusion(a: Ratings, b: Ratings): Confusion {
  const categories = [...new Set([...a, ...b].filter((value) => value !== undefined))].sort((x, y) => x - y);
  const at = new Map(categories.map((value, i) => [value, i]));
  const units = categories.map(() => categories.map((): number[] => []));
  for (const [unit, left] of a.entries()) {
    const right = b[unit];
    if (left !== undefined && right !== undefined) units[at.get(left) ?? 0]?.[at.get(right) ?? 0]?.push(unit);
  }
  return { categories, counts: units.map((row) => row.map((cell) => cell.length)), units };
}

/**
 * Cohen's kappa of two raters over the units both rate (J. Cohen, 1960): 1 = always the same, 0 = as often as chance. NaN when
 * there is no such unit or both always give one and the same category.
 */
export function cohenKappa(a: Ratings, b: Ratings): number {
  const { counts } = confusion(a, b);
  const rows = counts.map((row) => sum(row));
  const columns = counts.map((_, c) => sum(counts.map((row) => row[c] ?? 0)));
  const total = sum(rows);
  const observed = sum(counts.map((row, i) => row[i] ?? 0)) / total;
  const expected = sum(rows.map((row, i) => (row * (columns[i] ?? 0)) / total ** 2));
  return (observed - expected) / (1 - expected);
}

/**
 * Fleiss' kappa of any number of raters (J. L. Fleiss, 1971), with the share of agreeing pairs taken per unit so that units may
 * have different numbers of ratings; units with fewer than two are left out. NaN as for `cohenKappa`.
 */
export function fleissKappa(raters: readonly Ratings[]): number {
  const units = ratedUnits(raters);
  const total = sum(units.map((unit) => unit.length));
  const share = new Map<number, number>();
  for (const value of units.flat()) share.set(value, (share.get(value) ?? 0) + 1 / total);
  const observed = sum(units.map((unit) => agreeingPairs(unit) / (unit.length * (unit.length - 1)))) / units.length;
  const expected = sum([...share.values()].map((p) => p * p));
  return (observed - expected) / (1 - expected);
}

/** Ordered pairs of different raters that agree on a unit. */
function agreeingPairs(unit: readonly number[]): number {
  return sum([...tally(unit).values()].map((n) => n * (n - 1)));
}

export type Metric = 'nominal' | 'ordinal' | 'interval';

/**
 * Krippendorff's alpha (K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011) for any number of raters and missing
 * ratings, over nominal, ordinal or interval differences. NaN when fewer than two values can be paired or all are equal.
 */
export function krippendorffAlpha(raters: readonly Ratings[], metric: Metric): number {
  const units = ratedUnits(raters);
  const totals = tally(units.flat());
  const values = [...totals.keys()].sort((a, b) => a - b);
  const difference = differences(metric, values, totals);
  const n = sum([...totals.values()]);
  let [observed, expected] = [0, 0];
  for (const unit of units) {
    const counts = tally(unit);
    for (const [a, na] of counts) for (const [b, nb] of counts) observed += (na * nb * difference(a, b)) / (unit.length - 1);
  }
  for (const [a, na] of totals) for (const [b, nb] of totals) expected += na * nb * difference(a, b);
  return 1 - ((n - 1) * observed) / expected;
}

/** Squared difference of two values under a metric; the ordinal one counts the ratings between them. */
function differences(metric: Metric, values: readonly number[], totals: ReadonlyMap<number, number>): (a: number, b: number) => number {
  if (metric === 'nominal') return (a, b) => (a === b ? 0 : 1);
  if (metric === 'interval') return (a, b) => (a - b) ** 2;
  return (a, b) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    const between = sum(values.filter((value) => value >= low && value <= high).map((value) => totals.get(value) ?? 0));
    return a === b ? 0 : (between - ((totals.get(low) ?? 0) + (totals.get(high) ?? 0)) / 2) ** 2;
  };
}

/** The ratings of each unit that has two or more. */
function ratedUnits(raters: readonly Ratings[]): number[][] {
  const length = Math.max(0, ...raters.map((ratings) => ratings.length));
  const units = Array.from({ length }, (_, unit) => raters.flatMap((ratings) => ratings[unit] ?? []));
  return units.filter((unit) => unit.length > 1);
}

function tally(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
