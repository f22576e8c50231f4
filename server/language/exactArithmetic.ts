/** A wrong result of a calculation that a text states, and the right one, which is exact. */
export interface WrongResult {
  /** Of the result in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly calculation: string;
  readonly right: string;
}

/** A number of numerator and denominator, the denominator > 0. */
interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

const numeral = String.raw`\d{1,15}(?:,\d{3})*(?:\.\d{1,12})?`;
/** `2 + 3 * 4 = 14`: numbers and operators only, and neither a unit, a variable nor a further calculation around them; a quotation mark or a line break of JSON may follow. */
const statement = new RegExp(
  String.raw`(?<![\w.,^_/*+\-×÷·\\(%])(-?${numeral}(?:\s*[-+*/×÷]\s*${numeral}){1,8})\s*=\s*\$?(-?${numeral})(?![\w%^,.]*\d|\s*[-+*/×÷^%=(]|\s*\\(?!"|n[^a-z]))`,
  'g',
);

/** A date has the looks of a difference. */
const date = /^\d{4}-\d{1,2}-\d{1,2}$/;

/** The calculations of a text whose stated result is wrong, where the right one is a whole number or a decimal that ends. */
export function wrongResults(text: string): WrongResult[] {
  const found: WrongResult[] = [];
  for (const match of text.matchAll(statement)) {
    const [whole, calculation, stated] = match as unknown as [string, string, string];
    if (date.test(calculation)) continue;
    const value = evaluate(calculation);
    if (value === undefined) continue;
    const right = decimal(value);
    if (right === undefined || compare(value, fraction(stated)) === 0) continue;
    // 3.33 for 3.333 is rounded, not wrong; a result that ends is written whole.
    if (isRounded(stated, value)) continue;
    const end = match.index + whole.length;
    found.push({ start: end - stated.length, end, calculation: calculation.replace(/\s+/g, ' '), right });
  }
  return found;
}

/** The usual order: products and quotients first, from the left. undefined where something is divided by 0. */
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

/** As few decimals as it takes, at most 6; undefined for a number that does not end by then. */
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

/** Whether a stated decimal is the value to its own number of decimals: whole numbers are never taken for rounded ones. */
function isRounded(stated: string, value: Fraction): boolean {
  const digits = stated.split('.')[1]?.length ?? 0;
  if (digits === 0) return false;
  const one = fraction(stated);
  const distance = add(value, { top: -one.top, bottom: one.bottom });
  const size = distance.top < 0n ? -distance.top : distance.top;
  return size * 2n * 10n ** BigInt(digits) <= distance.bottom;
}
