import type { ProblemExpense, TimedBatch } from './ledger.js';

/** A problem with more than this many ms between two of its batches counts as interrupted. */
const PAUSE_MS = 5000;

/**
 * Returns rollouts per second while `jobs` problems were running at once. The beginning and end of a short run, where
 * fewer are running, would make it look slower than a long one. If so many never ran at once, uses the largest number
 * that did.
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

/** Returns the time windows in which at least `least` problems were running. */
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

/** Returns when a problem was running: from its first batch to its last, without the pauses of a resumed run. */
function spansOf(batches: readonly TimedBatch[]): [from: number, to: number][] {
  const spans: [number, number][] = [];
  for (const { from, to } of batches) {
    const last = spans.at(-1);
    if (last !== undefined && from - last[1] < PAUSE_MS) last[1] = to;
    else spans.push([from, to]);
  }
  return spans;
}
