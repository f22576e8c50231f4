import { Decimal } from 'decimal.js';
import { english } from '../../l10n.js';
import { itemAt } from '../../reasoning/present.js';
import type { FunctionName, MathExpression } from './expression.js';
import { add, divide, factorial, floor, isWhole, multiply, negate, ONE, power, type Rational, same, ZERO } from './rational.js';

/** Values of variables. */
export type Point = ReadonlyMap<string, Rational>;

/** The exact value of an expression, if arithmetic on fractions finds one; else undefined. */
export function exactValue(expression: MathExpression, point?: Point): Rational | undefined {
  spend(0.002);
  const at = (part: MathExpression): Rational | undefined => exactValue(part, point);
  switch (expression.op) {
    case 'number':
      return expression.value;
    case 'variable':
      return point?.get(expression.name);
    case 'constant':
      return undefined;
    case 'neg': {
      const value = at(expression.args[0]);
      return value && negate(value);
    }
    case 'call':
      return exactCall(expression.name, expression.args.map(at));
    default: {
      const [a, b] = [at(expression.args[0]), at(expression.args[1])];
      if (a === undefined || b === undefined) return undefined;
      if (expression.op === 'add') return add(a, b);
      if (expression.op === 'mul') return multiply(a, b);
      if (expression.op === 'div') return divide(a, b);
      return isWhole(b) ? power(a, b.num / b.den) : exactRoot(power(a, b.num), b.den);
    }
  }
}

function exactCall(name: FunctionName, args: readonly (Rational | undefined)[]): Rational | undefined {
  const [a, b] = args;
  if (a === undefined || args.includes(undefined)) return undefined;
  switch (name) {
    case 'abs':
      return a.num < 0n ? negate(a) : a;
    case 'floor':
      return floor(a);
    case 'ceil':
      return negate(floor(negate(a)));
    case 'factorial':
      return factorial(a);
    case 'binomial':
      return b && binomial(a, b);
    case 'sqrt':
      return exactRoot(a, 2n);
    case 'root':
      return b && isWhole(b) ? exactRoot(a, b.num / b.den) : undefined;
    case 'log': {
      const digits = a.den === 1n && a.num > 0n && /^10*$/.test(a.num.toString()) ? a.num.toString().length - 1 : undefined;
      return digits === undefined ? undefined : { num: BigInt(digits), den: 1n };
    }
    case 'ln':
      return same(a, ONE) ? ZERO : undefined;
    case 'max':
    case 'min':
      return (args as Rational[]).reduce((x, y) => (x.num * y.den > y.num * x.den === (name === 'max') ? x : y));
    case 'mod':
      return b && isWhole(a) && isWhole(b) && b.num > 0n ? modulo(a, b) : undefined;
    case 'gcd':
    case 'lcm':
      return (args as Rational[]).every((arg) => isWhole(arg) && arg.num > 0n)
        ? (args as Rational[]).reduce((x, y) => shared(x, y, name))
        : undefined;
    default:
      return undefined;
  }
}

/** The remainder that is not negative. */
function modulo(a: Rational, b: Rational): Rational {
  const [m, n] = [a.num / a.den, b.num / b.den];
  return { num: ((m % n) + n) % n, den: 1n };
}

function shared(x: Rational, y: Rational, name: 'gcd' | 'lcm'): Rational {
  const [m, n] = [x.num / x.den, y.num / y.den];
  let [a, b] = [m, n];
  while (b > 0n) [a, b] = [b, a % b];
  return { num: name === 'gcd' ? a : (m / a) * n, den: 1n };
}

function binomial(n: Rational, k: Rational): Rational | undefined {
  if (!isWhole(n) || !isWhole(k)) return undefined;
  const [top, bottom] = [n.num / n.den, k.num / k.den];
  if (top < 0n || bottom < 0n) return undefined;
  if (bottom > top) return ZERO;
  const steps = bottom < top - bottom ? bottom : top - bottom;
  if (steps > 2000n) return undefined;
  let value = 1n;
  for (let i = 1n; i <= steps; i++) value = (value * (top - steps + i)) / i;
  return { num: value, den: 1n };
}

/** The n-th root, if it is a real fraction. */
function exactRoot(a: Rational | undefined, n: bigint): Rational | undefined {
  if (a === undefined || n < 2n || n > 64n || a.num < 0n) return undefined;
  if (a.num.toString().length + a.den.toString().length > 300) return undefined;
  const num = wholeRoot(a.num, n);
  const den = wholeRoot(a.den, n);
  if (num !== undefined && den !== undefined) return { num, den };
  // 8/18 is not in lowest terms: its root is that of 8 * 18 over 18.
  const product = n === 2n ? wholeRoot(a.num * a.den, n) : undefined;
  return product === undefined ? undefined : { num: product, den: a.den };
}

function wholeRoot(a: bigint, n: bigint): bigint | undefined {
  if (a < 2n) return a;
  let low = 1n;
  let high = 1n << BigInt(Math.ceil((a.toString(2).length + 1) / Number(n)) + 1);
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (middle ** n < a) low = middle + 1n;
    else high = middle;
  }
  return low ** n === a ? low : undefined;
}

/** A complex number. */
interface Complex {
  readonly re: Decimal;
  readonly im: Decimal;
}

/** The comparison takes more work than an answer is worth. */
export class WorkLimit extends Error {}

/** Work of one comparison of answers: one unit is a function such as sine to 40 digits, some 0.1 ms. */
const MAX_WORK = 1000;
/** Comparisons do not overlap: they are synchronous. */
let work = 0;

/** Begins another comparison. The limit is on work, not on time, so that a verdict is the same on every machine. */
export function startWork(): void {
  work = 0;
}

/** Throws WorkLimit. */
export function spend(units: number): void {
  work += units;
  if (work > MAX_WORK) throw new WorkLimit(english('The comparison takes too much work.'));
}

/** The value cannot be computed: undefined, infinite or too large. */
export class NoValue extends Error {}

/** Arithmetic with a number of digits. `e` and `log` are as in school: log is to the base 10 unless `naturalLog`. */
class Evaluator {
  readonly #Decimal: typeof Decimal;
  readonly #pi: Decimal;
  readonly #naturalLog: boolean;
  readonly #cost: number;

  constructor(digits: number, naturalLog = false) {
    this.#Decimal = Decimal.clone({ precision: digits, maxE: 2_000_000, minE: -2_000_000 });
    this.#pi = this.#Decimal.acos(-1);
    this.#naturalLog = naturalLog;
    this.#cost = Math.max(1, digits / 30) ** 1.5;
  }

  /** |a - b|, with the size of the larger one. Throws NoValue. */
  difference(a: MathExpression, b: MathExpression, point?: Point): { readonly difference: Decimal; readonly size: Decimal } {
    const [x, y] = [this.#value(a, point), this.#value(b, point)];
    return { difference: this.#size(this.#minus(x, y)), size: this.#Decimal.max(this.#size(x), this.#size(y)) };
  }

  /** a / b. Throws NoValue. */
  quotient(a: MathExpression, b: MathExpression, point: Point): Complex {
    return this.#divide(this.#value(a, point), this.#value(b, point));
  }

  /** The value of an expression that is real. Throws NoValue. */
  real(expression: MathExpression, point?: Point): Decimal {
    const { re, im } = this.#value(expression, point);
    if (!im.isZero() && im.abs().gt(re.abs().plus(1).times('1e-15'))) throw new NoValue();
    return re;
  }

  complex(expression: MathExpression, point?: Point): Complex {
    return this.#value(expression, point);
  }

  #value(expression: MathExpression, point?: Point): Complex {
    spend(0.02 * this.#cost);
    const exact = exactValue(expression, point);
    if (exact !== undefined) return this.#whole(this.#fromRational(exact));
    switch (expression.op) {
      case 'constant':
        if (expression.name === 'infinity') throw new NoValue();
        if (expression.name === 'i') return { re: this.#number(0), im: this.#number(1) };
        return this.#whole(expression.name === 'pi' ? this.#pi : this.#Decimal.exp(1));
      case 'neg': {
        const { re, im } = this.#value(expression.args[0], point);
        return { re: re.neg(), im: im.neg() };
      }
      case 'call':
        return this.#checked(
          this.#call(
            expression.name,
            expression.args.map((arg) => this.#value(arg, point)),
          ),
        );
      case 'add':
      case 'mul':
      case 'div':
      case 'pow': {
        const [a, b] = [this.#value(expression.args[0], point), this.#value(expression.args[1], point)];
        if (expression.op === 'add') return this.#checked({ re: a.re.plus(b.re), im: a.im.plus(b.im) });
        if (expression.op === 'mul') return this.#checked(this.#times(a, b));
        return this.#checked(expression.op === 'div' ? this.#divide(a, b) : this.#power(a, b));
      }
      default:
        throw new NoValue();
    }
  }

  #call(name: FunctionName, args: readonly Complex[]): Complex {
    spend(this.#cost);
    const a = itemAt(args, 0);
    switch (name) {
      case 'sqrt':
        return this.#power(a, this.#whole(this.#number(0.5)));
      case 'root':
        return this.#root(a, itemAt(args, 1));
      case 'abs':
        return this.#whole(this.#size(a));
      case 'exp':
        return this.#exp(a);
      case 'ln':
        return this.#ln(a);
      case 'log':
        return this.#naturalLog ? this.#ln(a) : this.#divide(this.#ln(a), this.#whole(this.#Decimal.ln(10)));
      case 'floor':
        return this.#whole(this.#realOf(a).floor());
      case 'ceil':
        return this.#whole(this.#realOf(a).ceil());
      case 'max':
        return this.#whole(this.#Decimal.max(...args.map((arg) => this.#realOf(arg))));
      case 'min':
        return this.#whole(this.#Decimal.min(...args.map((arg) => this.#realOf(arg))));
      default:
        return this.#trigonometric(name, a);
    }
  }

  #trigonometric(name: FunctionName, a: Complex): Complex {
    const x = this.#realOf(a);
    if (x.abs().gt('1e15')) throw new NoValue();
    const inverse = (value: Decimal): Complex => {
      if (value.isZero()) throw new NoValue();
      return this.#whole(this.#number(1).div(value));
    };
    switch (name) {
      case 'sin':
        return this.#whole(x.sin());
      case 'cos':
        return this.#whole(x.cos());
      case 'tan':
        return this.#whole(x.sin().div(x.cos()));
      case 'cot':
        return this.#whole(x.cos().div(x.sin()));
      case 'sec':
        return inverse(x.cos());
      case 'csc':
        return inverse(x.sin());
      case 'arcsin':
        return this.#whole(x.asin());
      case 'arccos':
        return this.#whole(x.acos());
      case 'arctan':
        return this.#whole(x.atan());
      case 'sinh':
        return this.#whole(x.sinh());
      case 'cosh':
        return this.#whole(x.cosh());
      case 'tanh':
        return this.#whole(x.tanh());
      default:
        throw new NoValue();
    }
  }

  /** A real odd root of a negative number is real, as in school. */
  #root(a: Complex, index: Complex): Complex {
    const n = this.#realOf(index);
    if (a.im.isZero() && a.re.isNeg() && n.isInt() && !n.mod(2).isZero()) {
      const { re } = this.#power({ re: a.re.neg(), im: a.im }, this.#divide(this.#whole(this.#number(1)), index));
      return this.#whole(re.neg());
    }
    return this.#power(a, this.#divide(this.#whole(this.#number(1)), index));
  }

  #power(a: Complex, b: Complex): Complex {
    if (a.re.isZero() && a.im.isZero()) {
      if (b.im.isZero() && b.re.gt(0)) return a;
      throw new NoValue();
    }
    if (b.im.isZero() && a.im.isZero() && (b.re.isInt() || a.re.gt(0))) {
      if (b.re.abs().gt(1e6)) throw new NoValue();
      return this.#whole(this.#Decimal.pow(a.re, b.re));
    }
    if (a.im.isZero() && a.re.isNeg() && b.im.isZero() && b.re.eq(0.5)) return { re: this.#number(0), im: a.re.neg().sqrt() };
    if (b.im.isZero() && b.re.isInt() && b.re.abs().lte(64)) return this.#wholePower(a, b.re.toNumber());
    spend(2 * this.#cost);
    return this.#exp(this.#times(this.#ln(a), b));
  }

  #wholePower(a: Complex, n: number): Complex {
    let result = this.#whole(this.#number(1));
    for (let i = 0; i < Math.abs(n); i++) result = this.#times(result, a);
    return n < 0 ? this.#divide(this.#whole(this.#number(1)), result) : result;
  }

  #exp({ re, im }: Complex): Complex {
    if (re.abs().gt(1e6) || im.abs().gt(1e15)) throw new NoValue();
    const size = re.exp();
    return im.isZero() ? this.#whole(size) : { re: size.times(im.cos()), im: size.times(im.sin()) };
  }

  #ln(a: Complex): Complex {
    const size = this.#size(a);
    if (size.isZero()) throw new NoValue();
    const angle = a.im.isZero() ? (a.re.isNeg() ? this.#pi : this.#number(0)) : this.#Decimal.atan2(a.im, a.re);
    return { re: size.ln(), im: angle };
  }

  #realOf({ re, im }: Complex): Decimal {
    if (!im.isZero()) throw new NoValue();
    return re;
  }

  #minus(a: Complex, b: Complex): Complex {
    return { re: a.re.minus(b.re), im: a.im.minus(b.im) };
  }

  #times(a: Complex, b: Complex): Complex {
    if (a.im.isZero() && b.im.isZero()) return this.#whole(a.re.times(b.re));
    return { re: a.re.times(b.re).minus(a.im.times(b.im)), im: a.re.times(b.im).plus(a.im.times(b.re)) };
  }

  #divide(a: Complex, b: Complex): Complex {
    if (b.im.isZero()) {
      if (b.re.isZero()) throw new NoValue();
      return { re: a.re.div(b.re), im: a.im.div(b.re) };
    }
    const size = b.re.times(b.re).plus(b.im.times(b.im));
    const product = this.#times(a, { re: b.re, im: b.im.neg() });
    return { re: product.re.div(size), im: product.im.div(size) };
  }

  #size({ re, im }: Complex): Decimal {
    return im.isZero() ? re.abs() : re.times(re).plus(im.times(im)).sqrt();
  }

  #checked(value: Complex): Complex {
    if (!value.re.isFinite() || !value.im.isFinite()) throw new NoValue();
    return value;
  }

  #fromRational({ num, den }: Rational): Decimal {
    if (num.toString().length > 15_000 || den.toString().length > 15_000) throw new NoValue();
    return den === 1n ? this.#number(num.toString()).plus(0) : this.#number(num.toString()).div(den.toString());
  }

  #number(value: number | string): Decimal {
    return new this.#Decimal(value);
  }

  #whole(re: Decimal): Complex {
    return { re, im: this.#number(0) };
  }
}

const evaluators = new Map<string, Evaluator>();

/** An evaluator with at least this many digits. */
export function evaluatorOf(digits: number, naturalLog = false): Evaluator {
  const rounded = Math.ceil(digits / 8) * 8;
  const key = `${rounded} ${naturalLog}`;
  const evaluator = evaluators.get(key) ?? new Evaluator(rounded, naturalLog);
  evaluators.set(key, evaluator);
  return evaluator;
}
