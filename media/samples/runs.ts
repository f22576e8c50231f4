import { searchToEnd, defaultSearch } from '../../server/labeling/mcts.js';
import type { SearchTree } from '../../server/labeling/searchTree.js';
import { createRandom } from '../../server/reasoning/random.js';
import { Draw } from '../models/mini/problems/draw.js';
import type { Figure, GeneratedProblem } from '../models/mini/problems/problem.js';
import { generateProblem } from '../models/mini/problems/registry.js';
import { answerVerifier, solverPolicy } from '../models/mini/problems/solverPolicy.js';
import type { ScoreSteps } from '../models/mini/score.js';

/** A problem of the generator and how it is searched. */
export interface Sample {
  readonly name: string;
  readonly index: number;
  readonly rollouts: number;
  readonly budget: number;
  readonly mistakeRate: number;
}

const slug = (problem: GeneratedProblem): string => problem.kind.replaceAll(' ', '-');

/** A problem's figure and its path from the workspace's folder; no path without a figure. */
export function figureOf(seed: number, index: number): { path: string; shown?: Figure } {
  const problem = generateProblem(seed, index);
  return problem.figure === undefined ? { path: '' } : { path: `figures/${slug(problem)}-${index}.png`, shown: problem.figure };
}

export function labelledTree(seed: number, { name, index, rollouts, budget, mistakeRate }: Sample): Promise<SearchTree> {
  const problem = generateProblem(seed, index);
  const described = { id: name, question: problem.question, answer: String(problem.answer), image: figureOf(seed, index).path };
  return searchToEnd(described, solverPolicy(problem, { mistakeRate }), answerVerifier(problem), seed, { ...defaultSearch, rollouts, budget });
}

/**
 * VisualPRM's raw records: four solutions, each step continued 16 times. With its early stop, steps after one without a
 * right continuation are stored with 0 of 0: unknown, not wrong.
 */
export async function monteCarlo(seed: number, index: number): Promise<object[]> {
  const problem = generateProblem(seed, index);
  const policy = solverPolicy(problem, { mistakeRate: 0.25 });
  const verify = answerVerifier(problem);
  const draw = new Draw(createRandom(seed, `monte-carlo ${index}`));
  const image = figureOf(seed, index).path;
  const records = [];
  for (const steps of await policy([], 4, draw.random)) {
    const steps_with_score: object[] = [];
    let failed = false;
    for (const [at, step] of steps.entries()) {
      const prefix = steps.slice(0, at + 1);
      const continued: readonly (readonly string[])[] = failed ? [] : await policy(prefix, 16, draw.random);
      const verdicts = await Promise.all(continued.map((rest) => verify([...prefix, ...rest])));
      const right = verdicts.filter(Boolean).length;
      steps_with_score.push({ step, score: failed ? 0 : right / 16, num_mc_correct: right, num_mc_total: continued.length });
      failed ||= right === 0;
    }
    records.push({
      image, question: problem.question, answer: String(problem.answer), response: steps.join('\n\n'), steps_with_score,
      num_mc_sequences: 16, question_orig: problem.question, id: `${slug(problem)}-${index}-${records.length}`,
    });
  }
  return records;
}

/** MM-PRM's evaluation output: several solutions, whether each is right, and the PRM's score of every step. */
export async function candidateSet(seed: number, index: number, count: number, score: ScoreSteps): Promise<object> {
  const problem = generateProblem(seed, index);
  const policy = solverPolicy(problem, { mistakeRate: 0.25 });
  const solutions_splits = await policy([], count, createRandom(seed, `candidates ${index}`));
  const verdicts = await Promise.all(solutions_splits.map(answerVerifier(problem)));
  const prm_scores = [];
  for (const steps of solutions_splits) prm_scores.push((await score(problem.question, steps)).map((value) => Number(value.toFixed(4))));
  return {
    id: `${slug(problem)}-${index}`, question: problem.question, answer: String(problem.answer), image_path: figureOf(seed, index).path,
    solutions_splits, labels: verdicts.map(Number), prm_scores,
  };
}
