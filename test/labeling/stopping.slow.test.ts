import { describe, expect, it } from 'vitest';
import { anytimeInterval, doublingBatches, knownValue } from '../../server/labeling/economy/stopping.js';
import { defaultMonteCarlo, type MonteCarloSettings, stepsWithScore } from '../../server/labeling/monteCarlo.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import type { SearchTree } from '../../server/labeling/searchTree.js';
import { createRandom } from '../../server/reasoning/random.js';
import { badJudge, completions, policyOf, problem } from './scripted.js';

const STEPS = 10_000;
const PER_SOLUTION = 10;

/**
 * Solutions of ten steps. The success probability decreases along a solution, and is 0 from its first mistake on. The
 * i-th continuation of a step is the same in every run, so runs differ only in the number of continuations.
 */
function simulated() {
  const taken = new Map<string, number>();
  return policyOf(({ prefix, count, seed }) => {
    if (prefix.length === 0) return completions(...Array.from({ length: count }, (_, i) => solution(`${seed} ${i}`)));
    const key = prefix.join('|');
    const before = taken.get(key) ?? 0;
    taken.set(key, before + count);
    const chance = Number(/\d\.\d+$/.exec(prefix.at(-1)!)![0]);
    return Array.from({ length: count }, (_, i) => {
      const random = createRandom(before + i, key);
      if (random() < 0.03) return { failure: 'It timed out.' };
      return { steps: [random() < chance ? 'good' : 'bad'], finish: 'stop' as const };
    });
  });
}

function solution(key: string): string[] {
  const random = createRandom(7, key);
  let chance = 0.3 + 0.7 * random();
  return Array.from({ length: PER_SOLUTION }, (_, i) => {
    if (random() < 0.05) chance = 0;
    chance = Math.min(1, chance * (0.9 + 0.25 * random()));
    return `Step ${i} of ${key}, chance ${chance.toFixed(4)}`;
  });
}

async function run(settings: Partial<MonteCarloSettings>): Promise<SearchTree> {
  const whole = { method: 'monte-carlo', ...defaultMonteCarlo, solutions: STEPS / PER_SOLUTION, ...settings, seed: 5 } as const;
  return await labelInMemory(problem, whole, simulated(), badJudge);
}

const labels = (tree: SearchTree) => stepsWithScore(tree).map((one) => one.steps_with_score.map(({ right }) => right));
/** Number of continuations of steps, without the rollouts from the question, which are the solutions. */
const continuations = (tree: SearchTree): number => tree.rollouts - STEPS / PER_SOLUTION;

describe('10,000 steps with Monte-Carlo labels', () => {
  it.each([0, 0.25, 0.5])('have the same labels when sampling stops at a decided label, at the threshold %d', async (threshold) => {
    const [fixed, stopped] = [await run({ threshold }), await run({ threshold, stopWhenDecided: true })];
    expect(labels(fixed).flat()).toHaveLength(STEPS);
    expect(labels(stopped)).toEqual(labels(fixed));
    expect(continuations(fixed)).toBe(16 * STEPS);
    expect(continuations(stopped) / continuations(fixed)).toBeLessThan({ 0: 0.35, 0.25: 0.75 }[threshold] ?? 0.95);
  });

  it('have the same labels when sampling stops at a decided label and earlyStop is set', async () => {
    const [fixed, stopped] = [await run({ earlyStop: true }), await run({ earlyStop: true, stopWhenDecided: true })];
    expect(labels(stopped)).toEqual(labels(fixed));
    expect(continuations(stopped) / continuations(fixed)).toBeLessThan(0.35);
  });

  it.each([0.1, 0.2, 0.3])(
    'have their true value inside the interval at every look in 95 % of all cases, sampled to a precision of +-%d',
    (precision) => {
      const rule = knownValue(precision);
      let [missed, rollouts, squares] = [0, 0, 0];
      const most = 256;
      for (let step = 0; step < STEPS; step++) {
        const random = createRandom(step, `precision ${precision}`);
        const p = step % 4 === 0 ? Math.round(random()) : random();
        let [correct, total] = [0, 0];
        let isMissed = false;
        for (const size of doublingBatches(most)) {
          for (let i = 0; i < size; i++) if (random() < p) correct++;
          total += size;
          const { low, high } = anytimeInterval({ correct, total });
          isMissed ||= p < low || p > high;
          if (!rule.goesOn({ correct, total }, most - total)) break;
        }
        rollouts += total;
        squares += (correct / total - p) ** 2;
        if (isMissed) missed++;
      }
      expect(missed / STEPS).toBeLessThan(0.05);
      // Root mean square error of the value, which is biased because sampling stops early.
      expect(Math.sqrt(squares / STEPS)).toBeLessThan(precision / 2);
      expect(rollouts / STEPS).toBeLessThan(most);
    },
  );
});
