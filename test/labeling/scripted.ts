import type { Judge } from '../../server/labeling/judge.js';
import { type Policy, PolicyError, type SampledRollout, type SampleRequest } from '../../server/labeling/policy.js';
import type { ProblemToLabel } from '../../server/labeling/runEvents.js';
import { createRandom } from '../../server/reasoning/random.js';

export const problem: ProblemToLabel = { id: 'p', question: 'How many?', answer: '0', images: [] };

/** A policy whose answers a test defines. */
export function policyOf(sample: (request: SampleRequest) => readonly SampledRollout[] | Promise<readonly SampledRollout[]>): Policy {
  return {
    describe: () => Promise.resolve({ name: 'scripted', fingerprint: 'scripted', isDeterministic: true }),
    // Async, so that an error thrown by `sample` becomes a rejection.
    sample: async (request) => await sample(request),
    dispose: () => Promise.resolve(),
  };
}

/** Returns finished completions with these steps. */
export function completions(...rollouts: readonly (readonly string[])[]): SampledRollout[] {
  return rollouts.map((steps) => ({ steps, finish: 'stop' }));
}

export interface WalkSettings {
  readonly mistakeRate: number;
  /** Share of the rollouts that fail. */
  readonly failureRate?: number;
}

/**
 * Writes solutions of two to six steps that end with their number of mistakes; a right one has none. It has no state,
 * so any process can continue from any prefix.
 */
export function walkPolicy({ mistakeRate, failureRate = 0 }: WalkSettings): Policy {
  return policyOf(({ question, prefix, count, seed }) => {
    if (question === '') throw new PolicyError('This policy needs a question.');
    return Array.from({ length: count }, (_, i): SampledRollout => {
      const random = createRandom(seed, `rollout ${i}`);
      if (random() < failureRate) return { failure: 'The server broke the connection.' };
      const steps: string[] = [];
      let mistakes = prefix.filter((step) => step.startsWith('Wrong')).length;
      let left =
        prefix.at(-1)?.includes('answer') === true ? 0 : Math.max(1, 2 + Math.floor(createRandom(seed, 'length')() * 5) - prefix.length);
      for (; left > 0; left--) {
        const isWrong = random() < mistakeRate;
        if (isWrong) mistakes++;
        const words = 'very '.repeat(Math.floor(random() * 3));
        steps.push(
          `${isWrong ? 'Wrong' : 'Right'} ${prefix.length + steps.length}: a ${words}long – “step”.${left === 1 ? ` The answer is ${mistakes}.` : ''}`,
        );
      }
      return { steps, finish: 'stop' };
    });
  });
}

/** Judges a solution as right if it does not contain "bad". */
export const badJudge: Judge = {
  fingerprint: 'bad',
  judge: ({ solution }) => Promise.resolve({ verdict: solution.some((step) => step.includes('bad')) ? 'wrong' : 'right', method: 'text' }),
};
