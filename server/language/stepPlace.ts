import { listed, t } from '../l10n.js';
import type { ScoredProblem, ScoredStep } from './scoredDocument.js';

/** By problem: for each step the first solution through it, from 0; -1 = none. */
const known = new WeakMap<ScoredProblem['problem'], Int32Array>();

function firstSolutions({ problem }: ScoredProblem): Int32Array {
  let first = known.get(problem);
  if (first === undefined) {
    first = new Int32Array(problem.steps.length).fill(-1);
    for (const { index, steps } of problem.solutions) for (const step of steps) if (first[step] === -1) first[step] = index;
    known.set(problem, first);
  }
  return first;
}

/** Steps from the problem to this one, itself included. */
export function stepNumber({ steps }: ScoredProblem, { step }: ScoredStep): number {
  let number = 1;
  for (let at = step.parent; at !== undefined; at = steps[at]?.step.parent) number++;
  return number;
}

/** A step's place: `Problem 2, solution 1, step 3 of 6`; in a tree `Node 7, step 3`. A single item has no number. */
export function stepPlace(problemCount: number, scored: ScoredProblem, step: ScoredStep): string {
  const { problem } = scored;
  const parts = problemCount > 1 ? [t('problem {0}', problem.index + 1)] : [];
  const number = stepNumber(scored, step);
  const solution = problem.solutions[firstSolutions(scored)[step.step.index] ?? -1];
  if (problem.tree && step.step.node !== undefined) parts.push(t('node {0}', step.step.node), t('step {0}', number));
  else {
    if (solution && problem.solutions.length > 1) parts.push(t('solution {0}', solution.index + 1));
    parts.push(solution ? t('step {0} of {1}', number, solution.steps.length) : t('step {0}', number));
  }
  const place = listed(parts);
  return place.charAt(0).toUpperCase() + place.slice(1);
}
