/**
 * A solution whose steps people (or a construction with known errors) have judged: 1 right, -1 wrong, 0 neutral, undefined
 * not judged.
 */
export interface LabeledSolution {
  readonly labels: readonly (1 | 0 | -1 | undefined)[];
  /** PRM scores in [0, 1], one per step; NaN = not scored. */
  readonly scores: readonly number[];
  /** Data set, subset or class of error. */
  readonly source?: string;
  /** The policy model that wrote it. */
  readonly model?: string;
}

/** Position of the first wrong step; -1 when there is none. */
export function firstError(solution: LabeledSolution): number {
  return solution.labels.indexOf(-1);
}

/** Position of the first step that is judged wrong at a threshold (score below it); -1 when none is. */
export function firstLow(scores: readonly number[], threshold: number): number {
  return scores.findIndex((score) => score < threshold);
}
