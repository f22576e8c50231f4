import { describe, expect, it } from 'vitest';
import { bestThreshold, type ScoredSolution } from '../../scripts/miniature/measures.js';
import { firstLow } from '../../server/evaluation/labeledSolution.js';

const solution = (scores: readonly number[], firstError: number): ScoredSolution => ({ scores, firstError, kind: 'k', mistake: 'none' });

describe('the measures of the model card', () => {
  it('take the first step below the threshold as the first low step', () => {
    expect(firstLow([0.9, 0.5, 0.4, 0.1], 0.5)).toBe(2);
    expect(firstLow([0.9, 0.8], 0.5)).toBe(-1);
  });

  it('choose the threshold that separates right from wrong solutions', () => {
    const threshold = bestThreshold([solution([0.9, 0.8], -1), solution([0.9, 0.3], 1), solution([0.62, 0.7], -1), solution([0.58], 0)]);
    expect(threshold).toBeCloseTo(0.6);
  });
});
