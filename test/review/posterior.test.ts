import { describe, expect, it } from 'vitest';
import { createRandom } from '../../server/reasoning/random.js';
import { type StepEvidence, stepPosteriors } from '../../server/review/posterior.js';

/** Steps with a known truth: 16 rollouts, a PRM's score, and two people, one of whom is careless. */
function simulate(count: number): { readonly truth: boolean[]; readonly steps: StepEvidence[] } {
  const random = createRandom(11, 'posterior');
  const truth: boolean[] = [];
  const steps = Array.from({ length: count }, (): StepEvidence => {
    const right = random() < 0.65;
    truth.push(right);
    const rate = right ? 0.35 + 0.6 * random() : random() < 0.8 ? 0 : 0.3 * random();
    const correct = Array.from({ length: 16 }, () => random() < rate).filter(Boolean).length;
    const says = (error: number): -1 | 1 => (random() < error !== right ? 1 : -1);
    return {
      people: [
        { by: 'careful', value: says(0.03) },
        { by: 'careless', value: says(0.45) },
      ].filter(() => random() < 0.5),
      mc: { correct, total: 16 },
      prm: Math.min(1, Math.max(0, (right ? 0.7 : 0.35) + (random() - 0.5) * 0.8)),
    };
  });
  return { truth, steps };
}

describe('the posterior of a step', () => {
  it('is right more often than the rollouts or the PRM alone, and is calibrated above 0.9', () => {
    const { truth, steps } = simulate(1000);
    const posteriors = stepPosteriors(steps);
    const accuracy = (says: (step: number) => boolean): number => truth.filter((right, i) => says(i) === right).length / truth.length;
    const joint = accuracy((i) => posteriors[i]! > 0.5);
    const rollouts = accuracy((i) => steps[i]!.mc!.correct > 0);
    expect(joint).toBeGreaterThan(
      Math.max(
        rollouts,
        accuracy((i) => steps[i]!.prm! > 0.5),
      ),
    );
    expect(joint).toBeGreaterThan(0.93);
    const sure = truth.filter((_, i) => posteriors[i]! > 0.9);
    expect(sure.length).toBeGreaterThan(250);
    expect(sure.filter(Boolean).length / sure.length).toBeGreaterThan(0.93);
  });

  it('distinguishes a PRM score of 0.94 from one of 0.9999, but not 0.9999 from 1', () => {
    // According to rollouts, half of the 40 steps with 0.94 are wrong, and none of the 40 steps with 0.9999.
    const step = (prm: number, correct: number): StepEvidence => ({ people: [], prm, mc: { correct, total: 16 } });
    const known = Array.from({ length: 40 }, (_, i) => [step(0.94, i % 2 === 0 ? 0 : 14), step(0.9999, 14)]).flat();
    const [sure, surer, certain] = stepPosteriors([step(0.94, 1), step(0.9999, 1), step(1, 1), ...known]);
    expect(surer! - sure!).toBeGreaterThan(0.15);
    expect(certain).toBe(surer);
  });

  it('trusts a person who agrees with the other evidence more than one who does not', () => {
    const { steps } = simulate(500);
    const one = (by: string): number => stepPosteriors([...steps, { people: [{ by, value: -1 }] }]).at(-1)!;
    expect(one('careful')).toBeLessThan(0.2);
    expect(one('careless')).toBeGreaterThan(one('careful') + 0.15);
  });

  it('follows rollouts and people even if there are only 4 steps to learn from', () => {
    const [none, all, wrong, nothing] = stepPosteriors([
      { people: [], mc: { correct: 0, total: 16 } },
      { people: [], mc: { correct: 16, total: 16 } },
      { people: [{ by: 'ann', value: -1 }], mc: { correct: 9, total: 16 } },
      { people: [] },
    ]);
    expect(none).toBeLessThan(0.1);
    expect(all).toBeGreaterThan(0.9);
    expect(wrong).toBeLessThan(0.6);
    expect(nothing).toBeGreaterThan(0.3);
  });
});
