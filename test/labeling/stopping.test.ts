import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anytimeInterval, decidedLabel, doublingBatches, knownValue } from '../../server/labeling/economy/stopping.js';
import { defaultMonteCarlo, type MonteCarloSettings, stepsWithScore } from '../../server/labeling/monteCarlo.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import { badJudge, completions, policyOf, problem } from './scripted.js';

const label = (settings: Partial<MonteCarloSettings>, sample: Parameters<typeof policyOf>[0]) =>
  labelInMemory(problem, { method: 'monte-carlo', ...defaultMonteCarlo, ...settings, seed: 1 }, policyOf(sample), badJudge);

describe('batches of a step', () => {
  it.each([
    [1, [1]],
    [2, [1, 1]],
    [3, [1, 2]],
    [16, [1, 2, 4, 8, 1]],
    [31, [1, 2, 4, 8, 16]],
  ])('of %i continuations have the sizes %j', (most, sizes) => expect([...doublingBatches(most)]).toEqual(sizes));
});

describe('a step whose label is decided', () => {
  it('gets no further continuations, while undecided steps do', async () => {
    const sizes = new Map<string, number[]>();
    const tree = await label({ solutions: 1, stopWhenDecided: true }, ({ prefix, count }) => {
      const key = prefix.join(' ');
      sizes.set(key, [...(sizes.get(key) ?? []), count]);
      if (prefix.length === 0) return completions(['easy', 'hard', 'bad']);
      // "hard" has its first right rollout in its third batch.
      const isRight = prefix.length === 1 || (prefix.length === 2 && sizes.get(key)!.length === 3);
      return completions(...Array.from({ length: count }, (_, i) => [isRight && i === 0 ? 'right' : 'bad']));
    });
    expect(Object.fromEntries(sizes)).toEqual({
      '': [1],
      easy: [1],
      'easy hard': [1, 2, 4],
      'easy hard bad': [1, 2, 4, 8, 1],
    });
    expect(
      stepsWithScore(tree)[0]!.steps_with_score.map(({ num_mc_correct, num_mc_total, right }) => [num_mc_correct, num_mc_total, right]),
    ).toEqual([
      [1, 1, true],
      [1, 7, true],
      [0, 16, false],
    ]);
  });

  it('has the label that all continuations would give, at every threshold, despite failed and undecided ones', () => {
    const outcome = fc.constantFrom('right', 'right', 'wrong', 'wrong', 'none');
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 40 }), fc.constantFrom(0, 0.1, 0.25, 0.5, 0.9), (outcomes, threshold) => {
        const counted = (some: readonly string[]) => {
          const correct = some.filter((one) => one === 'right').length;
          return { correct, total: correct + some.filter((one) => one === 'wrong').length };
        };
        const labelOf = ({ correct, total }: { correct: number; total: number }) => (total === 0 ? 'unknown' : correct / total > threshold);
        let taken = 0;
        for (const size of doublingBatches(outcomes.length)) {
          taken += size;
          if (!decidedLabel(threshold).goesOn(counted(outcomes.slice(0, taken)), outcomes.length - taken)) break;
        }
        expect(labelOf(counted(outcomes.slice(0, taken)))).toBe(labelOf(counted(outcomes)));
      }),
    );
  });
});

describe('the anytime-valid interval', () => {
  it('contains the value, narrows with more rollouts, and matches its formula', () => {
    expect(anytimeInterval({ correct: 0, total: 0 })).toEqual({ low: 0, high: 1 });
    // If all rollouts are wrong: (1 - p)^n = α / (n + 1).
    for (const n of [1, 16, 64]) {
      const { low, high } = anytimeInterval({ correct: 0, total: n });
      expect(low).toBe(0);
      expect(high).toBeCloseTo(1 - (0.05 / (n + 1)) ** (1 / n), 9);
    }
    let width = 1;
    for (const n of [4, 16, 64, 256]) {
      const { low, high } = anytimeInterval({ correct: n / 4, total: n });
      expect(low).toBeLessThan(0.25);
      expect(high).toBeGreaterThan(0.25);
      expect(high - low).toBeLessThan(width);
      width = high - low;
    }
  });

  it('ends the sampling of a step when it is narrow enough', () => {
    expect(knownValue(0.2).goesOn({ correct: 0, total: 1 }, 63)).toBe(true);
    expect(knownValue(0.2).goesOn({ correct: 0, total: 31 }, 32)).toBe(false);
    expect(knownValue(0.2).goesOn({ correct: 15, total: 31 }, 32)).toBe(true);
    expect(knownValue(0.2).goesOn({ correct: 0, total: 0 }, 16)).toBe(true);
  });
});

describe('a problem whose solutions all have the same verdict', () => {
  it.each([
    ['right', 'trivial'],
    ['bad', 'hopeless'],
  ])('(%s) is not sampled further with skipUniform', async (step, reason) => {
    const asked: number[] = [];
    const tree = await label({ skipUniform: true, solutions: 4 }, ({ prefix, count }) => {
      asked.push(prefix.length);
      return completions(...Array.from({ length: count }, () => [step]));
    });
    expect(asked).toEqual([0]);
    expect(stepsWithScore(tree)).toEqual([]);
    expect(tree.isEnded).toBe(true);
    const ends: string[] = [];
    await labelInMemory(
      problem,
      { method: 'monte-carlo', ...defaultMonteCarlo, skipUniform: true, seed: 1 },
      policyOf(({ count }) => completions(...Array.from({ length: count }, () => [step]))),
      badJudge,
      (event) => event.event === 'end' && ends.push(event.reason),
    );
    expect(ends).toEqual([reason]);
  });

  it('is sampled further without skipUniform, and so is one whose verdicts differ', async () => {
    const asked = async (settings: Partial<MonteCarloSettings>, steps: readonly string[]): Promise<number> => {
      let requests = 0;
      await label({ ...settings, solutions: steps.length }, ({ prefix, count }) => {
        requests++;
        return prefix.length === 0
          ? completions(...steps.map((step) => [step]))
          : completions(...Array.from({ length: count }, () => ['x']));
      });
      return requests;
    };
    expect(await asked({}, ['right', 'right'])).toBe(3);
    expect(await asked({ skipUniform: true }, ['right', 'bad'])).toBe(3);
    expect(await asked({ skipUniform: true }, ['right', 'right'])).toBe(1);
  });
});
