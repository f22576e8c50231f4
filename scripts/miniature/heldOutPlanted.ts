import { itemAt, lastItem, mustGet } from '../../server/reasoning/present.js';
import { type GeneratedSolution, generateSolution, trainingProblems } from './problems/labeled.js';
import type { GeneratedProblem } from './problems/problem.js';
import { generateProblem } from './problems/registry.js';

/** Solutions with planted mistakes, to problems that do not occur in training. */
export interface PlantedSolutions {
  readonly solutions: readonly GeneratedSolution[];
  /** Number of drawn solutions that were left out because their problem occurs in training. */
  readonly leftOut: number;
}

/** The first `count` solutions of a seed that are not left out. */
export function plantedSolutions(seed: number, count: number): PlantedSolutions {
  const drawn = Array.from({ length: 2 * count }, (_, i) => generateSolution(seed, i));
  const isTrained = occurInTraining(drawn.map(({ problem }) => problem));
  const solutions = drawn.filter((_, i) => !itemAt(isTrained, i)).slice(0, count);
  return { solutions, leftOut: drawn.indexOf(lastItem(solutions)) + 1 - solutions.length };
}

/**
 * Whether the base or the judging block was trained on each problem: kinds with few possible problems repeat in every seed (angles above
 * all). Generates all problems of the training, which takes half a minute.
 */
export function occurInTraining(problems: readonly GeneratedProblem[]): boolean[] {
  const keys = problems.map(keyOf);
  const isKnown = new Map(keys.map((key) => [key, false]));
  for (const { seed, from, count } of trainingProblems)
    for (let i = from; i < from + count; i++) {
      const key = keyOf(generateProblem(seed, i));
      if (isKnown.has(key)) isKnown.set(key, true);
    }
  return keys.map((key) => mustGet(isKnown, key));
}

/** Key of a problem: its question and figure. If the numbers are in the figure, many problems share a question. */
function keyOf({ question, figure }: GeneratedProblem): string {
  return `${question}\n${JSON.stringify(figure)}`;
}
