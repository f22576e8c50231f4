import { describe, expect, it } from 'vitest';
import type { StepValues } from '../../server/reasoning/stepValue.js';
import { agreementReport } from '../../server/review/agreementReport.js';
import type { StepLabel } from '../../server/review/labelRecord.js';
import type { ReviewableProblem } from '../../server/review/reviewable.js';
import { type QueueKind, reviewQueue } from '../../server/review/reviewQueue.js';
import { sketch } from '../language/fixture.js';

type Says = Readonly<Record<string, StepLabel['value']>>;

function reviewable(
  uri: string,
  steps: readonly { readonly values?: StepValues; readonly firstLow?: boolean; readonly says?: Says }[],
): ReviewableProblem {
  const { reasoning } = sketch([{ question: `q of ${uri}`, solutions: [steps.map((_, i) => `step ${i}`)] }]);
  const problem = reasoning.problems[0]!;
  return {
    uri,
    problem,
    steps: steps.map(({ values = {}, firstLow = false, says = {} }, i) => ({
      step: problem.steps[i]!,
      values,
      firstLow,
      labels: Object.entries(says).map(([by, value]) => ({ by, value }) as StepLabel),
    })),
  };
}

const mc = (correct: number, total = 16): StepValues => ({ mc: { value: correct / total, correct, total } });
const queue = (kind: QueueKind, problems: readonly ReviewableProblem[], count?: number) =>
  reviewQueue(problems, { kind, threshold: 0.5, seed: 3, ...(count !== undefined && { count }) });
const stepsOf = (items: readonly { readonly step: number }[]): number[] => items.map(({ step }) => step);

describe('a review queue', () => {
  const problem = reviewable('file:///a.json', [
    { values: { ...mc(14), prm: 0.9 } },
    { values: { ...mc(1), prm: 0.95, judge: 0.9 }, firstLow: true },
    { values: { ...mc(0), prm: 0.1 } },
    { values: { ...mc(8), prm: 0.5 }, says: { ann: 1, bob: -1 } },
    { values: { ...mc(16), prm: 0.2 } },
  ]);

  it('lists first low steps, disagreements by size, and every step in the order of the file', () => {
    expect(stepsOf(queue('first-low', [problem]))).toEqual([1]);
    expect(stepsOf(queue('disagreements', [problem]))).toEqual([3, 1, 4]);
    expect(queue('disagreements', [problem])[1]!.reason).toBe('rollouts 0.06, judge 0.90');
    expect(stepsOf(queue('all', [problem]))).toEqual([0, 1, 2, 3, 4]);
  });

  it('contains only what comes from the given step or record on', () => {
    const from = { problem: 0, step: 2 };
    expect(stepsOf(reviewQueue([problem], { kind: 'all', threshold: 0.5, seed: 3, from }))).toEqual([2, 3, 4]);
    expect(reviewQueue([problem], { kind: 'all', threshold: 0.5, seed: 3, from: { problem: 1, step: 0 } })).toEqual([]);
    const inRecord = (record: number) => reviewQueue([problem], { kind: 'all', threshold: 0.5, seed: 3, from: { problem: record } });
    expect(inRecord(0)).toEqual(reviewQueue([problem], { kind: 'all', threshold: 0.5, seed: 3 }));
    expect(inRecord(1)).toEqual([]);
  });

  it('puts a step on which the sources disagree before steps on which they agree', () => {
    const order = stepsOf(queue('uncertain', [problem]));
    expect(order).toHaveLength(5);
    expect(order.indexOf(2)).toBeGreaterThan(order.indexOf(1));
    expect(order.indexOf(0)).toBeGreaterThan(order.indexOf(1));
  });

  const known = Array.from({ length: 60 }, (_, i) =>
    reviewable(`file:///known-${i}.json`, [i % 2 ? { values: { ...mc(15), prm: 0.95 } } : { values: { ...mc(0), prm: 0.05 } }]),
  );

  it('lists labels that everything else contradicts first among the suspects', () => {
    // "any success" labels a step with one right rollout of 16 as right.
    const lucky = reviewable('file:///lucky.json', [{ values: { ...mc(1), prm: 0.03 } }]);
    const overruled = reviewable('file:///overruled.json', [{ values: { human: 1 as const, ...mc(0), prm: 0.02 } }]);
    const found = queue('suspects', [...known, lucky, overruled]);
    expect(
      found
        .slice(0, 2)
        .map(({ uri }) => uri)
        .sort(),
    ).toEqual(['file:///lucky.json', 'file:///overruled.json']);
    expect(found[0]!.reason).toMatch(/^labeled right, but all sources together say \d+ % likely right$/);
  });

  it('suspects a lucky label after an error although its own step looks right, and no label before it', () => {
    const behind = reviewable('file:///behind.json', [
      { values: { ...mc(15), prm: 0.95 } },
      { values: { ...mc(0), prm: 0.04 } },
      { values: { ...mc(1), prm: 0.95 } },
    ]);
    const found = queue('suspects', [...known, behind]);
    expect(found.map(({ uri, step }) => [uri, step])).toEqual([['file:///behind.json', 2]]);
  });

  it('draws the same audit sample for the same seed, and a different one for another seed', () => {
    const large = reviewable(
      'file:///c.json',
      Array.from({ length: 500 }, () => ({})),
    );
    const [a, b] = [queue('audit', [large], 20), queue('audit', [large], 20)];
    expect(a).toEqual(b);
    expect(new Set(stepsOf(a)).size).toBe(20);
    expect(stepsOf(reviewQueue([large], { kind: 'audit', threshold: 0.5, seed: 4, count: 20 }))).not.toEqual(stepsOf(a));
  });
});

describe('the agreement report', () => {
  it('compares people with each other and with every other source, and lists the steps of each cell', () => {
    const values = [mc(9), mc(0), mc(3), mc(0), mc(16), mc(0)].map((one, i) => ({ ...one, prm: i % 2 ? 0.1 : 0.9 }));
    const ann = [1, -1, 1, -1, 1, 'unsure'] as const;
    const bob = [1, -1, 0, 1, 1, -1] as const;
    const problem = reviewable(
      'file:///a.json',
      values.map((one, i) => ({ values: one, says: { ann: ann[i]!, bob: bob[i]! } })),
    );
    const report = agreementReport([problem], 0.5);
    expect(report.reviewers).toEqual([
      { name: 'bob', labels: 6 },
      { name: 'ann', labels: 5 },
    ]);
    expect(report.pairs.map(({ a, b, kappa }) => `${a} ${b} ${kappa.steps}`)).toEqual([
      'bob ann 5',
      'bob rollouts 6',
      'bob PRM 6',
      'ann rollouts 5',
      'ann PRM 5',
    ]);
    expect(report.pairs.at(-1)!.kappa).toMatchObject({ value: 1 });
    const [pair] = report.pairs;
    expect(pair!.cells.find(({ a, b }) => a === 1 && b === -1)?.steps).toEqual([{ uri: 'file:///a.json', problem: 0, step: 3 }]);
    expect(pair!.kappa.low).toBeLessThan(pair!.kappa.value);
    expect(report.krippendorff.value).toBeGreaterThan(0);
    expect(report.fleiss.steps).toBe(5);
  });

  it('has no coefficient if only one person judged', () => {
    const report = agreementReport([reviewable('file:///a.json', [{ says: { ann: 1 } }])], 0.5);
    expect(report.krippendorff).toEqual({ value: NaN, low: NaN, high: NaN, steps: 0 });
    expect(report.pairs).toEqual([]);
  });
});
