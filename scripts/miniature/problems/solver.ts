import { itemAt, lastItem } from '../../../server/reasoning/present.js';
import type { Draw } from './draw.js';
import { type Mistake, makeMistake, slips, type Written } from './mistakes.js';
import { compute, type GeneratedProblem, type Operand } from './problem.js';

/** The state of an attempt: enough to continue from any step of it. */
export interface Attempt {
  /** Index of the next program step. */
  readonly next: number;
  /** Result of every program step so far in this attempt (for a skipped step: the value used in its place). */
  readonly values: readonly number[];
  readonly right: boolean;
  readonly finished: boolean;
  /** Whether the answer has its own sentence (and step). */
  readonly ownAnswerStep: boolean;
}

export interface SolvedStep {
  readonly text: string;
  /** Whether everything up to and including this step is right. */
  readonly right: boolean;
  /** Only the first wrong step has it. */
  readonly mistake?: Mistake;
  readonly after: Attempt;
}

export interface SolverSettings {
  /** Chance of a mistake at each step of an attempt that is right so far. */
  readonly mistakeRate: number;
}

export function begin(draw: Draw): Attempt {
  return { next: 0, values: [], right: true, finished: false, ownAnswerStep: draw.chance(0.4) };
}

/** Steps from `from` to the end of the attempt: right until a mistake is planted; later steps use the wrong number. */
export function solve(problem: GeneratedProblem, from: Attempt, draw: Draw, settings: SolverSettings): SolvedStep[] {
  const steps: SolvedStep[] = [];
  let at = from;
  while (!at.finished) {
    const step = oneStep(problem, at, draw, settings);
    steps.push(step);
    at = step.after;
  }
  return steps;
}

function oneStep(problem: GeneratedProblem, from: Attempt, draw: Draw, settings: SolverSettings): SolvedStep {
  const size = problem.steps.length;
  if (from.next >= size) return answerStep(problem, from, draw, settings);
  let index = from.next;
  const values = [...from.values];
  let type: Mistake | undefined;
  let planted = from.right && draw.chance(settings.mistakeRate);
  if (planted && draw.chance(0.15) && canSkip(problem, index, values)) {
    // The step is left out and its left operand replaces its result.
    values.push(operandValue(problem, itemAt(problem.steps, index).left, values));
    index++;
    type = 'skip';
    planted = false;
  }
  const draft = write(problem, index, values);
  const truth = trueStep(problem, index);
  const made = planted ? makeMistake(draw, problem, index, draft, values) : undefined;
  const written = made?.way ?? draft;
  if (made) type = made.type;
  values.push(written.result);
  let text = say(draw.pick(itemAt(problem.steps, index).phrasings), written);
  const last = index === size - 1 && !from.ownAnswerStep;
  let answer = written.result;
  if (last) {
    const copied = from.right && type === undefined ? miscopied(draw, answer, settings) : undefined;
    if (copied !== undefined) [answer, type] = [copied, 'copy'];
  }
  if (last) text += ` The answer is ${answer}.`;
  const right = from.right && same(written, truth) && answer === written.result;
  const after = { next: index + 1, values, right, finished: last, ownAnswerStep: from.ownAnswerStep };
  if (right || !from.right) return { text, right, after };
  // A skipped step matters only when its result is used. Until then the steps are right and have no mistake.
  return { text, right, mistake: type ?? 'skip', after };
}

function answerStep(problem: GeneratedProblem, from: Attempt, draw: Draw, settings: SolverSettings): SolvedStep {
  const value = lastItem(from.values);
  const copied = from.right ? miscopied(draw, value, settings) : undefined;
  const lead = draw.pick(['The answer is ', 'So the answer is ']);
  const shown = copied ?? value;
  const right = from.right && shown === problem.answer;
  const step = { text: `${lead}${shown}.`, right, after: { ...from, right, finished: true } };
  return right || !from.right ? step : { ...step, mistake: copied === undefined ? 'skip' : 'copy' };
}

/** A wrong copy of a value. Usually undefined, and always for a value below zero, which a skipped step can cause. */
function miscopied(draw: Draw, value: number, settings: SolverSettings): number | undefined {
  return draw.chance(settings.mistakeRate * 0.4) ? draw.pickAny(slips(value)) : undefined;
}

/** Only a step whose result is used later, or that is the last before an answer step, and whose stand-in differs, can be skipped. */
function canSkip(problem: GeneratedProblem, index: number, values: readonly number[]): boolean {
  const step = itemAt(problem.steps, index);
  if (step.apply === undefined || index + 1 >= problem.steps.length) return false;
  return operandValue(problem, step.left, values) !== itemAt(problem.results, index);
}

function operandValue(problem: GeneratedProblem, operand: Operand, values: readonly number[]): number {
  if (operand.from === 'constant') return operand.value;
  return operand.from === 'given' ? itemAt(problem.givens, operand.index) : itemAt(values, operand.index);
}

/** The step from the values so far. A remainder, possible after a mistake, is dropped as in a careless calculation. */
function write(problem: GeneratedProblem, index: number, values: readonly number[]): Written {
  const { left, apply } = itemAt(problem.steps, index);
  const a = operandValue(problem, left, values);
  if (apply === undefined) return { a, result: a };
  const b = operandValue(problem, apply.right, values);
  const exact = compute(a, apply.operation, b);
  const result = exact ?? (apply.operation === '-' ? a - b : b === 0 ? 0 : Math.floor(a / b));
  return { a, b, operation: apply.operation, result };
}

/** The step in a solution without mistakes. */
export function trueStep(problem: GeneratedProblem, index: number): Written {
  return write(problem, index, problem.results);
}

function same(x: Written, y: Written): boolean {
  return x.a === y.a && x.b === y.b && x.operation === y.operation && x.result === y.result;
}

function say(phrasing: string, { a, b, operation, result }: Written): string {
  const equation = `${a} ${operation ?? ''} ${b ?? ''} = ${result}`;
  return phrasing.replaceAll('{a}', String(a)).replaceAll('{b}', String(b)).replaceAll('{r}', String(result)).replaceAll('{e}', equation);
}
