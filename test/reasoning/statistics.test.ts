import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregate, aggregateAll } from '../../server/reasoning/aggregation.js';
import { finalAnswer } from '../../server/reasoning/finalAnswer.js';
import { leafPaths, leaves, prefixLengths, rootPath } from '../../server/reasoning/paths.js';
import type { StepValues } from '../../server/reasoning/stepValue.js';
import { stepVerdict, valueChange, valueOf } from '../../server/reasoning/stepVerdict.js';
import { groupRollouts, type StatisticsNode, treeStatistics } from '../../server/reasoning/treeStatistics.js';
import { wilsonInterval } from '../../server/reasoning/wilson.js';

describe('the Wilson interval', () => {
  it.each([
    [0, 16, 0, 0.1936],
    [16, 16, 0.8064, 1],
    [13, 16, 0.5699, 0.9341],
    [1, 2, 0.0945, 0.9055],
    [0, 1, 0, 0.7935],
  ])('has the expected bounds for %i of %i', (correct, total, low, high) => {
    const interval = wilsonInterval(correct, total)!;
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it('has bounds that are 1.96 of their own standard errors away from the share', () => {
    for (const [correct, total] of [
      [13, 16],
      [1, 2],
      [3, 1000],
    ] as const) {
      for (const end of wilsonInterval(correct, total)!) {
        expect(Math.abs(correct / total - end) / Math.sqrt((end * (1 - end)) / total)).toBeCloseTo(1.95996, 4);
      }
    }
  });

  it('stays in [0, 1], contains the share, and narrows with more samples', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, share) => {
        const correct = Math.round(share * total);
        const [low, high] = wilsonInterval(correct, total)!;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(correct / total);
        expect(high).toBeGreaterThanOrEqual(correct / total);
        const [wideLow, wideHigh] = wilsonInterval(correct * 4, total * 4)!;
        expect(wideHigh - wideLow).toBeLessThan(high - low);
      }),
    );
  });

  it('is undefined without samples or with invalid counts', () => {
    for (const [correct, total] of [
      [0, 0],
      [3, 2],
      [-1, 2],
      [NaN, 2],
      [1, Infinity],
    ] as const)
      expect(wilsonInterval(correct, total)).toBeUndefined();
  });
});

describe('aggregates of step values', () => {
  it('are computed from the known values only', () => {
    expect(aggregateAll([0.5, undefined, 0.25, NaN, 1, undefined])).toEqual({ min: 0.25, mean: 1.75 / 3, last: 1, product: 0.125 });
    expect(aggregate([0.5, 0.25], 'last')).toBe(0.25);
  });

  it('are missing, not 0, when every value is missing', () => {
    expect(aggregateAll([])).toBeUndefined();
    expect(aggregate([undefined, NaN], 'product')).toBeUndefined();
  });
});

describe('the verdict on a step', () => {
  const mc = (value: number): StepValues => ({ mc: { value } });

  it('comes from the most trusted source that has a value', () => {
    const all: StepValues = { human: -1, mc: { value: 0.9 }, prm: 0.8, recordedPrm: 0.7, judge: 0.6 };
    expect(stepVerdict(all, 0.5)).toEqual({ value: 0, source: 'human', low: true });
    expect(stepVerdict({ ...all, human: 0 }, 0.9)).toEqual({ value: 0.5, source: 'human', low: false });
    expect(stepVerdict({ prm: 0.3, judge: 0.9 }, 0.5)).toEqual({ value: 0.3, source: 'prm', low: true });
    expect(stepVerdict(all, 0.5, ['judge', 'mc'])).toEqual({ value: 0.6, source: 'judge', low: false });
    expect(stepVerdict({}, 0.5)).toBeUndefined();
    expect(stepVerdict({ prm: NaN }, 0.5)).toBeUndefined();
  });

  it('is low below the threshold, but not at the threshold', () => {
    expect(stepVerdict(mc(0.5), 0.5)!.low).toBe(false);
    expect(stepVerdict(mc(0.4999), 0.5)!.low).toBe(true);
  });

  it('is compared with the verdict on the step before, by a source that both have', () => {
    expect(valueChange({ mc: { value: 1 }, prm: 0.75 }, { prm: 0.5 })).toEqual({ change: -0.25, source: 'prm' });
    expect(valueChange({ mc: { value: 1 } }, { prm: 0.5 })).toBeUndefined();
    expect(valueOf({ human: 1 }, 'human')).toBe(1);
  });
});

describe('finalAnswer', () => {
  it.each([
    ['So \\boxed{\\frac{1}{2}}.', '\\frac{1}{2}'],
    ['First \\boxed{1}, then \\boxed {x_{a}}', 'x_{a}'],
    ['\\boxed{\\{1, 2\\}}', '\\{1, 2\\}'],
    ['\\boxed{unclosed', undefined],
    ['The answer is 18.', '18'],
    ['So the answer is 3.5. Done.', '3.5'],
    ['The final answer is: **42**', '42'],
    ['Therefore, the correct answer is $x = 2$.', 'x = 2'],
    ['text\n<answer> 7 </answer>', '7'],
    ['<answer>$\\boxed{8}$</answer>', '8'],
    ['<answer>cut off', 'cut off'],
    ['She makes $18.\n#### 18', '18'],
    ['She makes $18.\nA: 18', '18'],
    ['**Answer:** 10', '10'],
    ['Final Answer: (B)\r\n', '(B)'],
    ['#### Setup of things', undefined],
    ['A: 3\nB: 4\nSo it is B.', undefined],
    ['#### -1,200.5\n', '-1,200.5'],
    ['No answer here', undefined],
    ['', undefined],
    ['<answer></answer>', undefined],
  ])('returns the expected answer for %j', (text, answer) => {
    expect(finalAnswer(text)).toBe(answer);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('\\boxed', '{', '}', '\\', '<answer>', 'A: ', 'answer is ', '$', '.', '\n', '1')),
        (parts) => void finalAnswer(parts.join('')),
      ),
    );
  });
});

describe('paths through a tree', () => {
  const nodes = [
    { children: [1, 4], steps: [] },
    { parent: 0, children: [2, 3], steps: ['a', 'b'] },
    { parent: 1, children: [], steps: ['c'] },
    { parent: 1, children: [], steps: [] },
    { parent: 0, children: [], steps: ['d'] },
  ];

  it('lead from the root to a node or to every leaf, and count the steps on the way', () => {
    expect(rootPath(nodes, 3)).toEqual([0, 1, 3]);
    expect(rootPath([{}, { parent: 0 }, {}, { parent: 1 }], 3)).toEqual([0, 1, 3]);
    expect(leaves(nodes)).toEqual([2, 3, 4]);
    expect(leafPaths(nodes)).toEqual([
      [0, 1, 2],
      [0, 1, 3],
      [0, 4],
    ]);
    expect(prefixLengths(nodes)).toEqual([0, 2, 3, 2, 1]);
    expect(rootPath(nodes, 99)).toEqual([]);
  });

  it('can have 100,000 nodes, and end if the parents form a cycle', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => ({
      parent: i === 0 ? null : i - 1,
      children: i === 99_999 ? [] : [i + 1],
      steps: ['x'],
    }));
    expect(leafPaths(chain)[0]).toHaveLength(100_000);
    expect(prefixLengths(chain).at(-1)).toBe(100_000);
    expect(rootPath([{ parent: 1 }, { parent: 0 }], 0)).toEqual([0]);
  });
});

describe('the statistics of a tree', () => {
  const right = { correct: true, steps: ['x', 'The answer is 3.'], answer: '3' };
  const wrong = { correct: false, steps: ['The answer is 4.'], answer: '4' };
  const nodes: StatisticsNode[] = [
    { children: [1, 2, 3], depth: 0, steps: [], mc: { value: 0.5 }, rollouts: groupRollouts([right, wrong]) },
    {
      parent: 0,
      children: [4],
      depth: 1,
      steps: ['a', 'b'],
      mc: { value: 0 },
      rollouts: groupRollouts([wrong, wrong, { correct: false, steps: [] }]),
    },
    { parent: 0, children: [], depth: 1, steps: ['c'], mc: { value: 1, assumed: true }, rollouts: [] },
    { parent: 0, children: [], depth: 1, steps: ['d'], rollouts: [] },
    { parent: 1, children: [], depth: 2, steps: ['e'], value: 1, rollouts: groupRollouts([{ correct: true, steps: ['y'], answer: '3' }]) },
  ];

  it('count values, depths, lengths, answers and duplicates', () => {
    const statistics = treeStatistics(nodes, 4);
    expect(statistics.values).toEqual([1, 0, 1, 1]);
    expect(statistics).toMatchObject({ missing: 1, assumed: 1, rollouts: { correct: 2, incorrect: 4, distinct: 5, duplicate: 1 } });
    expect(statistics.byDepth).toEqual([
      { depth: 0, correct: 1, incorrect: 1 },
      { depth: 1, correct: 0, incorrect: 3 },
      { depth: 2, correct: 1, incorrect: 0 },
    ]);
    expect(statistics.stepsPerRollout).toEqual([
      { steps: 1, count: 1 },
      { steps: 2, count: 2 },
      { steps: 3, count: 2 },
      { steps: 4, count: 1 },
    ]);
    expect(statistics.answers).toEqual([
      { answer: '4', correct: 0, incorrect: 3 },
      { answer: '3', correct: 2, incorrect: 0 },
      { answer: undefined, correct: 0, incorrect: 1 },
    ]);
    expect([...statistics.share]).toEqual([1, 4 / 6, 0, 0, 1 / 6]);
  });

  it('are empty without rollouts', () => {
    const statistics = treeStatistics([{ children: [], depth: 0, steps: [], rollouts: [] }]);
    expect(statistics.byDepth).toEqual([]);
    expect([...statistics.share]).toEqual([0]);
    expect(treeStatistics([]).values).toHaveLength(10);
  });
});
