/** An exact number as it was written. */
export interface Written {
  /** Numerator; the sign is here. */
  readonly num: bigint;
  /** Denominator, > 0. */
  readonly den: bigint;
  /** Digits behind the decimal point; undefined when it is written without one (a whole number or fraction: exact). */
  readonly decimals?: number;
  /** Digits from the first that is not 0, of a decimal. */
  readonly digits?: number;
}

const MAX_DIGITS = 300;
const UNITS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** Whole and decimal numbers with any usual thousands separator; the separators of one number are all the same. */
const PLAIN = /^([+-]?)\s*(\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d{1,3}(?:,\d{2})+,\d{3}|\d*)(?:\.(\d*))?$/;

/**
 * Reads a number: `-1,234.50`, `3/4`, `\frac{3}{4}`, `3 1/2`, `3\frac{1}{2}`, `1.2e3`, `1.2 \times 10^{3}`, `twenty-one`.
 * Undefined when the text is anything else, or too large to write down. A mixed number's fraction must be below 1.
 */
export function readNumber(text: string): Written | undefined {
  if (text.length > MAX_DIGITS) return undefined;
  const trimmed = text
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .trim();
  return plain(trimmed) ?? fraction(trimmed) ?? mixed(trimmed) ?? scientific(trimmed) ?? counted(trimmed) ?? words(trimmed.toLowerCase());
}

export function rational(num: bigint, den: bigint): Written {
  return den < 0n ? { num: -num, den: -den } : { num, den };
}

/** a - b = 0? */
export function same(a: Written, b: Written): boolean {
  return a.num * b.den === b.num * a.den;
}

export function scaled(a: Written, factor: Written): Written {
  return rational(a.num * factor.num, a.den * factor.den);
}

/** Whether `short`, a decimal, is `long` rounded to its decimals (either way at a half). */
export function isRounding(short: Written, long: Written): boolean {
  if (short.decimals === undefined) return false;
  const difference = short.num * long.den - long.num * short.den;
  const size = difference < 0n ? -difference : difference;
  return 2n * size * 10n ** BigInt(short.decimals) <= short.den * long.den;
}

/** Whether its decimal goes on for ever: its denominator in lowest terms has another prime factor than 2 and 5. */
export function hasNoLastDigit({ num, den }: Written): boolean {
  // 10^k holds every 2 and 5 that a denominator of so many digits can have.
  return (num * 10n ** BigInt(4 * den.toString().length)) % den !== 0n;
}

export function toNumber(a: Written): number {
  const whole = a.num / a.den;
  return Number(whole) + Number(((a.num - whole * a.den) * 10n ** 20n) / a.den) / 1e20;
}

function plain(text: string): Written | undefined {
  const match = PLAIN.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, decimals] = match;
  const digits = `${whole!.replace(/[ ,]/g, '')}${decimals ?? ''}`;
  if (digits === '') return undefined;
  const num = BigInt(`${digits}`) * (sign === '-' ? -1n : 1n);
  if (decimals === undefined || decimals === '') return { num, den: 1n };
  return { num, den: 10n ** BigInt(decimals.length), decimals: decimals.length, digits: digits.replace(/^0+/, '').length };
}

function fraction(text: string): Written | undefined {
  const match =
    /^([+-]?)\s*\\frac\s*\{([^{}]+)\}\s*\{([^{}]+)\}$/.exec(text) ?? /^([+-]?)\s*\(?\s*([^/()]+?)\s*\/\s*([^/()]+?)\s*\)?$/.exec(text);
  if (match === null) return undefined;
  const num = plain(match[2]!.trim());
  const den = plain(match[3]!.trim());
  if (num === undefined || den === undefined || den.num === 0n) return undefined;
  return rational((match[1] === '-' ? -1n : 1n) * num.num * den.den, num.den * den.num);
}

function mixed(text: string): Written | undefined {
  const match =
    /^([+-]?)\s*(\d+)\s*(?:(?:\s|\band\b|-)\s*)?(\\frac\s*\{\d+\}\s*\{\d+\})$/.exec(text) ??
    /^([+-]?)\s*(\d+)(?:\s+and\s+|\s+|-)(\d+\s*\/\s*\d+)$/.exec(text);
  if (match === null) return undefined;
  const part = fraction(match[3]!);
  if (part === undefined || part.num >= part.den) return undefined;
  const num = BigInt(match[2]!) * part.den + part.num;
  return rational(match[1] === '-' ? -num : num, part.den);
}

function scientific(text: string): Written | undefined {
  const match =
    /^([+-]?[\d.,]+)\s*(?:e\s*([+-]?\d+)|(?:\\times|\\cdot|\*|x)\s*10\s*\^\s*\{?\s*([+-]?\d+)\s*\}?)$/i.exec(text) ??
    /^()10\s*\^\s*(?:\{\s*([+-]?\d+)\s*\}|([+-]?\d+))$/.exec(text);
  if (match === null) return undefined;
  const factor = match[1] === '' ? { num: 1n, den: 1n } : plain(match[1]!);
  const exponent = Number(match[2] ?? match[3]);
  if (factor === undefined || Math.abs(exponent) > MAX_DIGITS) return undefined;
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0 ? rational(factor.num, factor.den * power) : rational(factor.num * power, factor.den);
}

/** `1.5 million` */
function counted(text: string): Written | undefined {
  const match = /^(.*\d)\s*(hundred|thousand|million|billion)$/i.exec(text);
  const number = match === null ? undefined : plain(match[1]!);
  const power = { hundred: 100n, thousand: 1000n, million: 10n ** 6n, billion: 10n ** 9n }[match?.[2]?.toLowerCase() ?? ''];
  return number && power !== undefined ? scaled(number, { num: power, den: 1n }) : undefined;
}

/** English number words up to the millions. */
function words(text: string): Written | undefined {
  if (!/^(?:minus |negative )?[a-z][a-z -]*$/.test(text)) return undefined;
  const negative = /^(?:minus|negative) /.test(text);
  let total = 0;
  let group = 0;
  for (const word of text.replace(/^(?:minus|negative) /, '').split(/[\s-]+/)) {
    if (word === 'and' && total + group > 0) continue;
    if (UNITS.includes(word)) group += UNITS.indexOf(word);
    else if (TENS.includes(word)) group += 10 * (TENS.indexOf(word) + 2);
    else if (word === 'hundred' && group > 0) group *= 100;
    else if ((word === 'thousand' || word === 'million') && group > 0) {
      total += group * (word === 'thousand' ? 1e3 : 1e6);
      group = 0;
    } else return undefined;
  }
  return { num: BigInt(negative ? -(total + group) : total + group), den: 1n };
}
