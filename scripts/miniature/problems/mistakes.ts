import { itemAt } from '../../../server/reasoning/present.js';
import type { Draw } from './draw.js';
import { compute, type GeneratedProblem, type Operand, type Operation } from './problem.js';

/** Types of mistakes. `skip` and `copy` concern the course of the solution, the others the equation of one step. */
export const mistakes = ['slip', 'operand', 'operation', 'misread', 'skip', 'copy'] as const;
export type Mistake = (typeof mistakes)[number];

/** A step as it is written down: `a operation b = result`, or only `result` for a reading step. */
export interface Written {
  readonly a: number;
  readonly b?: number;
  readonly operation?: Operation;
  readonly result: number;
}

const operations = ['+', '-', '*', '/'] as const;

/** Numbers that a careless hand writes for `value`: off by one, two or ten, two digits swapped, one digit wrong. All differ from it. */
export function slips(value: number): number[] {
  const digits = String(value);
  const found = [value + 1, value - 1, value + 2, value - 2, value + 10, value - 10];
  for (let i = 0; i + 1 < digits.length; i++)
    found.push(Number(digits.slice(0, i) + itemAt(digits, i + 1) + itemAt(digits, i) + digits.slice(i + 2)));
  for (let i = 0; i < digits.length; i++)
    found.push(Number(digits.slice(0, i) + String((Number(digits[i]) + 3) % 10) + digits.slice(i + 1)));
  return found.filter((n) => n > 0 && n !== value);
}

/**
 * Every wrong way of one type to write a step whose right operands have the values `true_`. The arithmetic of all types but
 * `slip` is right in itself, so that only the question (or the steps before) can show the mistake.
 */
export function wrongWays(problem: GeneratedProblem, index: number, true_: Written, type: Mistake, earlier: readonly number[]): Written[] {
  const step = itemAt(problem.steps, index);
  if (type === 'slip') return slips(true_.result).map((result) => ({ ...true_, result, ...(step.apply ? {} : { a: result }) }));
  if (type === 'operand') return replaced(step.left, step.apply?.right, true_, () => [...problem.givens, ...earlier]);
  if (type === 'misread') return replaced(given(step.left), given(step.apply?.right), true_, slips);
  if (type !== 'operation' || true_.operation === undefined || true_.b === undefined) return [];
  const { a, b } = true_;
  return operations
    .filter((o) => o !== true_.operation)
    .flatMap((operation) => kept({ ...true_, operation }, compute(a, operation, b), true_));
}

const given = (operand: Operand | undefined): Operand | undefined => (operand?.from === 'given' ? operand : undefined);

/** Replaces one operand (not a constant) by each of `others` and works out the result. */
function replaced(
  left: Operand | undefined,
  right: Operand | undefined,
  written: Written,
  others: (value: number) => readonly number[],
): Written[] {
  const { a, b, operation } = written;
  const found: Written[] = [];
  if (left && left.from !== 'constant') {
    for (const other of others(a)) {
      if (operation === undefined || b === undefined) found.push(...kept({ a: other, result: other }, other, written));
      else found.push(...kept({ ...written, a: other }, compute(other, operation, b), written));
    }
  }
  if (right && right.from !== 'constant' && operation !== undefined && b !== undefined) {
    for (const other of others(b)) found.push(...kept({ ...written, b: other }, compute(a, operation, other), written));
  }
  return found;
}

/** A way counts when its result is a whole number above zero, not huge, and not the right one by chance. */
function kept(way: Written, result: number | undefined, true_: Written): Written[] {
  return result !== undefined && result > 0 && result < 10_000 && result !== true_.result ? [{ ...way, result }] : [];
}

/** One wrong way. Its type is drawn uniformly from those that are possible here. */
export function makeMistake(
  draw: Draw,
  problem: GeneratedProblem,
  index: number,
  true_: Written,
  earlier: readonly number[],
): { type: Mistake; way: Written } | undefined {
  for (const type of draw.several(['slip', 'operand', 'operation', 'misread'] as const, 4)) {
    const ways = wrongWays(problem, index, true_, type, earlier);
    if (ways.length > 0) return { type, way: draw.pick(ways) };
  }
  return undefined;
}
