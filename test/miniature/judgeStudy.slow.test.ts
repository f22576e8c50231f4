import { describe, expect, it } from 'vitest';
import { bestF1, judgeStudy, judgeText, scoresOf, stepAuroc } from '../../scripts/miniature/judgeStudy.js';

const solutions = [
  { problem: 0, length: 2, firstError: 1 },
  { problem: 1, length: 2, firstError: -1 },
];

describe('judges of steps', () => {
  it('have scores that are logged in one byte per step: 128 plus 9 times the logit', () => {
    const scores = scoresOf(Buffer.from([128, 137, 0, 255]).toString('base64'));
    expect(scores[0]).toBe(0.5);
    expect(scores[1]).toBeCloseTo(1 / (1 + Math.exp(-1)), 10);
    expect(scores[2]).toBeLessThan(1e-6);
    expect(scores[3]).toBeGreaterThan(1 - 1e-6);
  });

  it('are measured by the AUROC of steps and the first-error F1, also on resampled problems', () => {
    const scores = [
      [0.9, 0.2],
      [0.8, 0.1],
    ];
    // Right steps have the scores 0.9, 0.8 and 0.1, the wrong step has 0.2.
    expect(stepAuroc(solutions, scores)(() => 1)).toBeCloseTo(2 / 3, 10);
    expect(stepAuroc(solutions, scores)((problem) => 1 - problem)).toBe(1);
    // A threshold below 0.2 misses the error, a higher one blames the second solution: one half of the F1 is always 0.
    expect(bestF1(solutions, scores)(() => 1)).toBe(0);
    const better = [
      [0.9, 0.2],
      [0.8, 0.7],
    ];
    expect(bestF1(solutions, better)(() => 1)).toBe(1);
  });

  it('have a table for the model card, each with at least three seeds and the cost of its labels', () => {
    const results = judgeStudy();
    expect(judgeText(results)).not.toContain('NaN');
    const names = [
      'soft',
      'hard',
      'exact',
      'advantage',
      '15 % flipped',
      'quarter: consensus',
      'equal cost: hard, first success',
      'soft, rate 0.001',
    ];
    expect(results.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    for (const { seeds, rollouts, auroc } of results) {
      expect(seeds).toBeGreaterThanOrEqual(3);
      expect(rollouts).toBeGreaterThan(0);
      expect(auroc.low).toBeLessThanOrEqual(auroc.value);
      expect(auroc.high).toBeGreaterThanOrEqual(auroc.value);
    }
    const equal = results.filter(({ name }) => name.startsWith('equal')).map(({ rollouts }) => rollouts);
    expect(Math.max(...equal) / Math.min(...equal)).toBeLessThan(1.1);
  });
});
