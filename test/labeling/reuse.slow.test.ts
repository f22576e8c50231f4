import { describe, expect, it } from 'vitest';
import { defaultMonteCarlo, stepsWithScore } from '../../server/labeling/monteCarlo.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import { createRandom } from '../../server/reasoning/random.js';
import { badJudge, policyOf, problem } from './scripted.js';

const LENGTH = 4;
const CONTINUATIONS = 4;

/** A policy with a good and a poor choice for each step. Steps repeat often, as short steps of models do. */
function chain(run: number) {
  let asked = 0;
  return policyOf(({ prefix, count }) => {
    const random = createRandom(asked++, `chain ${run}`);
    return Array.from({ length: count }, () => {
      const steps: string[] = [];
      for (let at = prefix.length; at < LENGTH; at++) steps.push(random() < 0.6 ? `${at} good` : `${at} poor`);
      const poor = [...prefix, ...steps].filter((one) => one.includes('poor')).length;
      // The judge reads the last step.
      return { steps: [...steps, random() < chanceOf(poor) ? 'fine' : 'bad'], finish: 'stop' as const };
    });
  });
}

const chanceOf = (poor: number): number => [0.5, 0.2, 0.08, 0.02, 0][poor]!;

/** The probability that a rollout from a prefix of `length` steps, `poor` of them poor, is right. */
function success(length: number, poor: number): number {
  if (length === LENGTH) return chanceOf(poor);
  return 0.6 * success(length + 1, poor) + 0.4 * success(length + 1, poor + 1);
}

describe('labels of 10,000 solutions with reused continuations', () => {
  it.each([
    ['all continuations', {}],
    ['decided early', { stopWhenDecided: true }],
    ['decided early, of fewer solutions', { stopWhenDecided: true, solutions: 1 }],
  ])('are right as often as with fresh continuations only, for each prefix (%s)', async (_, settings) => {
    const seen = new Map<string, { right: number; all: number }>();
    let [fixed, taken] = [0, 0];
    for (let run = 0; run < 2500; run++) {
      const whole = { ...defaultMonteCarlo, continuations: CONTINUATIONS, reuse: true, ...settings };
      const tree = await labelInMemory(problem, { method: 'monte-carlo', ...whole, seed: 1 }, chain(run), badJudge);
      taken += tree.rollouts - whole.solutions;
      // One solution per run: solutions of the same run share continuations, so their labels are not independent.
      const steps = stepsWithScore(tree)[0]!.steps_with_score.slice(0, LENGTH);
      fixed += stepsWithScore(tree).length * (LENGTH + 1) * CONTINUATIONS;
      steps.forEach(({ right }, at) => {
        const poor = steps.slice(0, at + 1).filter(({ step }) => step.includes('poor')).length;
        const counts = seen.get(`${at + 1} ${poor}`) ?? { right: 0, all: 0 };
        seen.set(`${at + 1} ${poor}`, { right: counts.right + Number(right), all: counts.all + 1 });
      });
    }
    for (const [key, { right, all }] of seen) {
      const [length, poor] = key.split(' ').map(Number) as [number, number];
      const expected = 1 - (1 - success(length, poor)) ** CONTINUATIONS;
      const deviation = Math.sqrt((expected * (1 - expected)) / all);
      // By chance, one in 150,000 prefixes deviates by more than 4.5 standard deviations.
      expect(Math.abs(right / all - expected), `${key}: ${right} of ${all}, ${expected} expected`).toBeLessThanOrEqual(
        4.5 * deviation + 1e-9,
      );
    }
    expect(taken / fixed).toBeLessThan(0.6);
  });
});
