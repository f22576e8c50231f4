import type { ProblemExpense, TimedBatch } from './ledger.js';

/** ms between two batches of a problem beyond which it is taken for interrupted. */
const PAUSE_MS = 5000;

/**
 * Rollouts a second while `jobs` problems were under way at once: the beginning and end of a short run, where fewer are, would
 * make it look slower than a long one is. Where so many never were, of the whole time in which any was.
 */
export function fullRate(problems: readonly Pick<ProblemExpense, 'batches'>[], jobs: number): number {
  const batches = problems.flatMap((one) => one.batches);
  for (let least = jobs; least > 0; least--) {
    const windows = windowsWith(problems, least);
    const ms = windows.reduce((sum, [from, to]) => sum + (to - from), 0);
    if (ms <= 0) continue;
    let rollouts = 0;
    for (const { from, to, rollouts: count } of batches)
      for (const [start, end] of windows)
        rollouts += (count * Math.max(0, Math.min(to, end) - Math.max(from, start))) / Math.max(1, to - from);
    return (1000 * rollouts) / ms;
  }
  return Infinity;
}

/** When at least so many problems were under way. */
function windowsWith(problems: readonly Pick<ProblemExpense, 'batches'>[], least: number): [from: number, to: number][] {
  const changes = problems
    .flatMap(({ batches }) => spansOf(batches))
    .flatMap(([from, to]) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  const windows: [number, number][] = [];
  let underWay = 0;
  let from: number | undefined;
  for (const { at, by } of changes) {
    underWay += by;
    if (underWay >= least) from ??= at;
    else if (from !== undefined) {
      windows.push([from, at]);
      from = undefined;
    }
  }
  return windows;
}

/** When a problem was under way: from its first batch to its last, without the pauses of a resumed run. */
function spansOf(batches: readonly TimedBatch[]): [from: number, to: number][] {
  const spans: [number, number][] = [];
  for (const { from, to } of batches) {
    const last = spans.at(-1);
    if (last !== undefined && from - last[1] < PAUSE_MS) last[1] = to;
    else spans.push([from, to]);
  }
  return spans;
}
