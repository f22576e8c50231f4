import { itemAt } from '../reasoning/present.js';
import { isBalanced, splitOutside } from './answerText.js';
import { compareAt, compareExpressions, order } from './math/compare.js';
import { type MathExpression, variablesOf } from './math/expression.js';
import { readExpression } from './measure.js';

/** An interval of the real line; ends are texts, `\infty` and `-\infty` among them. */
export interface Interval {
  readonly low: string;
  readonly high: string;
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
}

/** A set of real numbers. */
export interface NumberSet {
  readonly parts: readonly Interval[];
  /** Written with square brackets, infinity or as an inequality, so that it cannot be a point of the plane or a list. */
  readonly isCertain: boolean;
  /** "Between 3 and 7" does not say whether its ends belong to it. */
  readonly isLoose?: boolean;
  /** The variable of an inequality. */
  readonly variable?: string;
}

const ALL: Interval = { low: '-\\infty', high: '\\infty', lowOpen: true, highOpen: true };
const REALS = /^(?:\\mathbb\s*\{?\s*R\s*\}?|R|all real numbers|all reals|the real numbers|全体实数)$/i;
const VARIABLE = /^(?:[a-zA-Z]|\\(?:theta|alpha|beta|lambda|phi|mu|omega)|[a-zA-Z]\([a-z]\))(?:_\{?\w\}?)?$/;
const COMPARED = /(<=|>=|=<|\\le(?![a-zA-Z])|\\ge(?![a-zA-Z])|<|>)/;

/** Reads intervals, inequalities, unions, holes and set-builders; undefined for anything else. */
export function readRegion(text: string): NumberSet | undefined {
  const spoken = spokenSigns(text);
  const found = whole(spoken) ?? builder(spoken) ?? union(spoken);
  const between = BETWEEN.exec(text);
  return found !== undefined && between !== null && between[4] === undefined ? { ...found, isLoose: true } : found;
}

const BOUND = '([-+]?[$€£]?(?:\\d[\\d.,]*|\\\\frac\\{\\d+\\}\\{\\d+\\}|\\\\sqrt\\{\\d+\\}|\\\\pi)(?:/\\d+)?[a-z%°]*)';
/** "between 3 and 7", "from 5 to 7 inclusive" */
const BETWEEN = new RegExp(
  `^(?:([a-z])\\s+(?:is|lies)\\s+)?(?:strictly\\s+)?(?:between|from)\\s+${BOUND}\\s+(?:and|to)\\s+${BOUND},?\\s*(\\(?(?:inclusive|exclusive)\\)?)?$`,
  'i',
);
const OR_MORE = new RegExp(
  `^(?:[a-z]\\s*(?:is|=)\\s*)?${BOUND}\\s+(?:or|and)\\s+(more|greater|above|higher|larger|up|over|less|fewer|below|lower|smaller|under)$`,
  'i',
);

/** Replaces inequalities in words by signs. */
function spokenSigns(text: string): string {
  const between = BETWEEN.exec(text);
  if (between !== null) {
    const sign = /inclusive/i.test(between[4] ?? '') || (between[4] === undefined && /\bfrom\b/i.test(text)) ? '\\le' : '<';
    return `${itemAt(between, 2)} ${sign} ${between[1] ?? 'x'} ${sign} ${itemAt(between, 3)}`;
  }
  const more = OR_MORE.exec(text);
  if (more !== null) return `${/more|greater|above|higher|larger|up|over/i.test(itemAt(more, 2)) ? '\\ge' : '\\le'} ${itemAt(more, 1)}`;
  return text
    .replace(/\\lt(?![a-zA-Z])/g, '<')
    .replace(/\\gt(?![a-zA-Z])/g, '>')
    .replace(/^(?:[a-z] )?is (?=greater|less|at|more|no|not|larger|smaller)/i, '')
    .replace(/(?<=^[a-z]) (?:must be|should be|is|can be) (?=greater|less|at|more|no|not|larger|smaller|positive|negative|non)/i, ' ')
    .replace(
      /\b(?:greater|more|larger|bigger|higher) than or equal to\b|\bat least\b|\b(?:no|not) (?:less|fewer|smaller) than\b|\ba minimum of\b|不小于|不少于|至少|大于等于|大于或等于/gi,
      '\\ge',
    )
    .replace(
      /\b(?:less|fewer|smaller|lower) than or equal to\b|\bat most\b|\b(?:no|not) (?:more|greater|larger) than\b|\bnot exceeding\b|\ba maximum of\b|\bup to\b|不大于|不超过|不多于|至多|小于等于|小于或等于/gi,
      '\\le',
    )
    .replace(/\b(?:greater|more|larger|bigger|higher) than\b|\bexceeds\b|大于|超过|多于/gi, '>')
    .replace(/\b(?:less|fewer|smaller|lower) than\b|小于|少于/gi, '<')
    .replace(/^([a-z] )?(?:is )?non-?negative$/i, '$1\\ge 0')
    .replace(/^([a-z] )(?:is )?positive$/i, '$1> 0')
    .replace(/^([a-z] )(?:is )?negative$/i, '$1< 0')
    .replace(/\bnot equal to\b/gi, '\\ne');
}

function whole(text: string): NumberSet | undefined {
  const except = /^(.*?)\s*(?:\\setminus|\\|except(?: for)?|-)\s*(?:\\?\{(.*?)\\?\}|(-?[\d/.]+))$/i.exec(text);
  if (except !== null && REALS.test(itemAt(except, 1).replace(/,$/, '')))
    return holes(splitOutside(except[2] ?? itemAt(except, 3), /,/), undefined);
  return REALS.test(text) ? { parts: [ALL], isCertain: true } : undefined;
}

/** `\{x : x > 2\}`, `\{x \in R | x > 2\}`. */
function builder(text: string): NumberSet | undefined {
  const match = /^\\?\{\s*([a-z])(?:\s*\\in\s*(.*?))?\s*(?::|\|)\s*(.*?)\s*\\?\}$/.exec(text);
  if (match === null || (match[2] !== undefined && !REALS.test(match[2]))) return undefined;
  return union(itemAt(match, 3));
}

/** All numbers except the points: x \ne a, b. */
function holes(points: readonly string[], variable: string | undefined): NumberSet | undefined {
  const sorted = points.flatMap((point) => {
    const value = readExpression(point);
    return value === undefined || variablesOf(value).size > 0 ? [] : [{ point, value }];
  });
  if (sorted.length < points.length) return undefined;
  sorted.sort((a, b) => order(a.value, b.value) ?? 0);
  const ends = ['-\\infty', ...sorted.map(({ point }) => point), '\\infty'];
  const parts = ends.slice(1).map((high, i) => ({ low: itemAt(ends, i), high, lowOpen: true, highOpen: true }));
  return { parts, isCertain: true, ...(variable !== undefined && { variable }) };
}

function union(text: string): NumberSet | undefined {
  const pieces = splitOutside(text, /\\cup(?![a-zA-Z])|\\text\{or\}|\\(?:lor|vee)(?![a-zA-Z])|\bor\b|\bU\b|或/);
  const regions = pieces.map(intersection).filter((region) => region !== undefined);
  if (regions.length < pieces.length) return undefined;
  // (1, 2) or (3, 4) are points.
  if (pieces.length > 1 && !/\\cup|\bU\b/.test(text) && !regions.some((region) => region.isCertain)) return undefined;
  const variable = regions.find((region) => region.variable !== undefined)?.variable;
  return {
    parts: regions.flatMap((region) => region.parts),
    isCertain: pieces.length > 1 || itemAt(regions, 0).isCertain,
    ...(variable !== undefined && { variable }),
  };
}

/** `x > 2 and x < 5` */
function intersection(text: string): NumberSet | undefined {
  const pieces = splitOutside(text, /\\cap(?![a-zA-Z])|\\(?:land|wedge)(?![a-zA-Z])|\band\b|且/);
  const regions = pieces.map(piece);
  if (pieces.length > 1 && !text.includes('\\cap') && !regions.every((region) => region?.isCertain)) return undefined;
  let joined = regions[0];
  for (const next of regions.slice(1)) {
    if (joined?.parts.length !== 1 || next?.parts.length !== 1) return undefined;
    const [a, b] = [itemAt(joined.parts, 0), itemAt(next.parts, 0)];
    const low = later(a, b, 'low');
    const high = later(a, b, 'high');
    if (low === undefined || high === undefined) return undefined;
    joined = { ...joined, isCertain: true, parts: [{ low: low.low, lowOpen: low.lowOpen, high: high.high, highOpen: high.highOpen }] };
  }
  return joined;
}

/** The one of two intervals with the larger low end, or with the smaller high end. */
function later(a: Interval, b: Interval, end: 'low' | 'high'): Interval | undefined {
  const compared = compareEnds(a[end], b[end]);
  if (compared === undefined) return undefined;
  const isOpen = end === 'low' ? a.lowOpen : a.highOpen;
  if (compared === 0) return isOpen ? a : b;
  return compared > 0 === (end === 'low') ? a : b;
}

function piece(text: string): NumberSet | undefined {
  const plain = text.replace(/^(?:[a-zA-Z]|\\[a-z]+)\s*\\in\s*/, '');
  return whole(plain) ?? bracketed(plain) ?? unequal(plain) ?? absolute(plain) ?? inequality(plain) ?? points(plain, text);
}

/** A set of points in a union. */
function points(plain: string, text: string): NumberSet | undefined {
  const match = /^\\\{(.*)\\\}$/.exec(plain);
  if (match === null || text === '') return undefined;
  const items = splitOutside(itemAt(match, 1), /,/);
  const isReadable = items.every((item) => {
    const value = readExpression(item);
    return value !== undefined && variablesOf(value).size === 0;
  });
  // A set of points alone is a list.
  return isReadable
    ? { parts: items.map((item) => ({ low: item, high: item, lowOpen: false, highOpen: false })), isCertain: false }
    : undefined;
}

function bracketed(text: string): NumberSet | undefined {
  const match = /^([([\]])(.*)([)\][])$/.exec(text);
  if (match === null || !isBalanced(itemAt(match, 2))) return undefined;
  const ends = splitOutside(itemAt(match, 2), /[,;]/);
  if (ends.length !== 2 || ends.includes('')) return undefined;
  const [low, high] = ends as [string, string];
  // [1, 2] may be a list and (1, 2) a point: only the comparison can decide.
  const isCertain = match[1] !== '(' || match[3] !== ')' || /\\infty|\binf/.test(text);
  return { parts: [{ low, high, lowOpen: match[1] !== '[', highOpen: match[3] !== ']' }], isCertain };
}

/** `x \ne 2`, `x \ne 2, 3` */
function unequal(text: string): NumberSet | undefined {
  const match = /^(.*?)\s*\\ne(?![a-zA-Z])\s*(.*)$/.exec(text);
  if (match === null || !VARIABLE.test(itemAt(match, 1))) return undefined;
  const points = itemAt(match, 2)
    .replace(/[a-z]\s*\\ne/g, '')
    .replace(/\\pm\s*([\d./]+|\\frac\{\d+\}\{\d+\}|\\sqrt\{\d+\})/g, '$1, -$1');
  return holes(splitOutside(points, /,|\band\b/), match[1]);
}

/** `|x| < 3`, `|x - 1| \ge 2` */
function absolute(text: string): NumberSet | undefined {
  const match = /^\|\s*([a-z])\s*(?:([+-])\s*([^|]+?)\s*)?\|\s*(<=|>=|\\le(?![a-zA-Z])|\\ge(?![a-zA-Z])|<|>)\s*(.+)$/.exec(text);
  if (match === null) return undefined;
  const [, variable, sign, shift = '0', compared, size] = match as unknown as [
    string,
    string,
    string | undefined,
    string | undefined,
    string,
    string,
  ];
  const center = sign === '+' ? `-(${shift})` : `(${shift})`;
  const value = readExpression(size);
  if (value === undefined || variablesOf(value).size > 0 || order(value, ZERO) !== 1) return undefined;
  const [low, high] = [`${center}-(${size})`, `${center}+(${size})`];
  const isOpen = compared === '<' || compared === '>';
  const parts = /^(?:<|\\le)/.test(compared)
    ? [{ low, high, lowOpen: isOpen, highOpen: isOpen }]
    : [
        { low: '-\\infty', high: low, lowOpen: true, highOpen: isOpen },
        { low: high, high: '\\infty', lowOpen: isOpen, highOpen: true },
      ];
  return { parts, isCertain: true, variable };
}

function inequality(text: string): NumberSet | undefined {
  const parts = text.split(COMPARED).map((part) => part.trim());
  const isOpen = (sign: string): boolean => sign === '<' || sign === '>';
  const pointsUp = (sign: string): boolean => /^(?:<|\\le|=<)/.test(sign);
  if (parts.length === 2 || parts.length === 4 || parts.length > 5) return undefined;
  if (parts.length === 3) {
    const [left, sign, right] = parts as [string, string, string];
    // "greater than 3" names no variable.
    const isLeft = VARIABLE.test(left) || left === '';
    if (isLeft === VARIABLE.test(right)) return undefined;
    const [bound, isLow] = isLeft ? [right, !pointsUp(sign)] : [left, pointsUp(sign)];
    const variable = isLeft ? left : right;
    if (bound === '') return undefined;
    const part = isLow
      ? { low: bound, high: '\\infty', lowOpen: isOpen(sign), highOpen: true }
      : { low: '-\\infty', high: bound, lowOpen: true, highOpen: isOpen(sign) };
    return { parts: [part], isCertain: true, ...(variable !== '' && { variable }) };
  }
  if (parts.length !== 5) return undefined;
  const [first, sign1, middle, sign2, last] = parts as [string, string, string, string, string];
  if (!VARIABLE.test(middle) || first === '' || last === '' || pointsUp(sign1) !== pointsUp(sign2)) return undefined;
  const part = pointsUp(sign1)
    ? { low: first, high: last, lowOpen: isOpen(sign1), highOpen: isOpen(sign2) }
    : { low: last, high: first, lowOpen: isOpen(sign2), highOpen: isOpen(sign1) };
  return { parts: [part], isCertain: true, variable: middle };
}

const ZERO: MathExpression = { op: 'number', value: { num: 0n, den: 1n } };

/** Whether two regions are the same set; ends with variables are compared one by one. */
export function compareRegions(a: NumberSet, r: NumberSet): 'right' | 'wrong' | 'undecided' {
  const [x, y] = [canonical(a.parts), canonical(r.parts)];
  const verdict = x && y ? compareParts(x, y) : compareParts(a.parts, r.parts, 'undecided');
  if (verdict === 'wrong' && (a.isLoose || r.isLoose)) {
    const closed = (parts: readonly Interval[]): Interval[] => parts.map((part) => ({ ...part, lowOpen: false, highOpen: false }));
    return compareParts(closed(a.parts), closed(r.parts)) === 'wrong' ? 'wrong' : 'undecided';
  }
  const isOtherVariable = a.variable !== undefined && r.variable !== undefined && a.variable !== r.variable;
  return verdict === 'right' && isOtherVariable ? 'undecided' : verdict;
}

function compareParts(
  a: readonly Interval[],
  r: readonly Interval[],
  unmatched: 'wrong' | 'undecided' = 'wrong',
): 'right' | 'wrong' | 'undecided' {
  if (a.length !== r.length) return unmatched;
  let isUnknown = false;
  for (const [i, x] of a.entries()) {
    const y = itemAt(r, i);
    if (x.lowOpen !== y.lowOpen || x.highOpen !== y.highOpen) return unmatched;
    for (const end of ['low', 'high'] as const) {
      const same = sameEnd(x[end], y[end]);
      if (same === 'different') return 'wrong';
      if (same === 'unknown') isUnknown = true;
    }
  }
  return isUnknown ? 'undecided' : 'right';
}

function sameEnd(a: string, b: string): 'equal' | 'different' | 'unknown' {
  const [p, q] = [infinity(a), infinity(b)];
  if (p !== 0 || q !== 0) return p === q ? 'equal' : 'different';
  const [x, y] = [readExpression(a), readExpression(b)];
  return x && y ? compareExpressions(x, y) : 'unknown';
}

/** The parts sorted, without overlaps and empty parts; undefined when their ends cannot be put in order. */
function canonical(parts: readonly Interval[]): Interval[] | undefined {
  const kept: Interval[] = [];
  for (const part of parts) {
    const compared = compareEnds(part.low, part.high);
    if (compared === undefined) return undefined;
    if (compared < 0 || (compared === 0 && !part.lowOpen && !part.highOpen)) kept.push(part);
  }
  kept.sort((a, b) => compareEnds(a.low, b.low) || Number(a.lowOpen) - Number(b.lowOpen));
  const joined: Interval[] = [];
  for (const part of kept) {
    const last = joined.at(-1);
    const gap = last === undefined ? 1 : compareEnds(part.low, last.high);
    if (gap === undefined) return undefined;
    if (last === undefined || gap > 0 || (gap === 0 && part.lowOpen && last.highOpen)) joined.push(part);
    else {
      const beyond = compareEnds(part.high, last.high);
      if (beyond === undefined) return undefined;
      const highOpen = beyond === 0 ? part.highOpen && last.highOpen : beyond > 0 ? part.highOpen : last.highOpen;
      joined[joined.length - 1] = { ...last, high: beyond > 0 ? part.high : last.high, highOpen };
    }
  }
  return joined;
}

function compareEnds(a: string, b: string): number | undefined {
  const [p, q] = [infinity(a), infinity(b)];
  if (p !== 0 || q !== 0) return p === q ? 0 : p < q ? -1 : 1;
  const [x, y] = [readExpression(a), readExpression(b)];
  if (!x || !y || variablesOf(x).size + variablesOf(y).size > 0) return undefined;
  return compareAt(x, y) === 'equal' ? 0 : order(x, y);
}

/** 1 or -1 for plus or minus infinity, else 0. */
export function infinity(text: string): number {
  if (/^\+?\s*(?:\\infty|infinity|inf)$/i.test(text)) return 1;
  return /^-\s*(?:\\infty|infinity|inf)$|^(?:negative|minus) infinity$/i.test(text) ? -1 : 0;
}
