/**
 * A generated word problem and the program that solves it. All numbers are whole; every division is exact.
 * A step prints its equation from its operands, so a wrong operand appears both in the words and in the equation.
 */
export type Operation = '+' | '-' | '*' | '/';

/** Where a step takes a number from: the question, an earlier step's result, or general knowledge (180 degrees). */
export type Operand =
  | { readonly from: 'given'; readonly index: number }
  | { readonly from: 'step'; readonly index: number }
  | { readonly from: 'constant'; readonly value: number };

export interface ProgramStep {
  /** Wordings of the step; `{a}`, `{b}` are the operands, `{r}` the result, `{e}` the equation `a * b = r`. One is picked per attempt. */
  readonly phrasings: readonly string[];
  readonly left: Operand;
  /** Absent for a reading step (`The bar for Monday shows {r}.`): its result is `left`. */
  readonly apply?: { readonly operation: Operation; readonly right: Operand };
}

/** What a figure shows; `figureSvg.ts` draws it. A side without a number is drawn with a question mark. */
export type Figure =
  | { readonly shape: 'bars'; readonly title: string; readonly labels: readonly string[]; readonly values: readonly number[] }
  | { readonly shape: 'pictograph'; readonly each: number; readonly labels: readonly string[]; readonly counts: readonly number[] }
  | {
      readonly shape: 'table';
      readonly header: readonly [string, string];
      readonly labels: readonly string[];
      readonly values: readonly number[];
    }
  | {
      readonly shape: 'rectangle';
      readonly width: number;
      readonly height: number;
      readonly labels: readonly [number, number | undefined];
      readonly unit: string;
    }
  | {
      readonly shape: 'triangle';
      readonly names: readonly [string, string, string];
      readonly angles: readonly [number, number];
      readonly labels: readonly [number, number | undefined];
    }
  | { readonly shape: 'line'; readonly start: number; readonly jumps: number; readonly size: number };

export interface GeneratedProblem {
  readonly kind: string;
  readonly question: string;
  /** Numbers the problem states, in the order the kind names them. */
  readonly givens: readonly number[];
  /** Which of them are in the figure alone: the question does not give them. */
  readonly inFigure: readonly boolean[];
  readonly steps: readonly ProgramStep[];
  /** The true result of every step. */
  readonly results: readonly number[];
  /** The last result. */
  readonly answer: number;
  readonly figure?: Figure;
}

/** Exact result, or undefined when it is negative or not whole: a right solution never has such numbers. */
export function compute(a: number, operation: Operation, b: number): number | undefined {
  if (operation === '+') return a + b;
  if (operation === '*') return a * b;
  if (operation === '-') return a >= b ? a - b : undefined;
  return b !== 0 && a % b === 0 ? a / b : undefined;
}
