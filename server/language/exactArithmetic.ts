/** A wrong result that a text states for a calculation, and the exact right one. */
export interface WrongResult {
  /** Start of the stated result in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly calculation: string;
  readonly right: string;
}

/** A fraction; the denominator is > 0. */
interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

const numeral = String.raw`\d{1,15}(?:,\d{3})*(?:\.\d{1,12})?`;
/**
 * Matches `2 + 3 * 4 = 14`: numbers and operators only, without a unit, a variable or another calculation around them.
 * A quotation mark or a line break of JSON may follow.
 */
const statement = new RegExp(
  String.raw`(?<![\w.,^_/*+\-×÷·\\(%])(-?${numeral}(?:\s*[-+*/×÷]\s*${numeral}){1,8})\s*=\s*\$?(-?${numeral})(?![\w%^,.]*\d|\s*[-+*/×÷^%=(]|\s*\\(?!"|n[^a-z]))`,
  'g',
);

/** Matches a date, which looks like a subtraction. */
const date = /^\d{4}-\d{1,2}-\d{1,2}$/;

/** Finds calculations with a wrong stated result if the right one is a whole number or a terminating decimal. */
export function wrongResults(text: string): WrongResult[] {
  const found: WrongResult[] = [];
  for (const match of text.matchAll(statement)) {
    const [whole, calculation, stated] = match as unknown as [string, string, string];
    if (date.test(calculation)) continue;
    const value = evaluate(calculation);
    if (value === undefined) continue;
    const right = decimal(value);
    if (right === undefined || compare(value, fraction(stated)) === 0) continue;
    // 3.33 for 3.333 is rounded, not wrong.
    if (isRounded(stated, value)) continue;
    const end = match.index + whole.length;
    found.push({ start: end - stated.length, end, calculation: calculation.replace(/\s+/g, ' '), right });
  }
  return found;
}

/** Evaluates products and quotients first, from left to right. undefined for a division by 0. */
function evaluate(calculation: string): Fraction | undefined {
  const parts = [...calculation.matchAll(new RegExp(String.raw`([-+*/×÷])?\s*(${numeral})`, 'g'))];
  let sum: Fraction = { top: 0n, bottom: 1n };
  let product: Fraction = { top: 0n, bottom: 1n };
  for (const [, operator = '+', digits] of parts as unknown as [string, string | undefined, string][]) {
    const value = fraction(digits);
    if (operator === '+' || operator === '-') {
      sum = add(sum, product);
      product = operator === '-' ? { top: -value.top, bottom: value.bottom } : value;
    } else if (operator === '*' || operator === '×') product = times(product, value);
    else if (value.top === 0n) return undefined;
    else product = times(product, { top: value.bottom, bottom: value.top });
  }
  return add(sum, product);
}

function fraction(digits: string): Fraction {
  const [whole = '0', decimals = ''] = digits.replaceAll(',', '').split('.');
  return { top: BigInt(whole + decimals), bottom: 10n ** BigInt(decimals.length) };
}

function add(a: Fraction, b: Fraction): Fraction {
  return { top: a.top * b.bottom + b.top * a.bottom, bottom: a.bottom * b.bottom };
}

function times(a: Fraction, b: Fraction): Fraction {
  return { top: a.top * b.top, bottom: a.bottom * b.bottom };
}

function compare(a: Fraction, b: Fraction): number {
  const difference = a.top * b.bottom - b.top * a.bottom;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Formats a number with as few decimals as it needs, at most 6; undefined for a number that needs more. */
function decimal({ top, bottom }: Fraction): string | undefined {
  for (let digits = 0; digits <= 6; digits++) {
    const scale = 10n ** BigInt(digits);
    if ((top * scale) % bottom !== 0n) continue;
    const scaled = (top * scale) / bottom;
    const text = (scaled < 0n ? -scaled : scaled).toString().padStart(digits + 1, '0');
    const sign = scaled < 0n ? '-' : '';
    return digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
  }
  return undefined;
}

/** Whether a stated decimal is the value rounded to as many decimals. Whole numbers never count as rounded. */
function isRounded(stated: string, value: Fraction): boolean {
  const digits = stated.split('.')[1]?.length ?? 0;
  if (digits === 0) return false;
  const one = fraction(stated);
  const distance = add(value, { top: -one.top, bottom: one.bottom });
  const size = distance.top < 0n ? -distance.top : distance.top;
  return size * 2n * 10n ** BigInt(digits) <= distance.bottom;
}
