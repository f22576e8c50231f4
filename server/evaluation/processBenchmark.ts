import { type Estimate, interval, resampleWeights } from '../reasoning/bootstrap.js';
import { countFirstError, type FirstErrorMetrics, firstErrorMetrics, harmonicMean } from './firstErrorMetrics.js';
import type { LabeledSolution } from './labeledSolution.js';
import { addCounts, countSteps, type StepCounts, type StepMetrics, stepMetrics } from './stepMetrics.js';
import { sweepThresholds, type ThresholdSweep } from './thresholdSweep.js';

/** The number by which a benchmark's authors compare models. */
export type Headline = 'macroF1' | 'firstErrorF1';

export interface ProcessScores {
  readonly solutions: number;
  readonly steps: StepMetrics;
  readonly firstError: FirstErrorMetrics;
}

export interface ProcessReport {
  readonly headline: Headline;
  readonly threshold: number;
  /** The headline at the threshold, over everything, with a 95 % bootstrap interval over solutions. */
  readonly score: Estimate;
  readonly all: ProcessScores;
  readonly bySource: ReadonlyMap<string, ProcessScores>;
  readonly byModel: ReadonlyMap<string, ProcessScores>;
  /**
   * The headline's means over sources: plain (ProcessBench's "average F1" over its four subsets), and weighted by judged
   * steps (one reading of VisualProcessBench's "overall"; the paper does not say whether it pools).
   */
  readonly meanOverSources: number | undefined;
  readonly weightedMeanOverSources: number | undefined;
  readonly sweep: ThresholdSweep;
  /** Judged steps without a score; no number above includes them. */
  readonly unscoredSteps: number;
  readonly neutralSteps: number;
}

/**
 * Scores a PRM on a process benchmark.
 * - VisualProcessBench (arXiv 2503.10291, 3.3): headline macro F1 over the steps of all solutions, neutral ones left out.
 * - ProcessBench (arXiv 2412.06559): headline F1 of first-error accuracy on wrong and on right solutions.
 * - PRMBench (arXiv 2501.03124; `mr_eval/tasks/prmtest_classified/task.py`): headline PRMScore = macro F1; the
 *   originals that its redundancy rows carry are neither in its total nor read here. Its class `multi_solutions` has
 *   only right steps: the score of that class is their F1; in the total its steps are pooled with the others.
 * A step is low when its score is below `threshold`. The caller chooses the headline; all numbers are always computed.
 */
export function processReport(solutions: readonly LabeledSolution[], headline: Headline, threshold: number, seed: number): ProcessReport {
  const bySource = scoresBy(solutions, threshold, (solution) => solution.source);
  const headlineOf = (scores: ProcessScores): number | undefined => (headline === 'macroF1' ? scores.steps.macroF1 : scores.firstError.f1);
  const groups = [...bySource.values()].flatMap((scores) => {
    const value = headlineOf(scores);
    return value === undefined ? [] : [{ value, weight: countOf(scores.steps.counts) }];
  });
  const judged = solutions.flatMap(({ labels, scores }) => labels.map((label, i) => ({ label, score: scores[i] ?? NaN })));
  return {
    headline,
    threshold,
    score: headlineEstimate(solutions, headline, threshold, seed),
    all: scoresOf(solutions, threshold),
    bySource,
    byModel: scoresBy(solutions, threshold, (solution) => solution.model),
    meanOverSources: weightedMean(groups.map(({ value }) => ({ value, weight: 1 }))),
    weightedMeanOverSources: weightedMean(groups),
    sweep: sweepThresholds(solutions),
    unscoredSteps: judged.filter(({ label, score }) => (label === 1 || label === -1) && Number.isNaN(score)).length,
    neutralSteps: judged.filter(({ label }) => label === 0).length,
  };
}

function scoresOf(solutions: readonly LabeledSolution[], threshold: number): ProcessScores {
  return {
    solutions: solutions.length,
    steps: stepMetrics(addCounts(solutions.map((solution) => countSteps(solution, threshold))), isRightOnly(solutions)),
    firstError: firstErrorMetrics(solutions.map((solution) => countFirstError(solution, threshold))),
  };
}

/** Whether all solutions are of PRMBench's class of right solutions, which has no wrong step to find. */
function isRightOnly(solutions: readonly LabeledSolution[]): boolean {
  return solutions.length > 0 && solutions.every(({ source }) => source === 'multi_solutions');
}

/** Returns groups in alphabetical order; a solution without a key is in no group. */
function scoresBy(
  solutions: readonly LabeledSolution[],
  threshold: number,
  keyOf: (solution: LabeledSolution) => string | undefined,
): Map<string, ProcessScores> {
  const groups = new Map<string, LabeledSolution[]>();
  for (const solution of solutions) {
    const key = keyOf(solution);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [solution]);
    else group.push(solution);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, group]) => [key, scoresOf(group, threshold)]));
}

function headlineEstimate(solutions: readonly LabeledSolution[], headline: Headline, threshold: number, seed: number): Estimate {
  const rows = solutions.map((solution): readonly [number, number, number, number] => {
    if (headline === 'firstErrorF1') {
      const { errorHits, erroneous, correctHits, correct } = countFirstError(solution, threshold);
      return [errorHits, erroneous, correctHits, correct];
    }
    const { tp, fp, tn, fn } = countSteps(solution, threshold);
    return [tp, fp, tn, fn];
  });
  const rightOnly = isRightOnly(solutions);
  const value = (weight: (row: number) => number): number => {
    let [a, b, c, d] = [0, 0, 0, 0];
    rows.forEach((row, at) => {
      const times = weight(at);
      a += row[0] * times;
      b += row[1] * times;
      c += row[2] * times;
      d += row[3] * times;
    });
    const result =
      headline === 'macroF1'
        ? stepMetrics({ tp: a, fp: b, tn: c, fn: d }, rightOnly).macroF1
        : harmonicMean(b ? a / b : undefined, d ? c / d : undefined);
    return result ?? NaN;
  };
  const resampled = resampleWeights(rows.length, seed)
    .map((weight) => value((row) => weight[row] ?? 0))
    .filter((mean) => !Number.isNaN(mean));
  const [low, high] = resampled.length === 0 ? [NaN, NaN] : interval(resampled);
  return { value: value(() => 1), low, high };
}

function countOf({ tp, fp, tn, fn }: StepCounts): number {
  return tp + fp + tn + fn;
}

function weightedMean(values: readonly { readonly value: number; readonly weight: number }[]): number | undefined {
  const total = values.reduce((sum, { weight }) => sum + weight, 0);
  return total === 0 ? undefined : values.reduce((sum, { value, weight }) => sum + value * weight, 0) / total;
}
