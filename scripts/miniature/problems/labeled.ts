import { mustHave } from '../../../server/reasoning/present.js';
import { createRandom } from '../../../server/reasoning/random.js';
import { Draw } from './draw.js';
import type { Mistake } from './mistakes.js';
import type { GeneratedProblem } from './problem.js';
import { generateProblem } from './registry.js';
import { begin, solve } from './solver.js';

/** One solution whose every step is known to be right or wrong. */
export interface GeneratedSolution {
  readonly problem: GeneratedProblem;
  readonly steps: readonly string[];
  /** Index of the first wrong step; -1 when all are right. All steps from it on count as wrong. */
  readonly firstError: number;
  readonly mistake?: Mistake;
}

/** Seeds of the three sets. Kinds with few possible problems repeat across them (angles above all): `npm run model:evaluate` leaves repeats out. */
export const seeds = { train: 1, validation: 2, heldOut: 3 } as const;

/** Training problems: those of the PRM's base, and those of its judging block (rollouts, then planted mistakes). */
export const trainingProblems: readonly { readonly seed: number; readonly from: number; readonly count: number }[] = [
  { seed: seeds.train, from: 0, count: 800_000 },
  { seed: 6, from: 0, count: 400 },
  { seed: 6, from: 20_000, count: 2_600 },
];

/** Chance of a mistake at a step in the sets: about two solutions in three are wrong somewhere. */
export const mistakeRate = 0.22;

/** Solution `index` of a set. Every solution has its own problem. */
export function generateSolution(seed: number, index: number): GeneratedSolution {
  const problem = generateProblem(seed, index);
  const draw = new Draw(createRandom(seed, `solution ${index}`));
  const solved = solve(problem, begin(draw), draw, { mistakeRate });
  const firstError = solved.findIndex((step) => !step.right);
  const steps = solved.map((step) => step.text);
  const wrong = solved[firstError];
  if (wrong === undefined) return { problem, steps, firstError: -1 };
  return { problem, steps, firstError, mistake: mustHave(wrong.mistake, 'mistake at a wrong step') };
}
