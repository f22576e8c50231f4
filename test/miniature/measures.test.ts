import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auroc, bestThreshold, type ScoredSolution } from '../../scripts/miniature/measures.js';
import { firstLow } from '../../server/evaluation/labeledSolution.js';

const solution = (scores: readonly number[], firstError: number): ScoredSolution => ({ scores, firstError, kind: 'k', mistake: 'none' });

describe('the measures of the model card', () => {
  it('AUROC is the share of pairs in order, ties half', () => {
    const scores = fc.array(
      fc.integer({ min: 0, max: 4 }).map((n) => n / 4),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(scores, scores, fc.nat(5), (a, b, error) => {
        const solutions = [solution(a, -1), solution(b, Math.min(error, b.length - 1))];
        const right = [...a, ...b.slice(0, solutions[1]!.firstError)];
        const wrong = b.slice(solutions[1]!.firstError);
        const pairs = right.flatMap((r) => wrong.map((w) => (r > w ? 1 : r === w ? 0.5 : 0)));
        expect(auroc(solutions)).toBeCloseTo(pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length, 10);
      }),
    );
  });

  it('the first low step is the first below the threshold', () => {
    expect(firstLow([0.9, 0.5, 0.4, 0.1], 0.5)).toBe(2);
    expect(firstLow([0.9, 0.8], 0.5)).toBe(-1);
  });

  it('the best threshold parts right from wrong', () => {
    const threshold = bestThreshold([solution([0.9, 0.8], -1), solution([0.9, 0.3], 1), solution([0.62, 0.7], -1), solution([0.58], 0)]);
    expect(threshold).toBeCloseTo(0.6);
  });
});
