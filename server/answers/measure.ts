import { itemAt, lastItem, mustHave } from '../reasoning/present.js';
import { exactValue } from './math/evaluate.js';
import { type MathExpression, some, UnreadableExpression, variablesOf } from './math/expression.js';
import { isAmbiguous, parseMath } from './math/parse.js';
import { divide, multiply } from './math/rational.js';
import { isDescriptive } from './nouns.js';
import { withoutNumberWords } from './numberWords.js';
import { readUnits, type Unit } from './units.js';

/** A value with the text around it. */
export interface Measure {
  readonly value: MathExpression;
  /** The second reading of a text such as `1/2x`. */
  readonly other?: MathExpression;
  readonly isPercent: boolean;
  /** The units that it may have; empty without a unit. */
  readonly units: readonly Unit[];
  /** Words after the number: what is counted, or unknown words. */
  readonly words?: { readonly text: string; readonly isDescriptive: boolean };
}

/** Longer texts are not values. In UTF-16 units. */
const MAX_LENGTH = 1000;

const CURRENCY = /^([+-]?)\s*((?:US|AU?|CA?|HK|NZ|S|R)?\$|[€£¥￥₹₩]|(?:USD|EUR|GBP|Rs\.?|RMB|CNY|INR)(?=[\s\d]))\s*(-?)\s*(?=[\d.(])/;
/** Powers of ten by the suffix after an amount of money. */
const SHORT: Readonly<Record<string, string>> = { k: '1000', K: '1000', M: '1000000', mn: '1000000', B: '1000000000', bn: '1000000000' };
const PER_CENT = /^(.*?)\s*(?:%|percent|per cent|个百分点)$/i;
/** "20 % of the cake" */
const PER_CENT_OF = /^(.*?)\s*(?:%|percent|per cent)\s+of\s+((?:the|all|his|her|its|their)\s+[a-z][a-z ]{1,30})$/i;

/** Reads `$1,250.00`, `12 cm`, `3 1/2 hours`, `45 %`, `30°`, `12 red apples`, `2\sqrt{3}`, `5 ft 3 in`. */
export function readMeasure(text: string): Measure | undefined {
  const plain = text.trim().replace(/(?<=\d\}?)\s+\/\s*([a-zA-Z]{2,})$/, ' $1^{-1}');
  if (plain === '' || plain.length > MAX_LENGTH) return undefined;
  return currency(plain) ?? percent(plain) ?? compound(plain) ?? spacedUnit(plain) ?? withUnit(plain) ?? bare(plain) ?? withWords(plain);
}

/** The expression of a text, words for numbers included; undefined when any of it is in doubt. */
export function readExpression(text: string): MathExpression | undefined {
  try {
    return parseMath(withoutNumberWords(text));
  } catch (error) {
    if (error instanceof UnreadableExpression) return undefined;
    throw error;
  }
}

/** The whole number that a text gives; undefined for other texts and for percentages. */
export function wholeValue(text: string): bigint | undefined {
  const measure = readMeasure(text);
  const value = measure === undefined || measure.isPercent ? undefined : exactValue(measure.value);
  return value !== undefined && value.num % value.den === 0n ? value.num / value.den : undefined;
}

function bare(text: string): Measure | undefined {
  const value = readExpression(text);
  if (value === undefined) return undefined;
  const other = /^\d+-\d+\/\d+$/.test(text) ? readExpression(text.replace('-', ' ')) : undefined;
  if (other !== undefined) return { value, other, isPercent: false, units: [] };
  return {
    value,
    isPercent: false,
    units: [],
    ...(isAmbiguous(text) && { other: parseMath(withoutNumberWords(text), { looseDivision: true }) }),
  };
}

function currency(text: string): Measure | undefined {
  const match = CURRENCY.exec(text);
  if (match === null) return undefined;
  const rest = text.slice(match[0].length).replace(/\s*(?:dollars?|USD|euros?|yuan)$/i, '');
  const units = readUnits(itemAt(match, 2).replace(/^US\$/, '$').replace(/^AU\$/, 'A$').replace(/\.$/, ''));
  const short = /^([\d.,]*\d)\s?(k|K|M|mn|B|bn)$/.exec(rest);
  if (short !== null) {
    const amount = readExpression(
      `${match[3] === '-' ? '-' : itemAt(match, 1)}${itemAt(short, 1)}*${mustHave(SHORT[itemAt(short, 2)], 'number')}`,
    );
    return amount && { value: amount, isPercent: false, units };
  }
  const sign = match[3] === '-' ? '-' : itemAt(match, 1);
  const value = readExpression(sign + rest);
  // $1k is not a product.
  if (value !== undefined) return variablesOf(value).size > 0 ? undefined : { value, isPercent: false, units };
  const measure = withWords(sign + rest);
  if (measure === undefined) return undefined;
  return { ...measure, units };
}

function percent(text: string): Measure | undefined {
  const perMille = /^(.*?)\s*(?:‰|per mille|per thousand)$/i.exec(text);
  const share = perMille === null ? undefined : readExpression(`(${itemAt(perMille, 1)})/10`);
  if (share !== undefined) return { value: share, isPercent: true, units: [] };
  const match = PER_CENT.exec(text) ?? PER_CENT_OF.exec(text);
  const value = match === null ? undefined : readExpression(itemAt(match, 1));
  const words = match?.[2];
  return value && { value, isPercent: true, units: [], ...(words !== undefined && { words: { text: words, isDescriptive: true } }) };
}

/** A number and a unit separated by a blank: 5 m is not a product. */
function spacedUnit(text: string): Measure | undefined {
  const match = /^([+-]?[\d.,/]*\d)\s+(\S.*)$/.exec(text);
  if (match === null) return undefined;
  const units = readUnits(itemAt(match, 2));
  const value = units.length === 0 ? undefined : readExpression(itemAt(match, 1));
  return value && { value, isPercent: false, units };
}

/** Where a unit or words may begin: at a letter or sign after a blank, a digit or a bracket. */
function* suffixes(text: string): Generator<{ readonly before: string; readonly phrase: string; readonly isSpaced: boolean }> {
  for (let at = Math.max(1, text.length - 80); at < text.length; at++) {
    if (!/[\p{L}°℃℉¢'$€£¥₹]/u.test(text.charAt(at)) || /[a-zA-Z\\_^{]/.test(text.charAt(at - 1))) continue;
    yield { before: text.slice(0, at), phrase: text.slice(at).trim(), isSpaced: /\s/.test(text.charAt(at - 1)) };
  }
}

/** Shortest expression before a unit: `2\sqrt{3} cm`, `12cm`, `30°`. A lone letter must follow a number and a blank. */
function withUnit(text: string): Measure | undefined {
  const prepared = withoutNumberWords(text);
  for (const { before, phrase, isSpaced } of suffixes(prepared)) {
    const units = readUnits(phrase);
    if (units.length === 0 || (phrase.length === 1 && /[a-zA-Z]/.test(phrase) && !isSpaced)) continue;
    // "a decade" is one.
    const value = readExpression(/^an?\s*$/i.test(before) && phrase.length > 2 ? '1' : before);
    if (value === undefined || (/^[a-zA-Z]{1,2}$/.test(phrase) && ((!isSpaced && !/\d$/.test(before)) || variablesOf(value).size > 0)))
      continue;
    // The degrees of \sin 30° belong to its argument.
    if (!some(value, (part) => part.op === 'call' && /^(?:sin|cos|tan|cot|sec|csc)$/.test(part.name)))
      return { value, isPercent: false, units };
  }
  return undefined;
}

/** The shortest number that is followed by words. */
function withWords(text: string): Measure | undefined {
  const prepared = withoutNumberWords(text);
  for (const { before, phrase, isSpaced } of suffixes(prepared)) {
    const isHan = /\p{Script=Han}/u.test(phrase);
    const words = phrase.replace(/(?<=units?)\s*\^\s*\{?[23]\}?$/, '');
    if (!(isHan || (isSpaced && phrase.length > 2)) || !/^\p{L}[\p{L}' -]*$/u.test(words)) continue;
    const value = readExpression(before);
    const described =
      isDescriptive(words) || (/^(?:per|each) /.test(phrase) && readUnits(phrase.slice(phrase.indexOf(' ') + 1)).length > 0);
    if (value === undefined || (described ? variablesOf(value).size > 0 : exactValue(value) === undefined)) continue;
    return { value, isPercent: false, units: [], words: { text: phrase, isDescriptive: described } };
  }
  return undefined;
}

/** Several units of one kind: 5 hours 30 minutes, 5 ft 3 in, 30°15'. The value is in the last unit. */
function compound(text: string): Measure | undefined {
  const prepared = withoutNumberWords(text).replace(/\s*(?:,|\band\b)\s*/g, ' ');
  const part = /\s*(\d+(?:\.\d+)?(?:\s*\/\s*\d+)?)\s*([\p{L}°'"]+)\.?/uy;
  const parts: { value: MathExpression; unit: Unit }[] = [];
  let end = 0;
  for (let match = part.exec(prepared); match !== null; match = part.exec(prepared)) {
    // Without degrees, ' and '' are feet and inches.
    // Behind hours, m is minutes.
    const isMinutes = match[2] === 'm' && parts.at(-1)?.unit.dimension === 'time:1';
    const mark = isMinutes
      ? 'min'
      : prepared.includes('°')
        ? itemAt(match, 2)
        : ({ "'": 'ft', "''": 'in' }[itemAt(match, 2)] ?? itemAt(match, 2));
    const [unit] = readUnits(mark);
    const value = readExpression(itemAt(match, 1));
    if (unit === undefined || value === undefined || parts.length > 4) return undefined;
    parts.push({ value, unit });
    end = part.lastIndex;
  }
  if (parts.length < 2 || prepared.slice(end).trim() !== '') return undefined;
  const last = lastItem(parts).unit;
  if (parts.some(({ unit }) => unit.dimension !== last.dimension || unit.offset !== undefined)) return undefined;
  let total = { num: 0n, den: 1n };
  for (const { value, unit } of parts) {
    const factor = divide(unit.factor, last.factor);
    const exact = exactValue(value);
    const scaled = factor && exact && multiply(exact, factor);
    if (scaled === undefined) return undefined;
    total = { num: total.num * scaled.den + scaled.num * total.den, den: total.den * scaled.den };
  }
  return { value: { op: 'number', value: total }, isPercent: false, units: [last] };
}
