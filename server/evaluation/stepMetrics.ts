import type { LabeledSolution } from './labeledSolution.js';

/**
 * Steps by label and verdict; "positive" is a right step, as in PRMBench. Neutral steps, steps that were not judged and steps
 * without a score are left out.
 */
export interface StepCounts {
  /** Right, called right. */
  readonly tp: number;
  /** Wrong, called right. */
  readonly fp: number;
  /** Wrong, called wrong. */
  readonly tn: number;
  /** Right, called wrong. */
  readonly fn: number;
}

/** Shares in [0, 1]; undefined when nothing could be counted. */
export interface StepMetrics {
  readonly counts: StepCounts;
  /** F1 of finding the right steps. */
  readonly f1Correct: number | undefined;
  /** F1 of finding the wrong steps. */
  readonly f1Incorrect: number | undefined;
  /**
   * Mean of the two: VisualProcessBench's macro F1 (VisualPRM, arXiv 2503.10291, section 3.3: neutral steps are left out,
   * steps after the first error are judged too), and PRMBench's PRMScore (its weights are 0.5 and 0.5).
   */
  readonly macroF1: number | undefined;
  /** F1 over both classes pooled, which for two classes is the accuracy. */
  readonly microF1: number | undefined;
  readonly accuracy: number | undefined;
  /** Share of the right steps that are called right. */
  readonly correctAccuracy: number | undefined;
  /** Share of the wrong steps that are called wrong. */
  readonly incorrectAccuracy: number | undefined;
}

/** A step is called right when its score is at least `threshold`. */
export function countSteps(solution: LabeledSolution, threshold: number): StepCounts {
  const counts = { tp: 0, fp: 0, tn: 0, fn: 0 };
  solution.labels.forEach((label, at) => {
    const score = solution.scores[at];
    if ((label !== 1 && label !== -1) || score === undefined || Number.isNaN(score)) return;
    if (label === 1) counts[score >= threshold ? 'tp' : 'fn']++;
    else counts[score >= threshold ? 'fp' : 'tn']++;
  });
  return counts;
}

export function addCounts(all: readonly StepCounts[]): StepCounts {
  const sum = { tp: 0, fp: 0, tn: 0, fn: 0 };
  for (const { tp, fp, tn, fn } of all) {
    sum.tp += tp;
    sum.fp += fp;
    sum.tn += tn;
    sum.fn += fn;
  }
  return sum;
}

/**
 * `isRightOnly`: the solutions are of a class without wrong steps (PRMBench's `multi_solutions`), whose score is the F1 of right
 * steps alone.
 */
export function stepMetrics(counts: StepCounts, isRightOnly = false): StepMetrics {
  const { tp, fp, tn, fn } = counts;
  const f1Correct = share(2 * tp, 2 * tp + fp + fn);
  const f1Incorrect = share(2 * tn, 2 * tn + fp + fn);
  return {
    counts,
    f1Correct,
    f1Incorrect,
    macroF1: isRightOnly ? f1Correct : macroF1(counts),
    microF1: share(tp + tn, tp + fp + tn + fn),
    accuracy: share(tp + tn, tp + fp + tn + fn),
    correctAccuracy: share(tp, tp + fn),
    incorrectAccuracy: share(tn, tn + fp),
  };
}

/**
 * Returns the mean F1 of both classes. A class that occurs neither in the labels nor in the verdicts is left out, as in
 * scikit-learn's `macro`, so that a file with only right steps is not halved.
 */
export function macroF1({ tp, fp, tn, fn }: StepCounts): number | undefined {
  const f1s = [share(2 * tp, 2 * tp + fp + fn), share(2 * tn, 2 * tn + fp + fn)].filter((f1) => f1 !== undefined);
  return f1s.length === 0 ? undefined : f1s.reduce((a, b) => a + b, 0) / f1s.length;
}

export function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}
