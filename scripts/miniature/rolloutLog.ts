import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type ExactVerdict, judgeSteps } from './problems/exactSteps.js';
import { seeds } from './problems/labeled.js';
import { generateProblem } from './problems/registry.js';

/** Continuations of every step. */
export const continuations = 32;

export const logFile = fileURLToPath(new URL('rollouts.jsonl', import.meta.url));

/** A line of the log: a solution of the policy for problem `index` of the held-out seed. */
export interface LoggedSolution {
  readonly index: number;
  readonly steps: readonly string[];
  /**
   * Verdicts of each step's continuations, one character each: `1` right, `0` wrong, `u` undecided. Empty for a step that
   * is not continued yet. The last step ends the solution, so it has only the verdict on the solution.
   */
  readonly verdicts: readonly string[];
}

/** A logged solution with the generator's exact verdict. */
export interface JudgedSolution extends LoggedSolution {
  readonly kind: string;
  readonly question: string;
  readonly exact: ExactVerdict;
}

export function readRolloutLog(file = logFile): JudgedSolution[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const logged = JSON.parse(line) as LoggedSolution;
      const problem = generateProblem(seeds.heldOut, logged.index);
      return { ...logged, kind: problem.kind, question: problem.question, exact: judgeSteps(problem, logged.steps) };
    });
}

/** Lines of the log of study.py, each parsed as JSON. */
export function studyLines<T>(): T[] {
  return gunzipSync(readFileSync(new URL('study.jsonl.gz', import.meta.url)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
