import { createHash } from 'node:crypto';
import { Draw } from '../../scripts/miniature/problems/draw.js';
import type { GeneratedProblem } from '../../scripts/miniature/problems/problem.js';
import { type Attempt, begin, type SolverSettings, solve } from '../../scripts/miniature/problems/solver.js';
import type { Judge } from '../../server/labeling/judge.js';
import { type Completion, type Policy, PolicyError } from '../../server/labeling/policy.js';
import { finalAnswer } from '../../server/reasoning/finalAnswer.js';
import { createRandom } from '../../server/reasoning/random.js';

/**
 * The stochastic solver as a policy: it knows the program and sometimes makes mistakes. It can continue only from
 * prefixes of its own solutions, whose progress it stores by their text, so another process cannot resume its run.
 */
export function solverPolicy(problem: GeneratedProblem, settings: SolverSettings): Policy {
  const known = new Map<string, Attempt>();
  const key = (steps: readonly string[]): string => JSON.stringify(steps);
  return {
    describe() {
      const fingerprint = createHash('sha256')
        .update(JSON.stringify([problem.question, settings]))
        .digest('hex')
        .slice(0, 16);
      return Promise.resolve({ name: 'solver', fingerprint: `solver ${fingerprint}`, isDeterministic: true });
    },
    sample({ prefix, count, seed }) {
      const from = known.get(key(prefix));
      if (from === undefined && prefix.length > 0)
        return Promise.reject(new PolicyError(`This is not a prefix of the solver: ${prefix.at(-1)!} Start the run anew.`));
      const rollouts = Array.from({ length: count }, (_, i): Completion => {
        const draw = new Draw(createRandom(seed, `rollout ${i}`));
        const solution = [...prefix];
        const steps = solve(problem, from ?? begin(draw), draw, settings).map((step) => {
          solution.push(step.text);
          known.set(key(solution), step.after);
          return step.text;
        });
        return { steps, finish: 'stop' };
      });
      return Promise.resolve(rollouts);
    },
    dispose: () => Promise.resolve(),
  };
}

/** Right when the solution's final answer is the problem's. */
export const answerJudge: Judge = {
  fingerprint: 'same text',
  judge({ reference, solution }) {
    const answer = finalAnswer(solution.at(-1) ?? '');
    return Promise.resolve({ ...(answer !== undefined && { answer }), verdict: answer === reference ? 'right' : 'wrong', method: 'text' });
  },
};
