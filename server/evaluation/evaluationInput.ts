import { answerKey } from '../answers/answerKey.js';
import type { Verifier } from '../answers/verifier.js';
import { finalAnswer } from '../reasoning/finalAnswer.js';
import { along } from '../reasoning/paths.js';
import type { Problem, ReasoningDocument, Solution } from '../reasoning/problem.js';
import type { CandidateSet } from './bestOfN.js';
import type { LabeledSolution } from './labeledSolution.js';
import type { Headline } from './processBenchmark.js';

/** What a document can be evaluated as. */
export type EvaluationKind = 'bestOfN' | ProcessBenchmark;

export type ProcessBenchmark = 'visualProcessBench' | 'processBench' | 'prmBench' | 'humanLabels';

export const BENCHMARKS: Readonly<Record<ProcessBenchmark, { readonly title: string; readonly headline: Headline }>> = {
  visualProcessBench: { title: 'VisualProcessBench', headline: 'macroF1' },
  processBench: { title: 'ProcessBench', headline: 'firstErrorF1' },
  prmBench: { title: 'PRMBench', headline: 'macroF1' },
  humanLabels: { title: 'Human step labels', headline: 'macroF1' },
};

/**
 * Returns the kind by the content: step labels make a process benchmark; a problem with several solutions, each with a
 * verdict, makes a candidate set. A search tree is neither, because its paths were not drawn independently. Undefined:
 * nothing to evaluate.
 */
export function evaluationKind(document: ReasoningDocument): EvaluationKind | undefined {
  const { format, problems } = document;
  if (problems.some((problem) => problem.steps.some((step) => step.values.human !== undefined))) {
    return format in BENCHMARKS ? (format as ProcessBenchmark) : 'humanLabels';
  }
  return problems.some(isCandidateSet) ? 'bestOfN' : undefined;
}

/** Whether all candidates of a problem can be compared: several, each with a verdict. */
export function isCandidateSet(problem: Problem): boolean {
  return (
    problem.tree === undefined && problem.solutions.length > 1 && problem.solutions.every((solution) => solution.correct !== undefined)
  );
}

/** Whether candidates lack a verdict that the reference answer can give. */
export function lacksVerdicts(problem: Problem): boolean {
  return problem.tree === undefined && problem.answer !== undefined && problem.solutions.length > 1 && !isCandidateSet(problem);
}

/** Returns the problem with the verifier's verdict on every final answer that the file does not judge, if decided. */
export async function withVerdicts(problem: Problem, verifier: Verifier): Promise<Problem> {
  const judged = async (solution: Solution): Promise<Solution> => {
    const steps = along(problem.steps, solution.steps).map(({ text }) => text);
    const last = steps.at(-1);
    if (solution.correct !== undefined || last === undefined) return solution;
    const { question, answer: reference = '' } = problem;
    const { verdict } = await verifier.verify({ answer: finalAnswer(last), reference, question, solution: steps });
    return verdict === 'undecided' ? solution : { ...solution, correct: verdict === 'right' };
  };
  return { ...problem, solutions: await Promise.all(problem.solutions.map(judged)) };
}

/** Returns the scores from the file, by step; NaN where there is none. */
export function recordedScores(problem: Problem): number[] {
  return problem.steps.map((step) => step.values.recordedPrm ?? NaN);
}

/** `scores`: one for each step of the problem. `id` distinguishes it from all other problems. */
export function candidateSet(problem: Problem, scores: ArrayLike<number>, id: string): CandidateSet {
  return {
    id,
    candidates: problem.solutions.map((solution) => {
      const last = along(problem.steps, solution.steps.slice(-1)).at(0);
      const answer = last && finalAnswer(last.text);
      return {
        correct: solution.correct === true,
        scores: scoresOf(solution, scores),
        ...(answer !== undefined && { answer: answerKey(answer) }),
      };
    }),
  };
}

export function labeledSolutions(problem: Problem, scores: ArrayLike<number>): LabeledSolution[] {
  return problem.solutions.map((solution) => ({
    labels: along(problem.steps, solution.steps).map(({ values }) => values.human),
    scores: scoresOf(solution, scores),
    ...(problem.source !== undefined && { source: problem.source }),
    ...(solution.model !== undefined && { model: solution.model }),
  }));
}

function scoresOf(solution: Solution, scores: ArrayLike<number>): number[] {
  return solution.steps.map((step) => scores[step] ?? NaN);
}
