import { harmonicMean, isJudged, judgedScores } from './firstErrorMetrics.js';
import { firstError, type LabeledSolution } from './labeledSolution.js';
import { macroF1 } from './stepMetrics.js';

export interface Best {
  /** Half-way between two neighboring scores, between which nothing changes. */
  readonly threshold: number;
  readonly value: number;
}

export interface ThresholdSweep {
  /** For a chart: thresholds 0, 0.01, .., 1. */
  readonly thresholds: readonly number[];
  readonly macroF1: readonly (number | undefined)[];
  readonly firstErrorF1: readonly (number | undefined)[];
  /** Best over all thresholds up to 1 where a count changes, not only those of the chart; the lowest of equal ones. */
  readonly bestMacroF1: Best | undefined;
  readonly bestFirstErrorF1: Best | undefined;
}

/** The thresholds at which a metric's counts change, and the counts from each up to the next (below the first: `start`). */
interface Steps<Counts> {
  readonly start: Counts;
  /** By ascending threshold. */
  readonly changes: readonly { readonly at: number; readonly counts: Counts }[];
}

/** Both metrics as functions of the threshold, exactly: O(steps log steps). */
export function sweepThresholds(solutions: readonly LabeledSolution[]): ThresholdSweep {
  const macro = macroF1Steps(solutions);
  const first = firstErrorSteps(solutions);
  const thresholds = Array.from({ length: 101 }, (_, i) => i / 100);
  return {
    thresholds,
    macroF1: lookUp(macro, thresholds),
    firstErrorF1: lookUp(first, thresholds),
    bestMacroF1: best(macro),
    bestFirstErrorF1: best(first),
  };
}

/** A judged step changes from "called right" to "called wrong" once the threshold is above its score. */
function macroF1Steps(solutions: readonly LabeledSolution[]): Steps<number | undefined> {
  const counts = { tp: 0, fp: 0, tn: 0, fn: 0 };
  const events: { at: number; change: () => void }[] = [];
  for (const { labels, scores } of solutions) {
    labels.forEach((label, i) => {
      const score = scores[i];
      if ((label !== 1 && label !== -1) || score === undefined || Number.isNaN(score)) return;
      counts[label === 1 ? 'tp' : 'fp']++;
      events.push({ at: score, change: () => (label === 1 ? (counts.tp--, counts.fn++) : (counts.fp--, counts.tn++)) });
    });
  }
  return replay(events, () => macroF1(counts));
}

/**
 * A solution's first error is found while the threshold is above the score of the wrong step and not above any score before
 * it; a right solution's verdict holds while the threshold is not above any of its scores.
 */
function firstErrorSteps(solutions: readonly LabeledSolution[]): Steps<number | undefined> {
  const totals = { erroneous: 0, correct: 0 };
  const hits = { erroneous: 0, correct: 0 };
  const events: { at: number; change: () => void }[] = [];
  for (const solution of solutions) {
    if (!isJudged(solution)) continue;
    const error = firstError(solution);
    const kind = error >= 0 ? 'erroneous' : 'correct';
    totals[kind]++;
    const scores = judgedScores(solution);
    const before = scores.slice(0, error < 0 ? undefined : error).filter((score) => !Number.isNaN(score));
    const until = before.reduce((a, b) => Math.min(a, b), Infinity);
    const from = error < 0 ? -Infinity : (scores[error] ?? NaN);
    // Also false when the wrong step has no score: such an error is never found.
    if (!(from < until)) continue;
    if (from === -Infinity) hits[kind]++;
    else events.push({ at: from, change: () => hits[kind]++ });
    if (until !== Infinity) events.push({ at: until, change: () => hits[kind]-- });
  }
  const rate = (kind: 'erroneous' | 'correct'): number | undefined => (totals[kind] === 0 ? undefined : hits[kind] / totals[kind]);
  return replay(events, () => harmonicMean(rate('erroneous'), rate('correct')));
}

function replay(events: { at: number; change: () => void }[], value: () => number | undefined): Steps<number | undefined> {
  const start = value();
  events.sort((a, b) => a.at - b.at);
  const changes: { at: number; counts: number | undefined }[] = [];
  events.forEach(({ at, change }, i) => {
    change();
    if (events[i + 1]?.at !== at) changes.push({ at, counts: value() });
  });
  return { start, changes };
}

/**
 * Returns the values at ascending thresholds. Each is that of the last change strictly below the threshold, because a
 * score equal to the threshold is not low.
 */
function lookUp({ start, changes }: Steps<number | undefined>, thresholds: readonly number[]): (number | undefined)[] {
  let [value, next] = [start, 0];
  return thresholds.map((threshold) => {
    for (let change = changes[next]; change !== undefined && change.at < threshold; change = changes[++next]) value = change.counts;
    return value;
  });
}

function best({ start, changes }: Steps<number | undefined>): Best | undefined {
  let found: Best | undefined = start === undefined ? undefined : { threshold: 0, value: start };
  changes.forEach(({ at: from, counts: value }, i) => {
    // Only a threshold above 1 would call a score of 1 low.
    if (value === undefined || from >= 1 || (found !== undefined && value <= found.value)) return;
    found = { threshold: (from + (changes[i + 1]?.at ?? 1)) / 2, value };
  });
  return found;
}
