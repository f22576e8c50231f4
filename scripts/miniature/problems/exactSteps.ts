import { itemAt } from '../../../server/reasoning/present.js';
import type { GeneratedProblem, Operand } from './problem.js';
import { trueStep } from './solver.js';

/**
 * Kind of the first error of a solution: a wrong number from the figure or the question, or a wrong earlier result; the wrong
 * operation; wrong arithmetic; a wrong copy of the answer; or a step that does not belong to the problem (`form`).
 */
export type StepError = 'figure' | 'question' | 'earlier' | 'operation' | 'arithmetic' | 'answer' | 'form';

export interface ExactVerdict {
  /** Index of the first wrong step; -1 when all are right. All steps from it on count as wrong. */
  readonly firstError: number;
  readonly error?: StepError;
  /** Whether the solution is complete and ends in the right answer. */
  readonly solved: boolean;
}

/** The generator's verdict on a foreign solution, whose steps are read back by the program's phrasings. */
export function judgeSteps(problem: GeneratedProblem, steps: readonly string[]): ExactVerdict {
  let next = 0;
  for (const [at, whole] of steps.entries()) {
    const { body, answer } = splitAnswer(whole);
    const error = body === '' ? (next < problem.steps.length ? 'form' : undefined) : judgeStep(problem, next, body);
    if (error !== undefined) return { firstError: at, error, solved: false };
    if (body !== '') next++;
    if (answer === undefined) continue;
    const solved = answer === problem.answer && next === problem.steps.length;
    return solved ? { firstError: -1, solved } : { firstError: at, error: answer === problem.answer ? 'form' : 'answer', solved };
  }
  return { firstError: -1, solved: false };
}

function splitAnswer(step: string): { body: string; answer?: number } {
  const found = /^(.*?)\s*(?:So the|The) answer is (\d+)\.$/s.exec(step);
  return found ? { body: itemAt(found, 1), answer: Number(found[2]) } : { body: step };
}

function judgeStep(problem: GeneratedProblem, index: number, text: string): StepError | undefined {
  const step = problem.steps[index];
  if (step === undefined) return 'form';
  const truth = trueStep(problem, index);
  let error: StepError | undefined = 'form';
  for (const phrasing of step.phrasings) {
    const found = pattern(phrasing).exec(text)?.groups;
    if (!found) continue;
    const number = (name: string): number | undefined => (found[name] === undefined ? undefined : Number(found[name]));
    // The operands of an equation count first; the words beside it only repeat them.
    const [a, b] = [number('ea') ?? number('a'), number('eb') ?? number('b')];
    const swapped = (truth.operation === '+' || truth.operation === '*') && a === truth.b && b === truth.a;
    const result = number('er') ?? number('r');
    if (!swapped && a !== undefined && a !== truth.a) error = from(problem, step.left);
    else if (!swapped && step.apply && b !== undefined && b !== truth.b) error = from(problem, step.apply.right);
    else if (found['op'] !== undefined && found['op'] !== truth.operation) error = 'operation';
    else if (result !== undefined && result !== truth.result) error = step.apply === undefined ? from(problem, step.left) : 'arithmetic';
    else return undefined;
  }
  return error;
}

function from(problem: GeneratedProblem, operand: Operand): StepError {
  if (operand.from === 'given') return problem.inFigure[operand.index] ? 'figure' : 'question';
  return operand.from === 'step' ? 'earlier' : 'operation';
}

const patterns = new Map<string, RegExp>();

function pattern(phrasing: string): RegExp {
  let found = patterns.get(phrasing);
  if (!found) {
    const seen = new Set<string>();
    const source = phrasing.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{([aber])\}/g, (_, name: string) => {
      if (seen.has(name)) return '-?\\d+';
      seen.add(name);
      return name === 'e' ? '(?<ea>-?\\d+) (?<op>[-+*/]) (?<eb>-?\\d+) = (?<er>-?\\d+)' : `(?<${name}>-?\\d+)`;
    });
    found = new RegExp(`^${source}$`);
    if (patterns.size > 20_000) patterns.clear();
    patterns.set(phrasing, found);
  }
  return found;
}
