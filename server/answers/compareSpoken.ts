import { itemAt, lastItem, mustHave } from '../reasoning/present.js';
import type { CompareTexts } from './compareLists.js';
import { isMultiple } from './math/compare.js';
import { exactValue } from './math/evaluate.js';
import { variablesOf } from './math/expression.js';
import { readExpression, readMeasure } from './measure.js';
import { readOrdinal } from './numberWords.js';
import { withoutProse } from './prose.js';
import { type Qualified, readDirection, readQualified } from './qualified.js';
import { readRoman, readStatements } from './roman.js';
import type { Verdict } from './verdict.js';

/**
 * Compares answers with words around a value or name: statements by number, Roman numerals, directions, growth,
 * relations of figures, and sentences. Undefined when the two texts are none of them.
 */
export function compareSpoken(a: string, r: string, compare: CompareTexts): Verdict | undefined {
  return (
    compareStatements(a, r) ??
    compareRomans(a, r) ??
    compareShort(a, r) ??
    compareOrdinalNouns(a, r) ??
    compareDirections(a, r) ??
    compareQualified(a, r, compare) ??
    compareGrowth(a, r) ??
    compareRelations(a, r, compare) ??
    compareRanges(a, r, compare) ??
    compareSizes(a, r, compare) ??
    comparePlain(a, r, compare)
  );
}

function compareStatements(a: string, r: string): Verdict | undefined {
  const [x, y] = [readStatements(a), readStatements(r)];
  if (x === undefined && y === undefined) return undefined;
  const [own, other] = [x ?? readStatements(a, true), y ?? readStatements(r, true)];
  return own && other && { verdict: own.join() === other.join() ? 'right' : 'wrong', method: 'choice' };
}

function compareRomans(a: string, r: string): Verdict | undefined {
  const [x, y] = [readRoman(a), readRoman(r)];
  if (x === undefined && y === undefined) return undefined;
  if (x !== undefined && y !== undefined) return { verdict: x === y ? 'right' : 'wrong', method: 'number' };
  const other = readExpression(x === undefined ? a : r);
  const value = other && variablesOf(other).size === 0 ? exactValue(other) : undefined;
  // Beside a number, `CD` may be a segment: it is taken as a numeral only if the two are equal.
  return value && value.num === mustHave(x ?? y, 'numeral') * value.den ? { verdict: 'right', method: 'number' } : undefined;
}

const SHORT: Readonly<Record<string, bigint>> = { k: 1000n, K: 1000n, M: 1_000_000n, B: 1_000_000_000n };

/** 1.2k beside 1200; a number that differs may have a unit, such as 300 K. */
function compareShort(a: string, r: string): Verdict | undefined {
  for (const [text, other] of [
    [a, r],
    [r, a],
  ] as const) {
    const match = /^(\d[\d.,]*)\s?([kKMB])$/.exec(text);
    if (match === null) continue;
    const [own, whole] = [readExpression(itemAt(match, 1)), readExpression(other)].map((one) => one && exactValue(one));
    if (own && whole && own.num * mustHave(SHORT[itemAt(match, 2)], 'number') * whole.den === whole.num * own.den)
      return { verdict: 'right', method: 'number' };
  }
  return undefined;
}

const ORDINAL_NOUN =
  /^(?:the |in the |on the )?(\d+(?:st|nd|rd|th)|[a-z]+(?:-[a-z]+)?)(?: (century|floor|grade|place|term|day|quadrant|row|position|digit|month|week|year|person|number|house|step|line|question|round))?$/i;

/** "the 19th century", "third quadrant", "5th" */
function compareOrdinalNouns(a: string, r: string): Verdict | undefined {
  const [x, y] = [ORDINAL_NOUN.exec(a), ORDINAL_NOUN.exec(r)];
  if (x === null || y === null || (x[2] === undefined && y[2] === undefined)) return undefined;
  const [first, second] = [readOrdinal(itemAt(x, 1)), readOrdinal(itemAt(y, 1))];
  if (first === undefined || second === undefined) return undefined;
  if (first !== second) return { verdict: 'wrong', method: 'number' };
  const isOther = x[2] !== undefined && y[2] !== undefined && x[2].toLowerCase() !== y[2].toLowerCase();
  return { verdict: isOther ? 'undecided' : 'right', method: 'number' };
}

function compareDirections(a: string, r: string): Verdict | undefined {
  const [x, y] = [readDirection(a), readDirection(r)];
  if (x === undefined || y === undefined || x.axis !== y.axis) return undefined;
  return { verdict: x.direction === y.direction ? 'right' : 'wrong', method: 'words' };
}

function compareQualified(a: string, r: string, compare: CompareTexts): Verdict | undefined {
  const [x, y] = [readQualified(a), readQualified(r)];
  if (x === undefined && y === undefined) return undefined;
  if (x !== undefined && y !== undefined) {
    if (x.axis !== y.axis) return undefined;
    const values = compare(x.value, y.value);
    if (x.direction === y.direction) return values;
    // Different directions on one axis exclude each other, even west and northwest.
    return { verdict: 'wrong', method: 'words', reason: 'The directions are different.' };
  }
  const [qualified, other] = (x === undefined ? [y, a] : [x, r]) as [Qualified, string];
  if (readMeasure(other) === undefined) return undefined;
  const values = x === undefined ? compare(other, qualified.value) : compare(qualified.value, other);
  const isNegative = /^-/.test(other);
  if (isNegative && qualified.direction === 'down') {
    const size = other.slice(1);
    return x === undefined ? compare(size, qualified.value) : compare(qualified.value, size);
  }
  if (qualified.isComparative && /%|percent/i.test(`${a}${r}`))
    return { verdict: 'undecided', method: 'percent', reason: '"20 % more" may be 120 % of the same.' };
  if (values.verdict !== 'right' || qualified.axis === 'change') return values;
  return x === undefined ? { verdict: 'undecided', method: 'words', reason: 'The direction is missing.' } : values;
}

const GROWTH = /^\\?(?:mathcal\s*)?\{?(O|o|\\?Theta|Θ|\\?Omega|Ω)\}?\s*\((.+)\)$/;

/** `O(n^2)`: equal up to a constant factor. */
function compareGrowth(a: string, r: string): Verdict | undefined {
  const [x, y] = [GROWTH.exec(a), GROWTH.exec(r)];
  if (x === null && y === null) return undefined;
  const [own, other] = [x?.[2] ?? a, y?.[2] ?? r].map((text) =>
    readExpression(text.replace(/\s*(?<!\\)\bl(?:o?g|n)(?=\s*[a-z(])/g, ' \\log').replace(/\\l(?:og|n|g)\s*_\s*\{?\w+\}?/g, '\\log')),
  );
  if (own === undefined || other === undefined) return undefined;
  const isConstant = [own, other].map((one) => variablesOf(one).size === 0);
  const isEqual = isConstant[0] === isConstant[1] && (isConstant[0] || isMultiple(own, other));
  const isSameBound = x === null || y === null || itemAt(x, 1).replace('\\', '') === itemAt(y, 1).replace('\\', '');
  if (isEqual) {
    return isSameBound
      ? { verdict: 'right', method: 'algebra', reason: 'The bounds are equal up to a constant factor.' }
      : { verdict: 'undecided', method: 'algebra', reason: 'The bounds are of different kinds.' };
  }
  // n^2 + n grows like n^2.
  const isSum = [own, other].some((one) => one.op === 'add');
  return isSum
    ? { verdict: 'undecided', method: 'algebra', reason: 'The bounds could not be compared.' }
    : { verdict: 'wrong', method: 'algebra' };
}

const RELATION =
  /^(.+?)\s*(\\(?:parallel|perp|cong|sim)(?![a-zA-Z])|∥|\/\/|⊥|≅|∽|∼|(?:is |are )?(?:parallel|perpendicular|congruent|similar) (?:to|with)(?![a-zA-Z]))\s*(.+)$/;
const RELATIONS: readonly (readonly [RegExp, string])[] = [
  [/parallel|∥|\/\//, 'parallel'],
  [/perp|⊥/, 'perpendicular'],
  [/cong|≅/, 'congruent'],
  [/sim|∽|∼/, 'similar'],
];

/** `AB \parallel CD` is `CD ∥ AB`. */
function compareRelations(a: string, r: string, compare: CompareTexts): Verdict | undefined {
  const [x, y] = [RELATION.exec(a), RELATION.exec(r)];
  if (x === null || y === null) return undefined;
  const kindOf = (sign: string): string =>
    mustHave(
      RELATIONS.find(([pattern]) => pattern.test(sign)),
      `relation "${sign}"`,
    )[1];
  if (kindOf(itemAt(x, 2)) !== kindOf(itemAt(y, 2))) return { verdict: 'wrong', method: 'words' };
  const isCorresponding = /congruent|similar/.test(kindOf(itemAt(x, 2)));
  const plain = (text: string): string =>
    text
      .replace(/^(?:\\triangle|△|triangle|\\overline|line)\s*/, '')
      .replace(/[{}]/g, '')
      .trim();
  const [left, right, otherLeft, otherRight] = [itemAt(x, 1), itemAt(x, 3), itemAt(y, 1), itemAt(y, 3)].map(plain) as [
    string,
    string,
    string,
    string,
  ];
  const isSame = (p: string, q: string): boolean => p === q || (!isCorresponding && compare(p, q).verdict === 'right');
  if ((isSame(left, otherLeft) && isSame(right, otherRight)) || (isSame(left, otherRight) && isSame(right, otherLeft)))
    return { verdict: 'right', method: 'words' };
  return { verdict: 'undecided', method: 'words', reason: 'The relations could not be compared.' };
}

const RANGE = /^(?:from\s+|between\s+)?([$€£]?\d[\d,.]*)\s*(-|to|and|~|至|到)\s*([$€£]?\d[\d,.]*)(\s*[a-z°%]+)?$/i;

/** `10-20` beside "10 to 20" or "between 10 and 20" is a range, not a difference or a ratio. */
function compareRanges(a: string, r: string, compare: CompareTexts): Verdict | undefined {
  const [x, y] = [RANGE.exec(a), RANGE.exec(r)];
  if (x === null || y === null) return undefined;
  const isRange = ([, low = '', , high = '']: RegExpExecArray): boolean =>
    Number(low.replace(/[$€£,]/g, '')) < Number(high.replace(/[$€£,]/g, ''));
  const isDash = (match: RegExpExecArray): boolean => /[-~至到]/.test(itemAt(match, 2)) || /^(?:from|between)/i.test(match[0]);
  const isPair = (match: RegExpExecArray): boolean => /and/i.test(itemAt(match, 2)) && !/^between/i.test(match[0]);
  if (![x, y].every(isRange) || [x, y].some(isPair) || !(isDash(x) || isDash(y)) || (x[2] === '-' && y[2] === '-')) return undefined;
  const ends = [1, 3].map((i) => compare(itemAt(x, i) + (x[4] ?? ''), itemAt(y, i) + (y[4] ?? '')).verdict);
  const verdict = ends.every((end) => end === 'right') ? 'right' : ends.includes('wrong') ? 'wrong' : 'undecided';
  return { verdict, method: 'interval' };
}

/** `3 cm by 4 cm` is `4 \times 3 cm`: lengths of sides, in any order. */
function compareSizes(a: string, r: string, compare: CompareTexts): Verdict | undefined {
  const [x, y] = [sides(a), sides(r)];
  if (x === undefined || y === undefined || x.length !== y.length) return undefined;
  if (![a, r].some((text) => /\d\s*[a-z]*\s+by\s/i.test(text) || /[a-z]\s*(?:\\times|x)\s/.test(text))) return undefined;
  const left = [...y];
  for (const side of x) {
    const at = left.findIndex((other) => compare(side, other).verdict === 'right');
    if (at >= 0) left.splice(at, 1);
  }
  return { verdict: left.length === 0 ? 'right' : 'wrong', method: 'list' };
}

function sides(text: string): string[] | undefined {
  const parts = text.split(/\s*\\times\s*|\s+by\s+|\s*x\s+(?=\d)/);
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^\d[\d./]*\s*[a-z]*$/i.test(part))) return undefined;
  // "3 by 4 cm": the unit belongs to both.
  const unit = /[a-z]+$/i.exec(lastItem(parts))?.[0] ?? '';
  return parts.map((part) => (/[a-z]$/i.test(part) ? part : `${part} ${unit}`.trim()));
}

function comparePlain(a: string, r: string, compare: CompareTexts): Verdict | undefined {
  const [x, y] = [withoutProse(a), withoutProse(r)];
  if (x === undefined && y === undefined) return undefined;
  const verdict = compare(x ?? a, y ?? r);
  return verdict.verdict === 'undecided' ? undefined : verdict;
}
