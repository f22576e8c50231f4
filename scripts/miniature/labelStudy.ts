import { mergeSteps } from '../../server/labeling/monteCarlo.js';
import { type Estimate, interval, resampleWeights } from '../../server/reasoning/bootstrap.js';
import { itemAt } from '../../server/reasoning/present.js';
import { prefixScore, stepPosteriors } from '../../server/review/posterior.js';
import { auroc } from './auroc.js';
import { continuations, type JudgedSolution } from './rolloutLog.js';

/** Agreement of Monte-Carlo labels with exact verdicts, at `samples` continuations per step. Shares in [0, 1]. */
export interface LabelQuality {
  readonly samples: number;
  /** Share of wrong labels among all labels. */
  readonly flips: Estimate;
  /** Share of the right steps that are labeled wrong. */
  readonly rightCalledWrong: Estimate;
  /** Share of the wrong steps that are labeled right. */
  readonly wrongCalledRight: Estimate;
  /** Share of labels "right" minus share of right steps. */
  readonly bias: Estimate;
  /** Mean value minus share of right steps: the error of soft labels. */
  readonly softBias: Estimate;
}

/** Labels of steps merged into at most `most` pieces per solution, with 16 continuations per piece. */
export interface MergeQuality {
  readonly most: number;
  readonly solutions: number;
  readonly merged: number;
  readonly rollouts: number;
  readonly flips: Estimate;
  /** Share of the wrong solutions whose first piece labeled wrong contains the first wrong step. */
  readonly found: Estimate;
  /** Mean number of steps in that piece, which a reader has to check. */
  readonly length: number;
}

/** Whether suspicious labels are the wrong ones. */
export interface SuspectQuality {
  readonly labels: number;
  readonly wrongLabels: number;
  readonly auroc: Estimate;
  /** `most`: the greatest possible share, because no more labels are wrong. */
  readonly precision: { readonly count: number; readonly share: number; readonly most: number };
  /** The precision at a count equal to the number of wrong labels. */
  readonly rPrecision: number;
}

/** A step with continuations: how many of them are right, and whether the step is. */
interface Sampled {
  readonly step: number;
  readonly right: number;
  readonly isRight: boolean;
  /** Number of steps of the solution that it represents. */
  readonly weight: number;
}

/** The steps of a solution that were continued. The last step ends the solution and is not continued. */
function sampled({ verdicts, exact }: JudgedSolution, samples = continuations): Sampled[] {
  const rows = verdicts.slice(0, -1);
  const weight = rows.length / rows.filter((row) => row !== '').length;
  return rows.flatMap((row, step) =>
    row === '' ? [] : [{ step, right: rightIn(row, samples), isRight: exact.firstError < 0 || step < exact.firstError, weight }],
  );
}

const rightIn = (row: string, samples = row.length): number => [...row.slice(0, samples)].filter((verdict) => verdict === '1').length;

/**
 * The chance that none of `samples` continuations is right when they are drawn from the logged ones without replacement. It covers all
 * possible draws, so that a comparison of numbers of continuations does not depend on one random draw.
 */
export function noneRight(right: number, samples: number, logged = continuations): number {
  let chance = 1;
  for (let i = 0; i < samples; i++) chance *= Math.max(0, (logged - right - i) / (logged - i));
  return chance;
}

/** A step is labeled right when any continuation is (VisualPRM, arXiv 2503.10291). Intervals: resampled problems. */
export function labelQuality(solutions: readonly JudgedSolution[], samples: number, seed: number): LabelQuality {
  // Per problem: steps, right steps, right ones labeled wrong, wrong ones labeled right, sum of values.
  const rows = solutions.map((solution) => {
    let [all, rightOnes, missed, lucky, values] = [0, 0, 0, 0, 0];
    for (const { right, isRight, weight } of sampled(solution)) {
      const none = noneRight(right, samples);
      all += weight;
      rightOnes += isRight ? weight : 0;
      missed += isRight ? weight * none : 0;
      lucky += isRight ? 0 : weight * (1 - none);
      values += (weight * right) / continuations;
    }
    return [all, rightOnes, missed, lucky, values] as const;
  });
  const of = (value: (sums: (typeof rows)[number]) => number) => resampled(rows, value, seed);
  return {
    samples,
    flips: of(([all, , missed, lucky]) => (missed + lucky) / all),
    rightCalledWrong: of(([, right, missed]) => missed / right),
    wrongCalledRight: of(([all, right, , lucky]) => lucky / (all - right)),
    bias: of(([all, , missed, lucky]) => (lucky - missed) / all),
    softBias: of(([all, right, , , value]) => (value - right) / all),
  };
}

/** VisualPRM's merging of steps: a piece is labeled at its end, and is right when all its steps are. Solutions with every step continued. */
export function mergeQuality(all: readonly JudgedSolution[], most: number, seed: number, samples = 16): MergeQuality {
  const solutions = all.filter(({ verdicts }) => verdicts.every((row) => row !== ''));
  const lengths: number[] = [];
  let [merged, rollouts] = [0, 0];
  const rows = solutions.map(({ steps, verdicts, exact: { firstError } }) => {
    const pieces = mergeSteps(steps, most);
    if (pieces.length < steps.length) merged++;
    let [begin, flips, found] = [0, 0, 0];
    const labeled = pieces.map((piece) => {
      const end = begin + piece.length;
      const isLast = end === steps.length;
      if (!isLast) rollouts += samples;
      const label = isLast ? verdicts[end - 1] === '1' : rightIn(itemAt(verdicts, end - 1), samples) > 0;
      const isRight = firstError < 0 || end <= firstError;
      if (label !== isRight) flips++;
      const bounds = { begin, end, label };
      begin = end;
      return bounds;
    });
    const firstLow = labeled.find(({ label }) => !label);
    if (firstError >= 0) {
      const isFound = firstLow !== undefined && firstError >= firstLow.begin && firstError < firstLow.end;
      found = Number(isFound);
      if (isFound) lengths.push(firstLow.end - firstLow.begin);
    }
    return [pieces.length, flips, Number(firstError >= 0), found] as const;
  });
  return {
    most,
    solutions: solutions.length,
    merged: merged / solutions.length,
    rollouts: rollouts / solutions.length,
    flips: resampled(rows, ([all, flips]) => flips / all, seed),
    found: resampled(rows, ([, , wrong, found]) => found / wrong, seed),
    length: lengths.reduce((a, b) => a + b, 0) / lengths.length,
  };
}

/** One label per block of `samples` logged continuations of a step: all that the log gives, with the noise of `samples`. */
function blocks({ verdicts, exact }: JudgedSolution, samples: number): Omit<Sampled, 'weight'>[] {
  return verdicts.slice(0, -1).flatMap((row, step) =>
    Array.from({ length: Math.floor(row.length / samples) }, (_, block) => ({
      step,
      right: rightIn(row.slice(block * samples, (block + 1) * samples)),
      isRight: exact.firstError < 0 || step < exact.firstError,
    })),
  );
}

/**
 * Labels of some continuations, ranked by the chance that they are wrong, which is the review queue's posterior from rollouts and the PRM's
 * scores (`server/review/posterior.ts`). A step has one label per block of its logged continuations. `scores`: of every step of every
 * solution; NaN = none.
 */
export function suspectQuality(
  solutions: readonly JudgedSolution[],
  scores: readonly (readonly number[])[],
  seed: number,
  samples = 16,
  best = 100,
): SuspectQuality {
  const labels = solutions.flatMap((solution, problem) =>
    blocks(solution, samples).map(({ step, isRight, right }) => ({
      problem,
      isRight,
      right,
      prm: prefixScore(itemAt(scores, problem).slice(0, step + 1)) ?? NaN,
    })),
  );
  const posteriors = stepPosteriors(labels.map(({ right, prm }) => ({ people: [], mc: { correct: right, total: samples }, prm })));
  const ranked = labels
    .map(({ problem, right, isRight }, i) => {
      const label = right > 0;
      return { problem, isWrong: label !== isRight, suspicion: label ? 1 - itemAt(posteriors, i) : itemAt(posteriors, i) };
    })
    .sort((a, b) => b.suspicion - a.suspicion);
  const count = Math.min(best, ranked.length);
  const ranks = auroc(ranked.map(({ problem, suspicion, isWrong }) => ({ problem, score: suspicion, isHigh: isWrong })));
  const weights = resampleWeights(solutions.length, seed);
  const aurocs = weights.map((weight) => ranks((problem) => itemAt(weight, problem))).filter((value) => !Number.isNaN(value));
  const [low, high] = interval(aurocs);
  const wrongLabels = ranked.filter(({ isWrong }) => isWrong).length;
  const wrongIn = (first: number): number => ranked.slice(0, first).filter(({ isWrong }) => isWrong).length;
  return {
    labels: ranked.length,
    wrongLabels,
    auroc: { value: ranks(() => 1), low, high },
    precision: { count, share: wrongIn(count) / count, most: Math.min(1, wrongLabels / count) },
    rPrecision: wrongIn(wrongLabels) / wrongLabels,
  };
}

/** A value computed from sums over problems, with a 95 % interval from resampled problems. */
function resampled<Row extends readonly number[]>(rows: readonly Row[], value: (sums: Row) => number, seed: number): Estimate {
  const total = (weight: (row: number) => number): number => {
    const sums = itemAt(rows, 0).map((_, column) => rows.reduce((sum, row, at) => sum + itemAt(row, column) * weight(at), 0));
    return value(sums as readonly number[] as Row);
  };
  const drawn = resampleWeights(rows.length, seed)
    .map((weights) => total((row) => itemAt(weights, row)))
    .filter((one) => !Number.isNaN(one));
  const [low, high] = drawn.length === 0 ? [NaN, NaN] : interval(drawn);
  return { value: total(() => 1), low, high };
}
