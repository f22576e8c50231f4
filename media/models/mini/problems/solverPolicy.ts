import type { Policy, Verify } from '../../../../server/labeling/mcts.js';
import { finalAnswer } from '../../../../server/reasoning/finalAnswer.js';
import { Draw } from './draw.js';
import type { GeneratedProblem } from './problem.js';
import { begin, solve, type Progress, type SolverSettings } from './solver.js';

/**
 * The stochastic solver as a policy: it knows the program and errs now and then. It can go on from any prefix of its own
 * solutions (their progress is remembered by their text); any other prefix is an error of the caller.
 */
export function solverPolicy(problem: GeneratedProblem, settings: SolverSettings): Policy {
  const known = new Map<string, Progress>();
  const key = (steps: readonly string[]): string => JSON.stringify(steps);
  return (prefix, count, random) => {
    const draw = new Draw(random);
    const from = known.get(key(prefix));
    if (from === undefined && prefix.length > 0) return Promise.reject(new RangeError(`not a prefix of this solver: ${prefix.at(-1)!}`));
    const rollouts = Array.from({ length: count }, () => {
      const solution = [...prefix];
      return solve(problem, from ?? begin(draw), draw, settings).map((step) => {
        solution.push(step.text);
        known.set(key(solution), step.after);
        return step.text;
      });
    });
    return Promise.resolve(rollouts);
  };
}

/** Right when the solution's final answer is the problem's. */
export function answerVerifier(problem: GeneratedProblem): Verify {
  return (solution) => Promise.resolve(finalAnswer(solution.at(-1) ?? '') === String(problem.answer));
}
