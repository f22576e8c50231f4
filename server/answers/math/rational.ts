/** An exact fraction; the denominator is > 0 and the two need not be in lowest terms. */
export interface Rational {
  readonly num: bigint;
  readonly den: bigint;
}

/** In bits. Longer numerators and denominators are not computed exactly. 2^{20000} and 2000! still are. */
const MAX_BITS = 40_000;

export const ZERO: Rational = { num: 0n, den: 1n };
export const ONE: Rational = { num: 1n, den: 1n };

export function rational(num: bigint, den = 1n): Rational {
  return den < 0n ? { num: -num, den: -den } : { num, den };
}

export function same(a: Rational, b: Rational): boolean {
  return a.num * b.den === b.num * a.den;
}

export function add(a: Rational, b: Rational): Rational | undefined {
  return bounded(a.den === b.den ? rational(a.num + b.num, a.den) : rational(a.num * b.den + b.num * a.den, a.den * b.den));
}

export function multiply(a: Rational, b: Rational): Rational | undefined {
  return bounded(rational(a.num * b.num, a.den * b.den));
}

export function divide(a: Rational, b: Rational): Rational | undefined {
  return b.num === 0n ? undefined : bounded(rational(a.num * b.den, a.den * b.num));
}

export function negate(a: Rational): Rational {
  return { num: -a.num, den: a.den };
}

/** a^n for a whole n; undefined when it is too large to be written down, and for 0 to a power below 1. */
export function power(a: Rational, n: bigint): Rational | undefined {
  const size = n < 0n ? -n : n;
  if (a.num === 0n) return n > 0n ? ZERO : undefined;
  if (size > BigInt(MAX_BITS) && !(abs(a.num) === 1n && a.den === 1n)) return undefined;
  if (abs(a.num) === 1n && a.den === 1n) return size % 2n === 0n ? ONE : a;
  if (Math.max(bits(a.num), bits(a.den)) * Number(size) > MAX_BITS) return undefined;
  const raised = { num: a.num ** size, den: a.den ** size };
  return n < 0n ? rational(raised.den, raised.num) : raised;
}

/** n! for a whole n of at most 3000. */
export function factorial(n: Rational): Rational | undefined {
  if (n.num % n.den !== 0n || n.num < 0n || n.num / n.den > 3000n) return undefined;
  let product = 1n;
  for (let i = n.num / n.den; i > 1n; i--) product *= i;
  return { num: product, den: 1n };
}

export function floor(a: Rational): Rational {
  const whole = a.num / a.den;
  return { num: a.num < 0n && whole * a.den !== a.num ? whole - 1n : whole, den: 1n };
}

/** Reads the digits of a double such as 0.3048 or 1e-15 as they are printed. */
export function fromDecimal(text: string): Rational {
  const [mantissa, exponent = '0'] = text.toLowerCase().split('e') as [string, string?];
  const [whole, decimals = ''] = mantissa.split('.') as [string, string?];
  const shift = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  return shift >= 0 ? { num: digits * 10n ** BigInt(shift), den: 1n } : { num: digits, den: 10n ** BigInt(-shift) };
}

export function isWhole(a: Rational): boolean {
  return a.num % a.den === 0n;
}

export function toNumber(a: Rational): number {
  const whole = a.num / a.den;
  return Number(whole) + Number(((a.num - whole * a.den) * 10n ** 20n) / a.den) / 1e20;
}

/** Whether the decimal never ends: the denominator in lowest terms has a prime factor other than 2 and 5. */
export function hasNoLastDigit({ num, den }: Rational): boolean {
  // 10^k contains every 2 and 5 that a denominator with this many digits can have.
  return (num * 10n ** BigInt(4 * den.toString().length)) % den !== 0n;
}

function bounded(a: Rational): Rational | undefined {
  return bits(a.num) > MAX_BITS || bits(a.den) > MAX_BITS ? undefined : a;
}

function bits(n: bigint): number {
  return abs(n).toString(16).length * 4;
}

function abs(n: bigint): bigint {
  return n < 0n ? -n : n;
}
