import { firstError, firstLow, type LabeledSolution } from './labeledSolution.js';
import { share } from './stepMetrics.js';

/** ProcessBench's question: at which step does a solution first go wrong, if at all? Shares in [0, 1]. */
export interface FirstErrorMetrics {
  readonly erroneous: number;
  readonly correct: number;
  /** Share of the solutions with a wrong step whose first low step is exactly the first wrong one. */
  readonly errorAccuracy: number | undefined;
  /** Share of the solutions without a wrong step that have no low step. */
  readonly correctAccuracy: number | undefined;
  /** Harmonic mean of the two: ProcessBench's F1 (arXiv 2412.06559; `code/run_eval_prm_rlhflow.py`); 0 when both are 0. */
  readonly f1: number | undefined;
}

export interface FirstErrorCounts {
  readonly erroneous: number;
  readonly errorHits: number;
  readonly correct: number;
  readonly correctHits: number;
}

/**
 * Counts whether a solution's first error is found at a threshold. Steps without a score are not low; a solution
 * without a scored or without a judged step is not counted. Neutral steps cannot be the first low step, because they
 * are neither right nor wrong.
 */
export function countFirstError(solution: LabeledSolution, threshold: number): FirstErrorCounts {
  const none = { erroneous: 0, errorHits: 0, correct: 0, correctHits: 0 };
  if (!isJudged(solution)) return none;
  const error = firstError(solution);
  const low = firstLow(judgedScores(solution), threshold);
  const hit = low === error ? 1 : 0;
  return error >= 0 ? { ...none, erroneous: 1, errorHits: hit } : { ...none, correct: 1, correctHits: hit };
}

/** Whether a solution has both a label and a score to compare. */
export function isJudged(solution: LabeledSolution): boolean {
  return solution.labels.some((label) => label === 1 || label === -1) && solution.scores.some((score) => !Number.isNaN(score));
}

/** The scores, without those of neutral steps. */
export function judgedScores(solution: LabeledSolution): number[] {
  return solution.labels.map((label, at) => (label === 0 ? NaN : (solution.scores[at] ?? NaN)));
}

export function firstErrorMetrics(all: readonly FirstErrorCounts[]): FirstErrorMetrics {
  const total = (key: keyof FirstErrorCounts): number => all.reduce((sum, counts) => sum + counts[key], 0);
  const erroneous = total('erroneous');
  const correct = total('correct');
  const errorAccuracy = share(total('errorHits'), erroneous);
  const correctAccuracy = share(total('correctHits'), correct);
  return { erroneous, correct, errorAccuracy, correctAccuracy, f1: harmonicMean(errorAccuracy, correctAccuracy) };
}

export function harmonicMean(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a + b === 0 ? 0 : (2 * a * b) / (a + b);
}
