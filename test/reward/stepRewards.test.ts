import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregate } from '../../server/reasoning/aggregation.js';
import { rankCorrelation } from '../../server/reasoning/rankCorrelation.js';
import { HackingWatch, repetition } from '../../server/reward/hackingWatch.js';
import { rewarder } from '../../server/reward/stepRewards.js';

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });

describe('rewards of steps', () => {
  it('are the step values and their aggregate', () => {
    fc.assert(
      fc.property(values, fc.constantFrom('min', 'mean', 'last', 'product'), (own, how) => {
        expect(rewarder([own], 'value', how)(own)).toEqual({ steps: own, reward: aggregate(own, how) });
      }),
    );
  });

  it('as advantages add up to the last value minus the mean first value of the prompt', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (group) => {
        const baseline = group.reduce((sum, own) => sum + own[0]!, 0) / group.length;
        for (const own of group) {
          const { steps, reward } = rewarder(group, 'advantage', 'min')(own);
          expect(reward).toBeCloseTo(own.at(-1)! - baseline, 10);
          expect(steps.reduce((sum: number, step) => sum + step!, 0)).toBeCloseTo(reward!, 10);
        }
      }),
    );
    expect(rewarder([[0.8, 0.3]], 'advantage', 'min')([0.8, 0.3]).steps).toEqual([0, -0.5]);
  });

  it('are undefined, not 0, where a value is missing', () => {
    const group = [[0.9, NaN, 0.7], [], [NaN]];
    expect(group.map(rewarder(group, 'value', 'min'))).toEqual([
      { steps: [0.9, undefined, 0.7], reward: undefined },
      { steps: [], reward: undefined },
      { steps: [undefined], reward: undefined },
    ]);
    expect(rewarder(group, 'advantage', 'min')([0.9, NaN, 0.7])).toEqual({ steps: [0, undefined, undefined], reward: undefined });
  });
});

describe('the watch over reward hacking', () => {
  const filled = (add: (watch: HackingWatch, i: number) => void, count = 80) => {
    const watch = new HackingWatch();
    for (let i = 0; i < count; i++) add(watch, i);
    return watch.report();
  };
  /** Numbers in [0, 1) without a trend. */
  const noise = (i: number) => (i * 0.618034) % 1;

  it('warns that the reward rises with length or repeated phrases, or falls with the number of steps', () => {
    expect(filled((watch, i) => watch.add('x'.repeat(10 + i), i / 80, [i / 80])).alerts).toEqual([
      'The reward rises with the length of a completion (rank correlation 1.00, last 80 completions).',
    ]);
    const phrase = 'so we can see that ';
    const repeated = filled((watch, i) =>
      watch.add(phrase.repeat(1 + (i % 8)) + 'z'.repeat(400 - (1 + (i % 8)) * phrase.length), (i % 8) / 8 + noise(i) / 100, [0.5]),
    );
    expect(repeated.alerts.join()).toContain('The reward rises with repeated phrases');
    const short = filled((watch, i) => watch.add('same', 1 - (i % 5) / 5, Array<number>(1 + (i % 5)).fill(0.5)));
    expect(short.alerts).toEqual(['The reward falls with the number of steps (rank correlation -1.00, last 80 completions).']);
  });

  it('warns that the value of a step rises with its position', () => {
    const report = filled((watch, i) =>
      watch.add('same', noise(i), [0.1 + noise(i) / 50, 0.5 + noise(i + 3) / 50, 0.9 + noise(i + 7) / 50]),
    );
    expect(report.valueAndPosition).toBeGreaterThan(0.9);
    expect(report.alerts).toEqual([expect.stringMatching(/^The value of a step rises with its place in the solution/)]);
  });

  it('does not warn about rewards without a correlation, or before 64 completions', () => {
    const honest = filled((watch, i) => watch.add('x'.repeat(10 + ((i * 7) % 80)), noise(i), [noise(i), noise(i + 1)]), 1500);
    expect(honest.completions).toBe(1024);
    expect(honest.alerts).toEqual([]);
    const few = filled((watch, i) => watch.add('x'.repeat(10 + i), i, [i]), 63);
    expect(few).toMatchObject({ completions: 63, rewardAndLength: null, alerts: [] });
  });

  it('measures the share of four-word phrases that occurred before', () => {
    expect(repetition('one two three')).toBe(0);
    expect(repetition('one two three four, ONE TWO THREE FOUR')).toBeCloseTo(1 - 4 / 5);
    expect(repetition('')).toBe(0);
  });

  it('gives ties their mean rank in the rank correlation', () => {
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 2, 3])).toBeCloseTo(1);
    expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1);
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeUndefined();
    expect(rankCorrelation([], [])).toBeUndefined();
  });
});
