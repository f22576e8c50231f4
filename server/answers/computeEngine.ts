import { ComputeEngine, type Expression } from '@cortex-js/compute-engine';
import { createRandom } from '../reasoning/random.js';
import type { Algebra } from './algebra.js';

/** Operators whose meaning in an answer is beyond doubt; anything else makes the expression unknown. */
const OPERATORS = new Set(
  (
    'Add Subtract Negate Multiply Divide Rational Power Sqrt Root Square Abs Factorial Binomial Floor Ceil Complex Delimiter InvisibleOperator ' +
    'Exp Ln Log Lb Sin Cos Tan Cot Sec Csc Arcsin Arccos Arctan'
  ).split(' '),
);
const CONSTANTS = new Set(['Pi', 'ExponentialE', 'ImaginaryUnit', 'Half']);
const MAX_LENGTH = 200;
/** Larger exponents and factorials are not computed: an answer must not stop a run. */
const MAX_EXPONENT = 2000;
const POINTS = 6;
const EQUAL = 1e-10;
const DIFFERENT = 1e-7;

/** MathJSON, as far as numbers, symbols and function applications go. */
type MathJson = unknown;

interface Complex {
  readonly re: number;
  readonly im: number;
}

/**
 * Algebra by Cortex' compute engine: it reads the LaTeX and computes; equality of expressions with variables is decided by
 * computing both at six seeded points with 21 digits (Schwartz-Zippel: different rational functions agree there with
 * probability 0), first positive ones, then of both signs, where roots and logarithms may leave the reals.
 */
export function createAlgebra(): Algebra {
  // It takes a while to start, and answers that are numbers never ask it.
  let engine: ComputeEngine | undefined;
  const known = new Map<string, Expression | undefined>();

  function read(latex: string): Expression | undefined {
    if (known.has(latex)) return known.get(latex);
    if (known.size > 5000) known.clear();
    const expression = isReadable(latex) ? parse((engine ??= new ComputeEngine()), asciiToLatex(latex)) : undefined;
    known.set(latex, expression);
    return expression;
  }

  /** Both expressions at the points; points where either has no finite value are left out. */
  function sample(a: Expression, b: Expression, positive: boolean): [Complex, Complex][] {
    const names = [...new Set([...a.unknowns, ...b.unknowns])].sort();
    const random = createRandom(positive ? 1 : 2, names.join());
    const samples: [Complex, Complex][] = [];
    for (let i = 0; i < (names.length === 0 ? 1 : POINTS); i++) {
      const point = Object.fromEntries(names.map((name) => [name, (random() * 3 + 0.2) * (positive || random() < 0.5 ? 1 : -1)]));
      const [left, right] = [valueAt(a, point), valueAt(b, point)];
      if (left !== undefined && right !== undefined) samples.push([left, right]);
    }
    return samples;
  }

  return Object.freeze<Algebra>({
    compare(left, right) {
      const [a, b] = [read(left), read(right)];
      if (a === undefined || b === undefined) return 'unknown';
      if (a.isSame(b)) return 'equal';
      const positive = sample(a, b, true);
      if (positive.some(([x, y]) => distance(x, y) > DIFFERENT)) return 'different';
      const enough = a.unknowns.length + b.unknowns.length === 0 ? 1 : POINTS / 2;
      const all = enough === 1 ? positive : [...positive, ...sample(a, b, false)];
      return positive.length >= enough && all.every(([x, y]) => distance(x, y) < EQUAL) ? 'equal' : 'unknown';
    },
    proportional(left, right) {
      const [a, b] = [read(left), read(right)];
      if (a === undefined || b === undefined) return 'unknown';
      const samples = [...sample(a, b, true), ...sample(a, b, false)].filter(([x, y]) => size(x) > 1e-6 && size(y) > 1e-6);
      const first = samples[0];
      if (first === undefined || samples.length < POINTS) return 'unknown';
      return samples.every(([x, y]) => distance(times(x, first[1]), times(y, first[0])) < EQUAL) ? 'equal' : 'unknown';
    },
    value(latex) {
      const expression = read(latex);
      if (expression === undefined || expression.unknowns.length > 0) return undefined;
      const value = valueAt(expression, {});
      return value !== undefined && Math.abs(value.im) < 1e-15 ? value.re : undefined;
    },
  });
}

function parse(engine: ComputeEngine, latex: string): Expression | undefined {
  try {
    const expression = engine.parse(latex);
    return expression.isValid && isSafe(expression.json) ? expression : undefined;
  } catch {
    return undefined;
  }
}

function valueAt(expression: Expression, point: Record<string, number>): Complex | undefined {
  try {
    const { re, im } = expression.subs(point).N();
    return Number.isFinite(re) && Number.isFinite(im) ? { re, im } : undefined;
  } catch {
    return undefined;
  }
}

/** Only known operators, one-letter variables, and no power or factorial that is too large to compute. */
function isSafe(root: MathJson): boolean {
  const waiting: MathJson[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node === 'number') continue;
    if (typeof node === 'string') {
      if (!CONSTANTS.has(node) && !/^(?:[a-zA-Z]|alpha|beta|gamma|delta|theta|lambda|mu|phi|omega)(?:_\w{1,3})?$/.test(node)) return false;
    } else if (Array.isArray(node)) {
      const [operator, ...operands] = node as [unknown, ...MathJson[]];
      if (typeof operator !== 'string' || !OPERATORS.has(operator)) return false;
      if (operator === 'Factorial' && !(typeof operands[0] === 'number' && operands[0] <= 150)) return false;
      if (operator === 'Power' && !isSmallPower(operands)) return false;
      waiting.push(...operands);
    } else if (typeof node === 'object' && node !== null && 'num' in node) {
      continue;
    } else return false;
  }
  return true;
}

/** An exponent that is a number must be small; one that is a power itself is not computed. */
function isSmallPower([, exponent]: readonly MathJson[]): boolean {
  if (typeof exponent === 'number') return Math.abs(exponent) <= MAX_EXPONENT;
  return (
    !JSON.stringify(exponent).includes('"Power"') &&
    !JSON.stringify(exponent).includes('"Factorial"') &&
    !/\d{5,}/.test(JSON.stringify(exponent))
  );
}

/** Not too long, no words, no ± (two values), and no power of a power of a power: those are computed while they are read. */
function isReadable(latex: string): boolean {
  return latex.length <= MAX_LENGTH && !hasWords(latex) && !/\\[pm][pm](?![a-zA-Z])|[\])}]\s*\^[^()]*\)\s*\^/.test(latex);
}

/** Runs of letters that are no command and no function are words, or names such as AB, and no product of variables. */
function hasWords(latex: string): boolean {
  const rest = latex
    .replace(/\\[a-zA-Z]+/g, ' ')
    .replace(/(?<![a-zA-Z])(?:a?(?:sin|cos|tan)|arc(?:sin|cos|tan)|log|ln|exp|sqrt|pi|cot|sec|csc)(?=\b|_|\d)/g, ' ');
  // Also "5 cm 3 mm", "1st", and 1/2x, which is x/2 to some and 1/(2x) to others.
  return /[a-zA-Z]{3,}|[A-Z]{2,}|[\d}] ?[a-z]{2} ?\d|\d(?:st|nd|rd|th)\b|\d ?\/ ?\d+ ?[a-z]/.test(rest);
}

/** What people type without LaTeX: `sqrt(2)`, `2*pi`, `x^(1/2)`, `sin(x)`. */
function asciiToLatex(text: string): string {
  return text
    .replace(/(?<![\\a-zA-Z])sqrt\s*(?:\(([^()]*)\)|(\d+|[a-z]\b))/g, (_, group?: string, single?: string) => `\\sqrt{${group ?? single}}`)
    .replace(/(?<![\\a-zA-Z])(pi|sin|cos|tan|cot|sec|csc|log|ln|exp|arcsin|arccos|arctan)(?![a-zA-Z])/g, '\\$1 ')
    .replace(/\*\*/g, '^')
    .replace(/\^\s*\(([^()]*)\)/g, '^{$1}')
    .replace(/\*/g, '\\cdot ')
    .replace(/°/g, '^{\\circ}');
}

/** Difference relative to the larger one; absolute below 1. */
function distance(a: Complex, b: Complex): number {
  return Math.hypot(a.re - b.re, a.im - b.im) / Math.max(1, size(a), size(b));
}

function size(a: Complex): number {
  return Math.hypot(a.re, a.im);
}

function times(a: Complex, b: Complex): Complex {
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}
