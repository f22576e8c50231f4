import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countFirstError, firstErrorMetrics } from '../../server/evaluation/firstErrorMetrics.js';
import type { LabeledSolution } from '../../server/evaluation/labeledSolution.js';
import { processReport } from '../../server/evaluation/processBenchmark.js';
import { addCounts, countSteps, macroF1, stepMetrics } from '../../server/evaluation/stepMetrics.js';
import { sweepThresholds, type ThresholdSweep } from '../../server/evaluation/thresholdSweep.js';

const solution: fc.Arbitrary<LabeledSolution> = fc
  .array(
    fc.tuple(
      fc.constantFrom<1 | 0 | -1 | undefined>(1, 1, 0, -1, undefined),
      fc.oneof(
        fc.integer({ min: 0, max: 8 }).map((n) => n / 8),
        fc.constant(NaN),
      ),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((steps) => ({ labels: steps.map(([label]) => label), scores: steps.map(([, score]) => score) }));
const solutions = fc.array(solution, { minLength: 1, maxLength: 6 });

const macroAt = (all: readonly LabeledSolution[], t: number) => macroF1(addCounts(all.map((one) => countSteps(one, t))));
const firstAt = (all: readonly LabeledSolution[], t: number) => firstErrorMetrics(all.map((one) => countFirstError(one, t))).f1;

describe('step counts of a process benchmark', () => {
  const one: LabeledSolution = { labels: [1, 1, 0, -1, -1, 1], scores: [0.9, 0.4, 0.1, 0.6, 0.2, NaN] };

  it('have right steps as positives, and leave out neutral and unscored steps', () => {
    expect(countSteps(one, 0.5)).toEqual({ tp: 1, fn: 1, fp: 1, tn: 1 });
  });

  it('do not treat a score equal to the threshold as low', () => {
    expect(countSteps(one, 0.4)).toMatchObject({ tp: 2, fn: 0 });
  });

  it('give the F1 of right and wrong steps and their mean (PRMBench counts and VisualProcessBench definition)', () => {
    const metrics = stepMetrics({ tp: 6, fp: 2, tn: 3, fn: 1 });
    expect(metrics.f1Correct).toBeCloseTo((2 * (6 / 8) * (6 / 7)) / (6 / 8 + 6 / 7), 12);
    expect(metrics.f1Incorrect).toBeCloseTo((2 * (3 / 4) * (3 / 5)) / (3 / 4 + 3 / 5), 12);
    expect(metrics.macroF1).toBeCloseTo((metrics.f1Correct! + metrics.f1Incorrect!) / 2, 12);
    expect(metrics).toMatchObject({ accuracy: 9 / 12, correctAccuracy: 6 / 7, incorrectAccuracy: 3 / 5 });
  });

  it('ignore a class that neither occurs nor is predicted, and give no macro F1 without steps', () => {
    expect(macroF1({ tp: 4, fp: 0, tn: 0, fn: 0 })).toBe(1);
    expect(macroF1({ tp: 3, fp: 0, tn: 0, fn: 1 })).toBeCloseTo(6 / 7 / 2, 12);
    expect(macroF1({ tp: 0, fp: 0, tn: 0, fn: 0 })).toBeUndefined();
  });
});

describe('the first-error F1 of ProcessBench', () => {
  const found: LabeledSolution = { labels: [1, -1, undefined], scores: [0.9, 0.1, 0.1] };
  const early: LabeledSolution = { labels: [1, -1, undefined], scores: [0.2, 0.1, 0.9] };
  const right: LabeledSolution = { labels: [1, 1], scores: [0.9, 0.8] };
  const alarmed: LabeledSolution = { labels: [1, 1], scores: [0.9, 0.3] };

  it('is the harmonic mean of both accuracies', () => {
    const metrics = firstErrorMetrics([found, early, right, right, right, alarmed].map((one) => countFirstError(one, 0.5)));
    expect(metrics).toMatchObject({ erroneous: 2, correct: 4, errorAccuracy: 0.5, correctAccuracy: 0.75 });
    expect(metrics.f1).toBeCloseTo((2 * 0.5 * 0.75) / 1.25, 12);
  });

  it('is 0 when both accuracies are 0, and undefined when one kind of solution is missing', () => {
    expect(firstErrorMetrics([early, alarmed].map((one) => countFirstError(one, 0.5))).f1).toBe(0);
    expect(firstErrorMetrics([found].map((one) => countFirstError(one, 0.5))).f1).toBeUndefined();
  });

  it('never takes a neutral step as the first low step', () => {
    expect(countFirstError({ labels: [0, 1, -1], scores: [0.1, 0.9, 0.2] }, 0.5).errorHits).toBe(1);
  });

  it('does not count a solution without scores as right', () => {
    expect(countFirstError({ labels: [1, 1], scores: [NaN, NaN] }, 0.5)).toMatchObject({ correct: 0, erroneous: 0 });
  });
});

/** The thresholds at which a sweep's value differs from an independent count. */
function differing(
  { thresholds }: ThresholdSweep,
  values: ThresholdSweep['macroF1'],
  counted: (t: number) => number | undefined,
): number[] {
  return thresholds.filter((t, i) => !(Math.abs((values[i] ?? -1) - (counted(t) ?? -1)) < 1e-10));
}

describe('a threshold sweep', () => {
  it('gives the same values as counting again at every threshold', () => {
    fc.assert(
      fc.property(solutions, (all) => {
        const sweep = sweepThresholds(all);
        expect(differing(sweep, sweep.macroF1, (t) => macroAt(all, t))).toEqual([]);
        expect(differing(sweep, sweep.firstErrorF1, (t) => firstAt(all, t))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('has a best value that its threshold reaches and no threshold exceeds', () => {
    fc.assert(
      fc.property(solutions, (all) => {
        const { bestMacroF1, bestFirstErrorF1, thresholds } = sweepThresholds(all);
        if (bestMacroF1 !== undefined) {
          expect(macroAt(all, bestMacroF1.threshold)).toBeCloseTo(bestMacroF1.value, 10);
          expect(thresholds.filter((t) => !(macroAt(all, t)! <= bestMacroF1.value + 1e-10))).toEqual([]);
        }
        if (bestFirstErrorF1 !== undefined) {
          expect(firstAt(all, bestFirstErrorF1.threshold)).toBeCloseTo(bestFirstErrorF1.value, 10);
          expect(thresholds.filter((t) => !(firstAt(all, t)! <= bestFirstErrorF1.value + 1e-10))).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('finds the middle of the gap between two well separated classes', () => {
    const { bestMacroF1 } = sweepThresholds([{ labels: [1, 1, -1, -1], scores: [0.9, 0.8, 0.3, 0.1] }]);
    expect(bestMacroF1).toEqual({ threshold: expect.closeTo(0.55, 10) as number, value: 1 });
  });
});

describe('a process benchmark report', () => {
  const all: LabeledSolution[] = [
    { source: 'gsm8k', model: 'A', labels: [1, -1], scores: [0.9, 0.1] },
    { source: 'gsm8k', model: 'B', labels: [1, 1], scores: [0.9, 0.7] },
    { source: 'math', model: 'A', labels: [1, -1, 0], scores: [0.2, 0.1, 0.1] },
    { source: 'math', model: 'B', labels: [1, 1], scores: [0.8, NaN] },
  ];

  it('is split by source and by model, and counts unscored and neutral steps', () => {
    const report = processReport(all, 'firstErrorF1', 0.5, 1);
    expect([...report.bySource.keys()]).toEqual(['gsm8k', 'math']);
    expect([...report.byModel.keys()]).toEqual(['A', 'B']);
    expect(report).toMatchObject({ unscoredSteps: 1, neutralSteps: 1, all: { solutions: 4 } });
    expect(report.bySource.get('gsm8k')!.firstError.f1).toBe(1);
    expect(report.bySource.get('math')!.firstError.f1).toBe(0);
    expect(report.meanOverSources).toBe(0.5);
  });

  it('has the headline metric of its benchmark as its score, inside its interval', () => {
    for (const headline of ['macroF1', 'firstErrorF1'] as const) {
      const { score, all: scores } = processReport(all, headline, 0.5, 3);
      expect(score.value).toBeCloseTo((headline === 'macroF1' ? scores.steps.macroF1 : scores.firstError.f1)!, 12);
      expect(score.low).toBeLessThanOrEqual(score.value);
      expect(score.high).toBeGreaterThanOrEqual(score.value);
    }
  });

  it('has the score NaN, not 0, for an empty file', () => {
    expect(processReport([], 'macroF1', 0.5, 1).score.value).toBeNaN();
  });
});
