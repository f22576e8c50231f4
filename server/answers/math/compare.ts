import type { Decimal } from 'decimal.js';
import { itemAt } from '../../reasoning/present.js';
import { evaluatorOf, exactValue, NoValue, type Point, WorkLimit } from './evaluate.js';
import { type MathExpression, renamed, some, substituted, variablesOf } from './expression.js';
import { type Rational, rational, same } from './rational.js';

export type Equality = 'equal' | 'different' | 'unknown';

/** Digits of the first evaluation; the second one uses twice as many. */
const DIGITS = 24;
const MAX_DIGITS = 900;
const MAX_VARIABLES = 8;
/** Positive coordinates of test points; any will do that are neither round numbers nor multiples of each other. */
const POSITIVE = ['7/11', '17/13', '31/12', '43/29', '5/17', '23/19', '2/31', '37/41'];
const WHOLE = ['3', '5', '2', '7', '4', '6', '8', '9'];

/** Whether two expressions have the same value: for numbers exactly or to any number of digits, else at several points. */
export function compareExpressions(a: MathExpression, b: MathExpression): Equality {
  const names = new Set([...variablesOf(a), ...variablesOf(b)]);
  if (names.size > MAX_VARIABLES) return 'unknown';
  if (names.size === 0) return compareAt(a, b);
  const atPositive = comparePoints(a, b, points(names, POSITIVE, [1, 1, 1]));
  const hasWhole = [a, b].some((side) => some(side, isForWholeNumbers)) || [...names].every((name) => /^[nkm]$/.test(name));
  if (atPositive !== 'equal') {
    if (!hasWhole) return atPositive;
    return comparePoints(a, b, points(names, WHOLE, [1, 1, 1, 1]));
  }
  // Equal only for positive values, like |x| and x. Only the question says whether x is positive.
  const real = points(names, POSITIVE, [-1, -1]).filter((point) => isReal(a, point) && isReal(b, point));
  const atNegative = comparePoints(a, b, real);
  return atNegative === 'different' ? 'unknown' : 'equal';
}

/** Compares with renamed arbitrary constants: x + C is x + K. One side must have a constant C or c_1. */
export function compareUpToConstants(a: MathExpression, b: MathExpression): Equality {
  const [x, y] = [constantsOf(a), constantsOf(b)].map((names, i) => (names.length > 0 ? names : smallConstantsOf(i === 0 ? a : b))) as [
    string[],
    string[],
  ];
  const isConstant = [...x, ...y].some((name) => /^(?:C|[Cc]_\d)$/.test(name));
  const others = (side: MathExpression, constants: readonly string[]) =>
    [...variablesOf(side)].filter((name) => !constants.includes(name)).sort();
  if (!isConstant || x.length !== y.length || x.length === 0 || x.length > 3) return 'unknown';
  const rest = others(a, x);
  if (rest.length === 0 || rest.join() !== others(b, y).join()) return 'unknown';
  const isSame = permutations(y).some(
    (names) => compareExpressions(a, renamed(b, new Map(names.map((name, i) => [name, itemAt(x, i)])))) === 'equal',
  );
  return isSame ? 'equal' : 'unknown';
}

/** Whether the equations a = 0 and b = 0 have the same solutions, as far as can be shown. */
export function compareEquations(a: MathExpression, b: MathExpression): Equality {
  const names = new Set([...variablesOf(a), ...variablesOf(b)]);
  if (names.size === 0 || names.size > MAX_VARIABLES) return 'unknown';
  if (isMultiple(a, b)) return 'equal';
  const [forth, back] = [vanishesWhere(a, b, names), vanishesWhere(b, a, names)];
  if (forth === 'different' || back === 'different') return 'different';
  return forth === 'equal' && back === 'equal' ? 'equal' : 'unknown';
}

/** -1, 0 or 1 for two real expressions without variables; undefined when they cannot be distinguished or computed. */
export function order(a: MathExpression, b: MathExpression): number | undefined {
  const comparison = compareAt(a, b);
  if (comparison === 'equal') return 0;
  if (comparison === 'unknown') return undefined;
  const [x, y] = [exactValue(a), exactValue(b)];
  if (x && y) return x.num * y.den < y.num * x.den ? -1 : 1;
  try {
    const evaluator = evaluatorOf(2 * DIGITS);
    return evaluator.real(a).cmp(evaluator.real(b));
  } catch (error) {
    if (error instanceof WorkLimit) throw error;
    return undefined;
  }
}

/** Compares the values at one point, or of expressions without variables. */
export function compareAt(a: MathExpression, b: MathExpression, point?: Point, naturalLog = false): Equality {
  const [x, y] = [exactValue(a, point), exactValue(b, point)];
  if (x && y) return same(x, y) ? 'equal' : 'different';
  try {
    return settle((digits) => evaluatorOf(digits, naturalLog).difference(a, b, point), DIGITS + smallest(a) + smallest(b));
  } catch (error) {
    if (error instanceof NoValue) return 'unknown';
    throw error;
  }
}

/**
 * A difference that stays when there are more digits is real; one that shrinks with them is a rounding error. There is
 * no tolerance: 10^{-12} and 10^{-13} differ, and \sqrt 2 \cdot \sqrt 2 is 2.
 */
function settle(look: (digits: number) => { difference: Decimal; size: Decimal }, start: number): Equality {
  if (start > MAX_DIGITS) return 'unknown';
  let digits = start;
  let before = look(digits);
  // The digits must reach below the units of a large number.
  const large = Math.max(0, before.size.e);
  if (large + start > MAX_DIGITS) return before.difference.div(before.size).gt('1e-20') ? 'different' : 'unknown';
  if (large > 10) {
    digits += large;
    before = look(digits);
  }
  for (let tries = 0; tries < 3 && digits <= MAX_DIGITS; tries++) {
    digits *= 2;
    const now = look(digits);
    if (now.difference.isZero()) {
      if (before.difference.isZero() || tries > 0) return 'equal';
    } else {
      const ratio = before.difference.div(now.difference);
      if (ratio.gt(0.99) && ratio.lt(1.01)) return 'different';
      if (ratio.gt('1e15')) return 'equal';
    }
    before = now;
  }
  return 'unknown';
}

/** The most digits by which the numbers of an expression differ in size. */
function smallest(expression: MathExpression): number {
  let digits = 0;
  some(expression, (part) => {
    if (part.op === 'variable' || part.op === 'constant') return false;
    const value = exactValue(part);
    if (value) {
      digits += value.den.toString().length - 1;
      return true;
    }
    return false;
  });
  return digits;
}

function comparePoints(a: MathExpression, b: MathExpression, all: readonly Point[]): Equality {
  let equal = 0;
  let unknown = 0;
  let different = 0;
  for (const point of all) {
    const comparison = compareAt(a, b, point);
    if (comparison === 'different') different++;
    else if (comparison === 'equal') equal++;
    else unknown++;
  }
  if (different > 0) return 'different';
  return equal >= 2 && unknown <= 1 ? 'equal' : 'unknown';
}

function points(names: ReadonlySet<string>, values: readonly string[], signs: readonly number[]): Point[] {
  const sorted = [...names].sort();
  return signs.map((sign, row) => {
    const at = (i: number): Rational => {
      const [num, den = '1'] = itemAt(values, (i * 3 + row * 5 + Math.floor((i + row) / 8)) % values.length).split('/') as [
        string,
        string?,
      ];
      return rational(BigInt(num) * BigInt(sign), BigInt(den));
    };
    return new Map(sorted.map((name, i) => [name, at(i)]));
  });
}

/** Whether an expression is real at a point. \\ln(ab) is not real where a is negative: such points prove nothing. */
function isReal(expression: MathExpression, point: Point): boolean {
  try {
    evaluatorOf(DIGITS).real(expression, point);
    return true;
  } catch (error) {
    if (error instanceof WorkLimit) throw error;
    return false;
  }
}

function isForWholeNumbers(part: MathExpression): boolean {
  return (
    part.op === 'call' &&
    /^(?:factorial|binomial|floor|ceil|gcd|lcm)$/.test(part.name) &&
    part.args.some((arg) => variablesOf(arg).size > 0)
  );
}

/** Whether one expression is the other times a number. */
export function isMultiple(a: MathExpression, b: MathExpression): boolean {
  const names = new Set([...variablesOf(a), ...variablesOf(b)]);
  const at = points(names, POSITIVE, [1, -1, 1, -1, 1]);
  try {
    const evaluator = evaluatorOf(2 * DIGITS);
    const [first, ...others] = at.map((point) => evaluator.quotient(a, b, point));
    if (first === undefined) return false;
    return others.every(
      ({ re, im }) =>
        re.minus(first.re).abs().lt(first.re.abs().times('1e-30')) && im.minus(first.im).abs().lt(first.re.abs().times('1e-30')),
    );
  } catch (error) {
    if (error instanceof WorkLimit) throw error;
    return false;
  }
}

/** Whether g is 0 where f is: f is solved for a variable in which it is of degree 1 or 2, at two points. */
function vanishesWhere(f: MathExpression, g: MathExpression, names: ReadonlySet<string>): Equality {
  for (const name of names) {
    const verdicts = points(names, POSITIVE, [1, -1]).map((point) => atRoots(f, g, name, point));
    if (verdicts.includes('unknown')) continue;
    return verdicts.includes('different') ? 'different' : 'equal';
  }
  return 'unknown';
}

function atRoots(f: MathExpression, g: MathExpression, name: string, point: Point): Equality {
  const valueAt = (x: bigint): Rational | undefined => exactValue(f, new Map([...point, [name, rational(x)]]));
  const values = [0n, 1n, 2n, 3n].map(valueAt);
  const known = values.filter((value) => value !== undefined);
  const [v0, v1, v2, v3] = known.map(toExpression);
  if (v0 === undefined || v1 === undefined || v2 === undefined || v3 === undefined) return 'unknown';
  // Third differences are 0 for degree 2 and below.
  const third = sum(sum(v3, times(-3n, v2)), sum(times(3n, v1), times(-1n, v0)));
  if (exactValue(third)?.num !== 0n) return 'unknown';
  const a = halved(sum(sum(v2, times(-2n, v1)), v0));
  const b = sum(sum(v1, times(-1n, v0)), times(-1n, a));
  for (const root of rootsOf(a, b, v0)) {
    const comparison = compareAt(substituted(g, name, root), ZERO_EXPRESSION, point);
    if (comparison !== 'equal') return comparison;
  }
  return rootsOf(a, b, v0).length > 0 ? 'equal' : 'unknown';
}

function rootsOf(a: MathExpression, b: MathExpression, c: MathExpression): MathExpression[] {
  if (exactValue(a)?.num !== 0n) {
    const discriminant = sum({ op: 'mul', args: [b, b] }, times(-4n, { op: 'mul', args: [a, c] }));
    const root: MathExpression = { op: 'call', name: 'sqrt', args: [discriminant] };
    return [root, times(-1n, root)].map((one) => ({ op: 'div', args: [sum(times(-1n, b), one), times(2n, a)] }));
  }
  return exactValue(b)?.num === 0n ? [] : [{ op: 'div', args: [times(-1n, c), b] }];
}

const ZERO_EXPRESSION = toExpression(rational(0n));

function toExpression(value: Rational): MathExpression {
  return { op: 'number', value };
}

function sum(a: MathExpression, b: MathExpression): MathExpression {
  return { op: 'add', args: [a, b] };
}

function times(n: bigint, a: MathExpression): MathExpression {
  return { op: 'mul', args: [toExpression(rational(n)), a] };
}

function halved(a: MathExpression): MathExpression {
  return { op: 'div', args: [a, toExpression(rational(2n))] };
}

function constantsOf(expression: MathExpression): string[] {
  return [...variablesOf(expression)].filter((name) => /^(?:[A-DK]|[Cc]_\d)$/.test(name)).sort();
}

/** Also small constants: x^2 + c where the other side has C. */
function smallConstantsOf(expression: MathExpression): string[] {
  const names = variablesOf(expression);
  return ['c', 'k'].filter((name) => names.has(name)).slice(0, 1);
}

function permutations(items: readonly string[]): string[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));
}
