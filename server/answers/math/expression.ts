import type { Rational } from './rational.js';

/** A mathematical expression as a tree. */
export type MathExpression =
  | NumberNode
  | { readonly op: 'constant'; readonly name: 'pi' | 'e' | 'i' | 'infinity' }
  | { readonly op: 'variable'; readonly name: string }
  | { readonly op: 'neg'; readonly args: readonly [MathExpression] }
  | { readonly op: 'add' | 'mul' | 'div' | 'pow'; readonly args: readonly [MathExpression, MathExpression] }
  | { readonly op: 'call'; readonly name: FunctionName; readonly args: readonly MathExpression[] };

export interface NumberNode {
  readonly op: 'number';
  readonly value: Rational;
  /** Number of digits after the decimal point, if the number is written with one. */
  readonly decimals?: number;
}

export const FUNCTIONS = [
  'sqrt',
  'root',
  'abs',
  'floor',
  'ceil',
  'factorial',
  'binomial',
  'exp',
  'ln',
  'log',
  'sin',
  'cos',
  'tan',
  'cot',
  'sec',
  'csc',
  'arcsin',
  'arccos',
  'arctan',
  'sinh',
  'cosh',
  'tanh',
  'gcd',
  'lcm',
  'max',
  'min',
  'mod',
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** An expression cannot be read for certain. */
export class UnreadableExpression extends Error {}

/** All variables, by name. */
export function variablesOf(expression: MathExpression, found = new Set<string>()): Set<string> {
  if (expression.op === 'variable') found.add(expression.name);
  if ('args' in expression) for (const arg of expression.args) variablesOf(arg, found);
  return found;
}

/** Whether some part of the expression fulfils the condition. */
export function some(expression: MathExpression, test: (part: MathExpression) => boolean): boolean {
  return test(expression) || ('args' in expression && expression.args.some((arg) => some(arg, test)));
}

/** The expression with other names for its variables. */
export function renamed(expression: MathExpression, names: ReadonlyMap<string, string>): MathExpression {
  if (expression.op === 'variable') return { op: 'variable', name: names.get(expression.name) ?? expression.name };
  if (!('args' in expression)) return expression;
  return { ...expression, args: expression.args.map((arg) => renamed(arg, names)) } as unknown as MathExpression;
}

/** The expression with a value for one of its variables; the index `i` of a sum is read as a constant elsewhere. */
export function substituted(expression: MathExpression, name: string, value: MathExpression): MathExpression {
  if ((expression.op === 'variable' || expression.op === 'constant') && expression.name === name) return value;
  if (!('args' in expression)) return expression;
  return { ...expression, args: expression.args.map((arg) => substituted(arg, name, value)) } as unknown as MathExpression;
}
