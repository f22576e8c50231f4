import { firstLow } from '../../server/evaluation/labeledSolution.js';

/** A solution with the model's scores and the truth. */
export interface ScoredSolution {
  readonly scores: readonly number[];
  /** Index of the first wrong step; -1 when all are right. All steps from it on count as wrong. */
  readonly firstError: number;
  readonly kind: string;
  readonly mistake: string;
}

/** Chance that a right step scores above a wrong one, over all pairs of steps; a tie counts half (Mann-Whitney). */
export function auroc(solutions: readonly ScoredSolution[]): number {
  const steps = solutions.flatMap(({ scores, firstError }) =>
    scores.map((score, i) => ({ score, right: firstError < 0 || i < firstError })),
  );
  steps.sort((a, b) => a.score - b.score);
  let rightRanks = 0;
  for (let start = 0; start < steps.length; ) {
    let end = start;
    while (end < steps.length && steps[end]!.score === steps[start]!.score) end++;
    const rank = (start + 1 + end) / 2;
    rightRanks += rank * steps.slice(start, end).filter((step) => step.right).length;
    start = end;
  }
  const right = steps.filter((step) => step.right).length;
  return (rightRanks - (right * (right + 1)) / 2) / (right * (steps.length - right));
}

/** The threshold (in steps of 0.05) at which the most solutions, right and wrong, get the right verdict; the middle one of equals. */
export function bestThreshold(solutions: readonly ScoredSolution[]): number {
  const candidates = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
  const hits = candidates.map((threshold) => solutions.filter((s) => firstLow(s.scores, threshold) === s.firstError).length);
  const best = candidates.filter((_, i) => hits[i] === Math.max(...hits));
  return best[best.length >> 1]!;
}
