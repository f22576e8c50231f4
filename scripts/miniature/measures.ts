import { firstLow } from '../../server/evaluation/labeledSolution.js';
import { itemAt } from '../../server/reasoning/present.js';

/** A solution with the model's scores and the truth. */
export interface ScoredSolution {
  readonly scores: readonly number[];
  /** Index of the first wrong step; -1 when all are right. All steps from it on count as wrong. */
  readonly firstError: number;
  readonly kind: string;
  readonly mistake: string;
}

/** The threshold (in steps of 0.05) with the most right verdicts on right and wrong solutions; of equals, the middle one. */
export function bestThreshold(solutions: readonly ScoredSolution[]): number {
  const candidates = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
  const hits = candidates.map((threshold) => solutions.filter((s) => firstLow(s.scores, threshold) === s.firstError).length);
  const best = candidates.filter((_, i) => hits[i] === Math.max(...hits));
  return itemAt(best, best.length >> 1);
}
