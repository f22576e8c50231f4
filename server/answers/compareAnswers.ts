import { itemAt, lastItem } from '../reasoning/present.js';
import { type AnswerForm, answerForm, asClock, joinedLetters, type ListForm } from './answerForm.js';
import { answerText, splitOutside } from './answerText.js';
import { compareChemistry } from './chemistry.js';
import { compareClocks, compareDuration } from './compareClocks.js';
import { compareLists, matchesOneOfSeveral } from './compareLists.js';
import { compareMeasures } from './compareMeasures.js';
import { compareSpoken } from './compareSpoken.js';
import { compareCongruences, readCongruence } from './congruence.js';
import { compareDates, readDate } from './dates.js';
import { compareEquations, compareExpressions } from './math/compare.js';
import { exactValue, spend } from './math/evaluate.js';
import { type MathExpression, variablesOf } from './math/expression.js';
import { readExpression, readMeasure, wholeValue } from './measure.js';
import { withoutNumberWords } from './numberWords.js';
import { compareRegions, infinity, readRegion } from './region.js';
import type { AnswerMethod, Verdict } from './verdict.js';
import { compareWords, saysNone } from './words.js';

/** How two parts of an answer are compared: by all the rules again, one level deeper. */
export interface Comparison {
  /** Whether the order of a list counts, according to the question. */
  readonly isOrdered: boolean;
  readonly depth: number;
}

const MAX_DEPTH = 6;

/** Compares two answers as they were written. */
export function compareAnswers(answer: string, reference: string, question = ''): Verdict {
  const a = answerText(answer);
  const r = answerText(reference);
  if (r === '') return { verdict: 'undecided', method: 'empty', reason: 'The reference is empty.' };
  if (a === '') return { verdict: 'wrong', method: 'empty', reason: 'The answer is empty.' };
  const isOrdered =
    /\b(?:in (?:\w+ )?order|order(?:ed)?|respectively|ascending|descending|increasing|decreasing|smallest to|least to|largest to|greatest to|ranked?|sequence|first \w+ terms)\b|顺序|依次|从小到大|从大到小/i.test(
      question,
    );
  return compareTexts(a, r, { isOrdered, depth: 0 });
}

export function compareTexts(a: string, r: string, by: Comparison): Verdict {
  if (isSameText(a, r)) return { verdict: 'right', method: 'text' };
  spend(0.7);
  if (by.depth > MAX_DEPTH) return unreadable('The answers are nested too deeply.');
  const deeper = { ...by, depth: by.depth + 1 };
  const words = compareWords(a, r);
  if (words !== undefined) return { verdict: words, method: 'words' };
  const chemistry = compareChemistry(a, r);
  if (chemistry !== undefined) return chemistry;
  const [aDate, rDate] = [readDate(a), readDate(r)];
  const dates = aDate && rDate && compareDates(aDate, rDate);
  if (dates !== undefined) return { verdict: dates, method: 'date' };
  const special = compareClasses(a, r) ?? compareSpoken(a, r, (x, y) => compareTexts(x, y, deeper));
  if (special !== undefined) return special;
  const [aCount, rCount] = [countOf(a, r), countOf(r, a)];
  if (aCount !== a || rCount !== r) return compareTexts(aCount, rCount, deeper);
  if (isNoneForValue(a, r)) return { verdict: 'wrong', method: 'words', reason: 'One says that there is no value, the other gives one.' };
  const [approximations, exact] = [alternatives(a), alternatives(r)];
  if (approximations.length * exact.length > 16) return unreadable('There are too many approximations.');
  if ([approximations, exact].some((all) => all.slice(1).some((part) => isContrary(itemAt(all, 0), part, deeper))))
    return unreadable('The value and the approximation beside it differ.');
  if (approximations.length > 1 || exact.length > 1)
    return best(approximations.flatMap((x) => exact.map((y) => compareTexts(x, y, deeper))));
  return compareForms(answerForm(a), answerForm(r), a, r, deeper);
}

function compareClasses(a: string, r: string): Verdict | undefined {
  const [x, y] = [readCongruence(a), readCongruence(r)];
  const bare = (text: string): bigint | undefined => wholeValue(text.replace(/^[a-zA-Z]\s*=\s*/, ''));
  if (x) return compareCongruences(x, y ?? bare(r));
  return y && compareCongruences(y, bare(a));
}

/** `C(5, 2)` beside a value is a number of choices; beside a pair it may be a point. */
function countOf(text: string, other: string): string {
  const match = /^(?:n?([CP])r?)\((\d{1,3}),\s*(\d{1,3})\)$/.exec(text);
  if (match === null || /,/.test(other)) return text;
  const [, letter, n, k] = match as unknown as [string, string, string, string];
  if (Number(k) > Number(n)) return text;
  return letter === 'C' ? `\\binom{${n}}{${k}}` : `${n}!/(${n}-${k})!`;
}

/** Whether one is "no solution" and the other a value such as `x = 3`. Beside 0 or infinity, either may be right. */
function isNoneForValue(a: string, r: string): boolean {
  const other = saysNone(a) ? r : saysNone(r) ? a : undefined;
  if (other === undefined) return false;
  const region = readRegion(other);
  if (region?.isCertain && region.parts.some(({ low, high }) => low !== high)) return true;
  const measure = readMeasure(other.replace(/^[a-zA-Z]\s*=\s*/, ''));
  const value = measure && exactValue(measure.value);
  // An undefined value is not a number, but "no solution" may be 0 solutions.
  const isUndefined = /^(?:undefined|not defined|does not exist|dne|\\emptyset|(?:the )?empty set)$/i.test(saysNone(a) ? a : r);
  return value !== undefined && (value.num !== 0n || isUndefined || /^[a-zA-Z]\s*=/.test(other));
}

/** `12\pi \approx 37.7` is the value and the approximation beside it. */
function alternatives(text: string): string[] {
  // 15 (fifteen)
  const said = /^(.*\d.*?)\s*\(([a-z][a-z -]{2,60})\)$/i.exec(text);
  if (said !== null && /^[\d(][\d() +*/]*$/.test(withoutNumberWords(itemAt(said, 2))))
    return [itemAt(said, 1), withoutNumberWords(itemAt(said, 2))];
  return splitOutside(text, /\\approx(?![a-zA-Z])|\s(?:or )?(?:approximately|about)(?=\s)|(?:,|\s)i\.e\.,?/).filter((part) => part !== '');
}

function isContrary(a: string, b: string, by: Comparison): boolean {
  return compareTexts(a, b, by).verdict === 'wrong' && compareTexts(b, a, by).verdict === 'wrong';
}

/** Right when one is right, wrong when all are wrong. */
function best(all: readonly Verdict[]): Verdict {
  return all.find(({ verdict }) => verdict === 'right') ?? all.find(({ verdict }) => verdict === 'undecided') ?? itemAt(all, 0);
}

function unreadable(reason: string, method: AnswerMethod = 'unreadable'): Verdict {
  return { verdict: 'undecided', method, reason };
}

function compareForms(a: AnswerForm, r: AnswerForm, aText: string, rText: string, by: Comparison): Verdict {
  if (a.kind === 'choice' || r.kind === 'choice') return compareChoice(a, r, aText, rText, by);
  // A determinant is another spelling of a value.
  if (a.kind === 'single' && a.text !== aText) return compareTexts(a.text, rText, by);
  if (r.kind === 'single' && r.text !== rText) return compareTexts(aText, r.text, by);
  const special = compareSpecial(a, r, aText, rText);
  if (special !== undefined) return special;
  if (a.kind === 'region' && r.kind === 'region' && (a.region.isCertain || r.region.isCertain)) {
    return { verdict: compareRegions(a.region, r.region), method: 'interval' };
  }
  const [aList, rList] = [asList(a, aText, r), asList(r, rText, a)];
  const compareParts = (x: string, y: string): Verdict => compareTexts(x, y, by);
  if (aList && rList) {
    const result = compareLists(aList, rList, by.isOrdered, compareParts);
    // 1,200 beside 1, 200 is a list or a number.
    const isNumber = [aText, rText].some((text) => /^\d{1,3}(?:,\d{3})+$/.test(text)) && (a.kind === 'single' || r.kind === 'single');
    return isNumber && aList.items.length < 3 ? unreadable('A comma may separate thousands or items.', 'list') : result;
  }
  const isFunction = (form: AnswerForm): boolean => form.kind === 'equation' && isName(form.left);
  if (a.kind === 'equation' && r.kind === 'equation') return compareTwoEquations(a, r, by);
  // x = 3 for 3, D = (1, 2) for (1, 2): one side leaves out the name.
  if (a.kind === 'equation' && (isFunction(a) || isConstantChain(a)))
    return compareChain(a, rText, by, (side) => compareTexts(side, rText, by));
  if (r.kind === 'equation' && (isFunction(r) || isConstantChain(r)))
    return compareChain(r, aText, by, (side) => compareTexts(aText, side, by));
  if (a.kind === 'region' || r.kind === 'region') return compareRegionWithOther(a, r);
  if (a.kind === 'list' || r.kind === 'list') {
    // 12,5 and 1.234,5 may be decimals.
    if ([aText, rText].some((text) => /^\d{1,3}(?:\.\d{3})*,\d+$|^\d+,\d+$/.test(text)))
      return unreadable('A comma may be a decimal point.', 'list');
    return matchesOneOfSeveral(aList, rList, a.kind === 'list' ? rText : aText, compareParts);
  }
  if (a.kind === 'equation' || r.kind === 'equation') return unreadable('An equation and a value cannot be compared.', 'equation');
  return compareSingles(aText, rText);
}

/** Compares a set of numbers with one number. */
function compareRegionWithOther(a: AnswerForm, r: AnswerForm): Verdict {
  const [region, other] = a.kind === 'region' ? [a, r] : [r as Extract<AnswerForm, { kind: 'region' }>, a];
  const value = other.kind === 'single' ? readExpression(other.text) : undefined;
  const isNumber = value !== undefined && variablesOf(value).size === 0;
  // "At least 17" is a usual answer to what the least number is.
  if (isNumber && region.kind === 'region' && region.region.parts.length === 1) {
    const { low, high } = itemAt(region.region.parts, 0);
    const isBound = [low, high].some((end) => infinity(end) === 0 && isEqual(end, other.kind === 'single' ? other.text : ''));
    if (isBound && [low, high].some((end) => infinity(end) !== 0)) return unreadable('A bound and a range may mean the same.', 'interval');
  }
  // (1, 2) may be a point; a number is neither a point nor an interval.
  return isNumber && region.kind === 'region'
    ? { verdict: 'wrong', method: 'interval' }
    : unreadable('An interval and something else cannot be compared.', 'interval');
}

/** Forms that have a rule of their own: times of day, ratios, number bases, remainders, ordinals. */
function compareSpecial(a: AnswerForm, r: AnswerForm, aText: string, rText: string): Verdict | undefined {
  if (a.kind === 'clock' || r.kind === 'clock') return compareClocks(a, r, aText, rText);
  if (a.kind === 'based' || r.kind === 'based') return compareBased(a, r, aText, rText);
  if (a.kind === 'ratio' || r.kind === 'ratio') return compareRatios(a, r, aText, rText);
  if (a.kind === 'remainder' || r.kind === 'remainder') return compareRemainders(a, r, aText, rText);
  if (a.kind === 'ordinal' && r.kind === 'ordinal') return { verdict: a.position === r.position ? 'right' : 'wrong', method: 'number' };
  if (a.kind === 'ordinal' || r.kind === 'ordinal') {
    const position = (a.kind === 'ordinal' ? a : (r as Extract<AnswerForm, { kind: 'ordinal' }>)).position;
    const value = wholeValue(a.kind === 'ordinal' ? rText : aText);
    if (value === undefined) return unreadable('An ordinal and something else cannot be compared.');
    if (value !== position) return { verdict: 'wrong', method: 'number' };
    // "Twentieth" is also a fraction.
    const isWord = !/\d/.test(a.kind === 'ordinal' ? aText : rText);
    return isWord ? unreadable('An ordinal in words may be a fraction.') : { verdict: 'right', method: 'number' };
  }
  return undefined;
}

/** The same digits without the base are right. The same number in another base may not be what was asked for. */
function compareBased(a: AnswerForm, r: AnswerForm, aText: string, rText: string): Verdict {
  const digitsOf = (text: string): string =>
    text
      .toUpperCase()
      .replace(/[ ,]/g, '')
      .replace(/^0+(?=.)/, '');
  if (a.kind === 'based' && r.kind === 'based') {
    if (a.base === r.base) return { verdict: a.digits === r.digits ? 'right' : 'wrong', method: 'base' };
    return parseDigits(a) === parseDigits(r)
      ? unreadable('The same number is in another base.', 'base')
      : { verdict: 'wrong', method: 'base' };
  }
  const [based, text] = a.kind === 'based' ? [a, rText] : [r as Extract<AnswerForm, { kind: 'based' }>, aText];
  const value = wholeValue(text);
  if (digitsOf(text) === based.digits) {
    // A base that the reference leaves out is in the question; an answer in a base other than ten may be wrong.
    return r.kind === 'based' || value === parseDigits(based)
      ? { verdict: 'right', method: 'base', reason: 'The base is left out on one side.' }
      : unreadable('The reference does not say its base.', 'base');
  }
  if (value === undefined) return unreadable('A number in a base and something else cannot be compared.', 'base');
  return value === parseDigits(based) ? unreadable('The same number is in another base.', 'base') : { verdict: 'wrong', method: 'base' };
}

function parseDigits({ digits, base }: { readonly digits: string; readonly base: number }): bigint {
  return [...digits].reduce((value, digit) => value * BigInt(base) + BigInt(parseInt(digit, 36)), 0n);
}

/** Ratios are compared up to a factor. A reference a:b may be answered by a/b; a ratio for a whole number is wrong. */
function compareRatios(a: AnswerForm, r: AnswerForm, aText: string, rText: string): Verdict {
  if (a.kind === 'ratio' && r.kind === 'ratio') {
    if (a.terms.length !== r.terms.length) return { verdict: 'wrong', method: 'ratio' };
    const [first, other] = [itemAt(a.terms, 0), itemAt(r.terms, 0)];
    const isProportional = a.terms.every((term, i) => isEqual(`(${term})*(${other})`, `(${itemAt(r.terms, i)})*(${first})`));
    const isClock = asClock(a) !== undefined && asClock(r) !== undefined;
    if (isProportional && isClock && !a.terms.every((term, i) => isEqual(term, itemAt(r.terms, i))))
      return unreadable('3:30 may be a time of day or a ratio.', 'ratio');
    return { verdict: isProportional ? 'right' : 'wrong', method: 'ratio' };
  }
  const [ratio, text] = a.kind === 'ratio' ? [a, rText] : [r as Extract<AnswerForm, { kind: 'ratio' }>, aText];
  const other = readMeasure(text);
  const duration = other && compareDuration(ratio.terms, other);
  if (duration !== undefined) return duration;
  if (other === undefined || other.units.length > 0 || other.words || ratio.terms.length !== 2)
    return unreadable('A ratio and something else cannot be compared.', 'ratio');
  const quotient = readMeasure(`(${itemAt(ratio.terms, 0)})/(${itemAt(ratio.terms, 1)})`);
  const result =
    quotient === undefined ? undefined : a.kind === 'ratio' ? compareMeasures(quotient, other) : compareMeasures(other, quotient);
  if (result?.verdict !== 'right' || r.kind === 'ratio') return { verdict: result?.verdict ?? 'undecided', method: 'ratio' };
  return wholeValue(text) === undefined
    ? unreadable('A ratio may not be what was asked for.', 'ratio')
    : { verdict: 'wrong', method: 'ratio' };
}

function isEqual(a: string, r: string): boolean {
  const [x, y] = [readExpression(a), readExpression(r)];
  return x !== undefined && y !== undefined && compareExpressions(x, y) === 'equal';
}

function compareRemainders(a: AnswerForm, r: AnswerForm, aText: string, rText: string): Verdict {
  if (a.kind === 'remainder' && r.kind === 'remainder') {
    return { verdict: a.quotient === r.quotient && a.rest === r.rest ? 'right' : 'wrong', method: 'number' };
  }
  const [remainder, text] = a.kind === 'remainder' ? [a, rText] : [r as Extract<AnswerForm, { kind: 'remainder' }>, aText];
  const value = wholeValue(text);
  if (value === undefined) return unreadable('A division with remainder and something else cannot be compared.');
  return value === remainder.quotient && remainder.rest !== 0n && a.kind !== 'remainder'
    ? { verdict: 'wrong', method: 'number', reason: 'The remainder is missing.' }
    : value === remainder.quotient
      ? unreadable('The remainder may not be asked for.')
      : { verdict: 'wrong', method: 'number' };
}

function compareChoice(a: AnswerForm, r: AnswerForm, aText: string, rText: string, by: Comparison): Verdict {
  const lettersOf = (form: AnswerForm, text: string) => (form.kind === 'choice' ? form.letters : joinedLetters(text));
  const [x, y] = [lettersOf(a, aText), lettersOf(r, rText)];
  const isClear = (form: AnswerForm): boolean => form.kind === 'choice';
  if (x && y && (isClear(a) || isClear(r))) return { verdict: x.join() === y.join() ? 'right' : 'wrong', method: 'choice' };
  if (r.kind === 'choice' && r.letters.length === 1 && aText === itemAt(r.letters, 0).toLowerCase())
    return { verdict: 'right', method: 'choice' };
  // Text after the letter can be compared. Without it, the options would have to be known.
  const [choice, other, isAnswer] = a.kind === 'choice' ? [a, rText, true] : [r as Extract<AnswerForm, { kind: 'choice' }>, aText, false];
  if (choice.content === undefined)
    return unreadable('An option letter and something else cannot be compared without the options.', 'choice');
  return isAnswer ? compareTexts(choice.content, other, by) : compareTexts(other, choice.content, by);
}

/** The list that a form may be: also a pair in round brackets, which may be a point, and `1,234` beside a list. */
function asList(form: AnswerForm, text: string, other: AnswerForm): ListForm | undefined {
  if (form.kind === 'list') return form;
  if (form.kind === 'region' && !form.region.isCertain && form.region.parts.length === 1 && other.kind !== 'region') {
    const { low, high } = itemAt(form.region.parts, 0);
    return { kind: 'list', style: 'tuple', items: [low, high] };
  }
  if (form.kind === 'region' && other.kind === 'region' && !form.region.isCertain && !other.region.isCertain) {
    return form.region.parts.length === 1
      ? { kind: 'list', style: 'tuple', items: [itemAt(form.region.parts, 0).low, itemAt(form.region.parts, 0).high] }
      : undefined;
  }
  // [1, 2] beside a set or a list.
  if (form.kind === 'region' && other.kind === 'list' && /^\[[^()]*\]$/.test(text) && form.region.parts.length === 1) return undefined;
  if (form.kind === 'single' && other.kind === 'list' && /^\d+(?:,\d+)+$/.test(text))
    return { kind: 'list', style: 'bare', items: text.split(',') };
  return undefined;
}

type Equation = Extract<AnswerForm, { kind: 'equation' }>;

function compareTwoEquations(a: Equation, r: Equation, by: Comparison): Verdict {
  if (isSameText(a.left, r.left) && isName(a.left)) return compareTexts(a.right, r.right, by);
  if (isSameText(a.left, r.right) && isSameText(a.right, r.left)) return { verdict: 'right', method: 'equation' };
  const [x, y] = [difference(a), difference(r)];
  const comparison = x && y && a.sides.length === 2 && r.sides.length === 2 ? compareEquations(x, y) : 'unknown';
  if (comparison === 'equal') return { verdict: 'right', method: 'equation' };
  if (isName(a.left) && isName(r.left)) {
    const result = compareTexts(a.right, r.right, by);
    const isFunction = (name: string): boolean => /^(?:y|[fgh](?:\([a-z]\)))$/.test(name);
    // r and "radius", A and "Area".
    const [short, long] = a.left.length < r.left.length ? [a.left, r.left] : [r.left, a.left];
    const isInitial = short.length === 1 && /^[a-z]{3,}$/i.test(long) && long.charAt(0).toLowerCase() === short.toLowerCase();
    if (result.verdict === 'right' && isInitial) return result;
    const isSameName = a.left === 'y' || r.left === 'y' || a.left[0] === r.left[0];
    if (result.verdict === 'right' && !(isFunction(a.left) && isFunction(r.left) && isSameName))
      return unreadable(`"${a.left}" and "${r.left}" may be the same.`, 'equation');
    return result;
  }
  return comparison === 'different'
    ? { verdict: 'wrong', method: 'equation' }
    : unreadable('The equations could not be compared.', 'equation');
}

function difference({ left, right }: Equation): MathExpression | undefined {
  const [x, y] = [readExpression(left), readExpression(right)];
  return x && y && { op: 'add', args: [x, { op: 'neg', args: [y] }] };
}

/** `3 + 5 = 8`: all sides are numbers. */
function isConstantChain({ sides }: Equation): boolean {
  return sides.every((side) => {
    const measure = readMeasure(side);
    return measure !== undefined && variablesOf(measure.value).size === 0;
  });
}

/** Every side after the name is the answer. If the sides differ, it is unclear which one was meant. */
function compareChain({ sides, left }: Equation, _other: string, by: Comparison, compare: (side: string) => Verdict): Verdict {
  const values = isName(left) && sides.length > 1 ? sides.slice(1) : sides;
  const last = compare(lastItem(values));
  if (values.length === 1) return last;
  const isConsistent = values
    .slice(1)
    .every(
      (side) =>
        compareTexts(side, itemAt(values, 0), by).verdict !== 'wrong' || compareTexts(itemAt(values, 0), side, by).verdict !== 'wrong',
    );
  if (!isConsistent) return unreadable('The sides of the equation are not equal.', 'equation');
  return best(values.map(compare));
}

/** Whether a text may be to the left of "=" and be left out: `x`, `f(x)`, `x_1`, "Area". */
function isName(text: string): boolean {
  return (
    /^(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_\{?[\w+-]+\}?)?'{0,2}(?:\^\{?-1\}?)?(?:\([^()=]{0,20}\))?$/.test(text) ||
    /^\\?(?:angle|triangle|overline|widehat|vec|m)\s*(?:\\angle)?\s*\{?[A-Za-z]{1,4}\}?$/.test(text) ||
    /^\\frac\{d\^?\{?\d?\}?[a-z]\}\{d[a-z]\^?\{?\d?\}?\}$/.test(text) ||
    /^\|?[A-Z]{1,4}\|?$|^\[[A-Z]{3,6}\]$/.test(text) ||
    /^P\s*\([^()]{1,40}\)$/.test(text) ||
    /^\\?(?:sin|cos|tan|cot|sec|csc)\s*(?:\\[a-z]+|\s[a-zA-Z]|\\?angle\s*[A-Z]{1,3})$/.test(text) ||
    /^[A-Za-z][A-Za-z' ]{2,30}$/.test(text)
  );
}

function compareSingles(a: string, r: string): Verdict {
  const [aMeasure, rMeasure] = [readMeasure(a), readMeasure(r)];
  const [aInfinity, rInfinity] = [infinity(a), infinity(r)];
  // Infinity beside anything but a number was decided by the text comparison before.
  if (aInfinity !== 0 && rInfinity !== 0) return { verdict: aInfinity === rInfinity ? 'right' : 'wrong', method: 'number' };
  if ((aInfinity !== 0 && rMeasure) || (rInfinity !== 0 && aMeasure)) return { verdict: 'wrong', method: 'number' };
  if (aMeasure && rMeasure) return compareMeasures(aMeasure, rMeasure);
  if (isNegated(a, r)) return { verdict: 'wrong', method: 'words' };
  return unreadable(aMeasure ? 'The reference is not readable as a value.' : 'The answer is not readable as a value.');
}

/** "not 2" for 2. */
function isNegated(a: string, r: string): boolean {
  return a.toLowerCase() === `not ${r.toLowerCase()}` || r.toLowerCase() === `not ${a.toLowerCase()}`;
}

/** Equal except for blanks without meaning (those of "3 1/2" and "1, 200" have one) and, in words, capitals. */
function isSameText(a: string, r: string): boolean {
  if (a === r) return true;
  const [x, y] = [a, r].map((text) => text.replace(/(?<![\d,a-zA-Z]) +| +(?![\da-zA-Z])/g, '')) as [string, string];
  if (x === y) return true;
  return /[a-z]{3}/i.test(a) && /^[a-z' -]+$/i.test(a) && x.toLowerCase() === y.toLowerCase();
}
