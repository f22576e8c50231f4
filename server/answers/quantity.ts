import { hasNoLastDigit, isRounding, readNumber, same, scaled, type Written } from './rational.js';
import { readUnit, type Unit } from './units.js';

/** A number with what stands around it. */
export interface Quantity {
  readonly number: Written;
  readonly percent: boolean;
  readonly unit?: Unit;
  /** Words that are no unit we know: "apples", without plural s. */
  readonly noun?: string;
}

const CURRENCY = /^(US\$|[$€£¥₹]|USD|EUR|GBP|Rs\.?)\s*/;

/** Reads `$1,250.00`, `12 cm`, `3 1/2 hours`, `45 %`, `30°`, `12 red apples`. */
export function readQuantity(text: string): Quantity | undefined {
  const sign = /^[+-]\s*(?=[^\d\s])/.exec(text)?.[0] ?? '';
  const currency = CURRENCY.exec(text.slice(sign.length));
  if (currency !== null) {
    const number = readNumber(sign + text.slice(sign.length + currency[0].length).replace(/\s*(?:dollars?|USD)$/i, ''));
    const unit = readUnit(currency[1]!.replace(/^US\$/, '$').replace(/\.$/, ''));
    return number && { number, percent: false, ...(unit && { unit }) };
  }
  const bare = readNumber(text);
  if (bare !== undefined) return { number: bare, percent: false };
  const percent = /^(.*?)\s*(?:%|percent|per cent)$/i.exec(text);
  if (percent !== null) {
    const number = readNumber(percent[1]!);
    return number && { number, percent: true };
  }
  return withUnit(text);
}

/** A number with a known unit, or with one to four words behind a blank; a lone letter must stand behind one too: 5m is a product. */
function withUnit(text: string): Quantity | undefined {
  // The shortest number first: "3 1/2 hours" is not 3 with the unit "1/2 hours", as units start with a letter or sign.
  for (const match of text.matchAll(/(?<=[\d})])\s*(?=[a-zA-Z°¢€£¥₹])|(?<=[a-z])\s+(?=[a-z])/g)) {
    const number = readNumber(text.slice(0, match.index));
    const phrase = text.slice(match.index).trim();
    if (number === undefined) continue;
    const unit = readUnit(phrase);
    const spaced = match[0] !== '';
    if (unit !== undefined && (spaced || phrase.length > 1 || phrase === '°')) return { number, percent: false, unit };
    if (spaced && /^[a-zA-Z][a-zA-Z'-]{2,}(?: [a-zA-Z][a-zA-Z'-]+){0,3}$/.test(phrase))
      return { number, percent: false, noun: phrase.toLowerCase().replace(/(?:(?<=[sxh])e)?s$/, '') };
  }
  return undefined;
}

/** An expression with a known unit behind a blank: `2\sqrt{3} cm`. */
export function splitUnit(text: string): { readonly body: string; readonly unit: Unit } | undefined {
  const match = /^(.*[\d})a-z])\s+((?:square |cubic |sq |cu )?[a-zA-Z]+(?:\^\{?[23]\}?)?)$/.exec(text);
  const unit = match === null ? undefined : readUnit(match[2]!);
  return unit && { body: match![1]!, unit };
}

/** How the units of two numbers or expressions relate, each may have none. */
export function unitsAgree(a: Unit | undefined, b: Unit | undefined): boolean | 'convertible' {
  if (a === undefined || b === undefined) return true;
  return a.dimension === b.dimension && (same(a.factor, b.factor) || 'convertible');
}

export type QuantityVerdict = {
  readonly verdict: 'right' | 'wrong' | 'undecided';
  readonly method: 'number' | 'unit' | 'percent' | 'rounded' | 'rounding';
};

/**
 * Compares two quantities exactly, after conversion to the same unit. A unit or percent sign on one side only is taken as
 * left out on the other. For rounded numbers see `compareRounded`.
 */
export function compareQuantities(answer: Quantity, reference: Quantity): QuantityVerdict {
  if (answer.percent !== reference.percent) return comparePercent(answer, reference);
  const units = compareUnits(answer, reference);
  if (units === 'different') return { verdict: 'wrong', method: 'unit' };
  const [a, r] =
    units === 'convert'
      ? [scaled(answer.number, answer.unit!.factor), scaled(reference.number, reference.unit!.factor)]
      : [answer.number, reference.number];
  if (same(a, r))
    return units === 'unknown'
      ? { verdict: 'undecided', method: 'unit' }
      : { verdict: 'right', method: units === 'same' ? 'number' : 'unit' };
  if (units === 'unknown') return { verdict: 'undecided', method: 'unit' };
  if (units !== 'convert') return compareRounded(a, r);
  return isClose(a, r) ? { verdict: 'undecided', method: 'rounding' } : { verdict: 'wrong', method: 'unit' };
}

function compareUnits(a: Quantity, b: Quantity): 'same' | 'dropped' | 'convert' | 'different' | 'unknown' {
  if (a.unit && b.unit) {
    if (a.unit.dimension !== b.unit.dimension) return 'different';
    return same(a.unit.factor, b.unit.factor) ? 'same' : 'convert';
  }
  if (a.noun !== undefined && b.noun !== undefined) return a.noun === b.noun ? 'same' : 'unknown';
  if ((a.unit && b.noun !== undefined) || (b.unit && a.noun !== undefined)) return 'unknown';
  return a.unit || b.unit || a.noun !== undefined || b.noun !== undefined ? 'dropped' : 'same';
}

/** 45 % against 45 (the sign left out) or 0.45 (the share); at or below 1 the two readings cannot be told apart. */
function comparePercent(answer: Quantity, reference: Quantity): QuantityVerdict {
  const [percent, other] = answer.percent ? [answer.number, reference.number] : [reference.number, answer.number];
  if (answer.unit || reference.unit || answer.noun !== undefined || reference.noun !== undefined)
    return { verdict: 'undecided', method: 'percent' };
  if (same(scaled(percent, { num: 1n, den: 100n }), other)) return { verdict: 'right', method: 'percent' };
  const above1 = percent.num > percent.den || -percent.num > percent.den;
  if (same(percent, other)) return above1 ? { verdict: 'right', method: 'percent' } : { verdict: 'undecided', method: 'percent' };
  const share = {
    ...scaled(percent, { num: 1n, den: 100n }),
    decimals: (percent.decimals ?? 0) + 2,
    digits: percent.digits ?? String(percent.num).length,
  };
  const readings = [share, percent].map(
    (reading) => (answer.percent ? compareRounded(reading, other) : compareRounded(other, reading)).verdict,
  );
  return { verdict: readings.includes('right') ? 'right' : readings.includes('undecided') ? 'undecided' : 'wrong', method: 'percent' };
}

/**
 * A decimal for a number that no decimal can write (1/3, \pi): right from two decimals and four digits on (a reference's
 * own rounding: three digits), below that undecided, as is one decimal that is another one rounded: it may be that rounding
 * was asked for, and it may be an error. `isEndless`: whether the number that is not the shorter decimal has no last digit.
 */
export function compareRounded(answer: Written, reference: Written, isEndless?: boolean): QuantityVerdict {
  const shown = (decimal: Written, digits: number): QuantityVerdict =>
    decimal.decimals! >= 2 && decimal.digits! >= digits
      ? { verdict: 'right', method: 'rounded' }
      : { verdict: 'undecided', method: 'rounding' };
  if (isRounding(answer, reference))
    return (isEndless ?? hasNoLastDigit(reference)) ? shown(answer, 4) : { verdict: 'undecided', method: 'rounding' };
  if (isRounding(reference, answer))
    return (isEndless ?? hasNoLastDigit(answer)) ? shown(reference, 3) : { verdict: 'undecided', method: 'rounding' };
  return isWholeRounding(answer, reference) ? { verdict: 'undecided', method: 'rounding' } : { verdict: 'wrong', method: 'number' };
}

/** Within a hundredth: after a conversion, rounding cannot be told from an error. */
function isClose(a: Written, b: Written): boolean {
  const difference = (a.num * b.den - b.num * a.den) * 100n;
  const size = b.num * a.den;
  return (difference < 0n ? -difference : difference) <= (size < 0n ? -size : size);
}

/** A whole number for a fraction or decimal that rounds to it. */
function isWholeRounding(answer: Written, reference: Written): boolean {
  return answer.den === 1n && reference.den !== 1n && isRounding({ ...answer, decimals: 0 }, reference);
}
