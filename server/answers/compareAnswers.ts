import type { Algebra } from './algebra.js';
import { type AnswerForm, answerForm, type Interval } from './answerForm.js';
import { answerText } from './answerText.js';
import { compareQuantities, compareRounded, type Quantity, readQuantity, splitUnit, unitsAgree } from './quantity.js';
import { isRounding, toNumber } from './rational.js';
import type { Unit } from './units.js';

export type AnswerMethod =
  | 'empty'
  | 'text'
  | 'words'
  | 'choice'
  | 'number'
  | 'unit'
  | 'percent'
  | 'rounded'
  | 'rounding'
  | 'list'
  | 'order'
  | 'interval'
  | 'base'
  | 'ratio'
  | 'equation'
  | 'algebra'
  | 'unreadable';

/** Whether an answer is the reference, and how that was found; `undecided` says what was in the way. */
export interface Verdict {
  readonly verdict: 'right' | 'wrong' | 'undecided';
  readonly method: AnswerMethod;
}

type Judgement = Verdict['verdict'];

/** Words that exclude each other: two of one row are not the same answer. */
const OPPOSITES = [
  'yes|no',
  'true|false',
  'even|odd',
  'positive|negative',
  'increasing|decreasing',
  'monday|tuesday|wednesday|thursday|friday|saturday|sunday',
  'acute|right|obtuse',
  'north|south|east|west',
  'left|right',
  'greater|less|equal',
].map((row) => row.split('|'));
const NOTHING = /^(?:no (?:real )?solutions?|empty set|\\emptyset|\\varnothing|\\\{ ?\\\})$/i;

/** Compares two answers as they were written. */
export function compareAnswers(answer: string, reference: string, algebra: Algebra): Verdict {
  const a = answerText(answer);
  const r = answerText(reference);
  if (r === '') return { verdict: 'undecided', method: 'empty' };
  if (a === '') return { verdict: 'wrong', method: 'empty' };
  return compareTexts(a, r, algebra);
}

function compareTexts(a: string, r: string, algebra: Algebra): Verdict {
  if (isSameText(a, r)) return { verdict: 'right', method: 'text' };
  return compareForms(answerForm(a), answerForm(r), a, r, algebra);
}

function compareForms(a: AnswerForm, r: AnswerForm, aText: string, rText: string, algebra: Algebra): Verdict {
  if (a.kind === 'choice' || r.kind === 'choice') return compareChoice(a, r, aText, rText, algebra);
  if (a.kind === 'interval' && r.kind === 'interval') return compareIntervals(a.parts, r.parts, algebra);
  const [aList, rList] = [asList(a), asList(r)];
  if (aList && rList) return compareLists(aList, rList, algebra);
  if (a.kind === 'based' || r.kind === 'based') return compareBased(a, r);
  if (a.kind === 'ratio' && r.kind === 'ratio') return compareRatios(a.terms, r.terms);
  if (a.kind === 'equation' && r.kind === 'equation') return compareEquations(a, r, algebra);
  // x = 3 for 3: the variable is left out on one side.
  if (a.kind === 'equation' && isName(a.left)) return compareTexts(a.right, rText, algebra);
  if (r.kind === 'equation' && isName(r.left)) return compareTexts(aText, r.right, algebra);
  // "The cost is $18 = 1800 cents" and the like: the last side is the result.
  if (a.kind !== 'single' || r.kind !== 'single') return oneOfSeveral(aList, rList);
  return compareSingles(a.text, r.text, algebra);
}

/** One value against several is wrong when the several are numbers; anything else is not comparable. */
function oneOfSeveral(a: ListForm | undefined, r: ListForm | undefined): Verdict {
  const several = a ?? r;
  const numbers = several !== undefined && several.items.length > 1 && several.items.every((item) => readQuantity(item) !== undefined);
  return numbers && (a === undefined) !== (r === undefined) && several.style === 'set'
    ? { verdict: 'wrong', method: 'list' }
    : { verdict: 'undecided', method: 'unreadable' };
}

function compareSingles(a: string, r: string, algebra: Algebra): Verdict {
  const [aQuantity, rQuantity] = [readQuantity(a), readQuantity(r)];
  const [aInfinity, rInfinity] = [infinity(a), infinity(r)];
  // Against anything but a number, infinity is left to the text comparison before.
  if (aInfinity !== 0 && rInfinity !== 0) return { verdict: aInfinity === rInfinity ? 'right' : 'wrong', method: 'number' };
  if ((aInfinity !== 0 && rQuantity) || (rInfinity !== 0 && aQuantity)) return { verdict: 'wrong', method: 'number' };
  if (aQuantity && rQuantity) return compareQuantities(aQuantity, rQuantity);
  if ((!aQuantity && isMixed(a)) || (!rQuantity && isMixed(r))) return { verdict: 'undecided', method: 'unreadable' };
  const words = compareWords(a, r);
  if (words !== undefined) return words;
  const [aUnit, rUnit] = [splitUnit(a), splitUnit(r)];
  if (aUnit || rUnit)
    return compareWithUnits(aUnit ?? { body: a, unit: aQuantity?.unit }, rUnit ?? { body: r, unit: rQuantity?.unit }, algebra);
  const half = aQuantity
    ? compareWithExpression(aQuantity, r, true, algebra)
    : rQuantity
      ? compareWithExpression(rQuantity, a, false, algebra)
      : undefined;
  if (half !== undefined) return half;
  const result = algebra.compare(a, r);
  if (result !== 'unknown') return { verdict: result === 'equal' ? 'right' : 'wrong', method: 'algebra' };
  return { verdict: 'undecided', method: 'unreadable' };
}

interface Measured {
  readonly body: string;
  readonly unit: Unit | undefined;
}

/** Expressions of which at least one has a unit behind it; a unit on one side only is taken as left out on the other. */
function compareWithUnits(a: Measured, r: Measured, algebra: Algebra): Verdict {
  const agree = unitsAgree(a.unit, r.unit);
  if (agree !== true) return { verdict: agree ? 'undecided' : 'wrong', method: 'unit' };
  return compareTexts(a.body, r.body, algebra);
}

/** A number against an expression such as `2\sqrt{3}`, `\frac{\pi}{6}`: by value, with the rules for rounding. */
function compareWithExpression(quantity: Quantity, expression: string, isAnswer: boolean, algebra: Algebra): Verdict | undefined {
  const value = algebra.value(expression);
  if (value === undefined || quantity.percent) return undefined;
  const { number, unit } = quantity;
  const radians = unit?.dimension === 'angle' && expression.includes('\\pi') ? Math.PI / 180 : 1;
  const written = toNumber(number) * radians;
  if (Math.abs(written - value) <= 1e-12 * Math.max(1, Math.abs(value))) return { verdict: 'right', method: 'algebra' };
  if (number.decimals === undefined || radians !== 1) return { verdict: 'wrong', method: 'algebra' };
  // As exact as the comparison needs it: 15 decimals.
  const exact = {
    num: BigInt(Math.round(value * 1e6)) * 10n ** 9n + BigInt(Math.round((value * 1e6 - Math.round(value * 1e6)) * 1e9)),
    den: 10n ** 15n,
  };
  if (!isRounding(number, exact)) return { verdict: 'wrong', method: 'algebra' };
  const isEndless = Math.abs(value * 1e6 - Math.round(value * 1e6)) > 1e-6 * Math.max(1, Math.abs(value));
  return isAnswer ? compareRounded(number, exact, isEndless) : compareRounded(exact, number, isEndless);
}

function compareWords(a: string, r: string): Verdict | undefined {
  if (NOTHING.test(a) && NOTHING.test(r)) return { verdict: 'right', method: 'words' };
  const [aWord, rWord] = [a.toLowerCase(), r.toLowerCase()];
  if (!OPPOSITES.some((row) => row.includes(aWord) && row.includes(rWord))) return undefined;
  return { verdict: aWord === rWord ? 'right' : 'wrong', method: 'words' };
}

type ChoiceForm = Extract<AnswerForm, { kind: 'choice' }>;
type ListForm = Extract<AnswerForm, { kind: 'list' }>;

function compareChoice(a: AnswerForm, r: AnswerForm, aText: string, rText: string, algebra: Algebra): Verdict {
  if (a.kind === 'choice' && r.kind === 'choice')
    return { verdict: a.letters.join() === r.letters.join() ? 'right' : 'wrong', method: 'choice' };
  if (r.kind === 'choice' && r.letters.length === 1 && aText === r.letters[0]!.toLowerCase()) return { verdict: 'right', method: 'choice' };
  // With what stands behind the letter there is something to compare; without it the options would have to be known.
  const [choice, other, isAnswer] = a.kind === 'choice' ? [a, rText, true] : [r as ChoiceForm, aText, false];
  if (choice.content === undefined) return { verdict: 'undecided', method: 'choice' };
  return isAnswer ? compareTexts(choice.content, other, algebra) : compareTexts(other, choice.content, algebra);
}

function compareIntervals(a: readonly Interval[], r: readonly Interval[], algebra: Algebra): Verdict {
  if (a.length !== r.length) return { verdict: r.some((part) => part.certain) ? 'wrong' : 'undecided', method: 'interval' };
  const verdict = matched(a, r, false, (x, y) => {
    const open = x.lowOpen === y.lowOpen && x.highOpen === y.highOpen;
    return open ? both(compareTexts(x.low, y.low, algebra).verdict, compareTexts(x.high, y.high, algebra).verdict) : 'wrong';
  });
  return { verdict, method: 'interval' };
}

/** Bracketed pairs may also be points or lists. */
function asList(form: AnswerForm): ListForm | undefined {
  if (form.kind === 'list') return form;
  if (form.kind !== 'interval' || form.parts.length !== 1 || form.parts[0]!.certain) return undefined;
  return { kind: 'list', style: 'tuple', items: [form.parts[0]!.low, form.parts[0]!.high] };
}

/** Tuples and matrices in order; sets in any; of two bare lists the other order is undecided, as nobody says whether it counts. */
function compareLists(a: ListForm, r: ListForm, algebra: Algebra): Verdict {
  const [aItems, rItems] = [named(a), named(r)];
  const compare = (x: string, y: string): Judgement => compareTexts(x, y, algebra).verdict;
  if ((a.style === 'matrix') !== (r.style === 'matrix')) return { verdict: 'undecided', method: 'list' };
  if (aItems.length !== rItems.length)
    return { verdict: aItems.every((x, i) => aItems.indexOf(x) === i) ? 'wrong' : 'undecided', method: 'list' };
  const inOrder = matched(aItems, rItems, true, compare);
  const isSetAgainstTuple = [a.style, r.style].sort().join() === 'set,tuple';
  if (isSetAgainstTuple) return { verdict: 'undecided', method: 'list' };
  if (inOrder === 'right') return { verdict: 'right', method: 'list' };
  const anyOrder = matched(aItems, rItems, false, compare);
  if (a.style === 'set' || r.style === 'set') return { verdict: anyOrder, method: 'list' };
  if (a.style === 'bare' && r.style === 'bare' && anyOrder === 'right') return { verdict: 'undecided', method: 'order' };
  return { verdict: inOrder, method: 'list' };
}

/** `y = 4, x = 3` as 3, 4: in the order of the names; the names are left out unless only some items have one. */
function named(list: ListForm): readonly string[] {
  const pairs = list.items.map((item) => /^([a-z])\s*=\s*(.+)$/i.exec(item));
  if (pairs.some((pair) => pair === null))
    return pairs[0] !== null && pairs.slice(1).every((pair) => pair === null) ? [pairs[0]![2]!, ...list.items.slice(1)] : list.items;
  return [...pairs].sort((x, y) => (x![1]! < y![1]! ? -1 : x![1]! > y![1]! ? 1 : 0)).map((pair) => pair![2]!);
}

/** Pairs items in order, or each with the first unused one that is right; undecided as soon as a pair in question is. */
function matched<T>(a: readonly T[], r: readonly T[], inOrder: boolean, compare: (x: T, y: T) => Judgement): Judgement {
  if (inOrder) return a.map((x, i) => compare(x, r[i]!)).reduce(both, 'right');
  const left = [...r];
  let verdict: Judgement = 'right';
  for (const x of a) {
    const verdicts = left.map((y) => compare(x, y));
    const found = verdicts.indexOf('right');
    if (found >= 0) left.splice(found, 1);
    else verdict = both(verdict, verdicts.includes('undecided') ? 'undecided' : 'wrong');
  }
  return verdict;
}

function both(a: Judgement, b: Judgement): Judgement {
  return a === 'wrong' || b === 'wrong' ? 'wrong' : a === 'undecided' || b === 'undecided' ? 'undecided' : 'right';
}

function compareBased(a: AnswerForm, r: AnswerForm): Verdict {
  if (a.kind !== 'based' || r.kind !== 'based') return { verdict: 'undecided', method: 'base' };
  const same = parseInt(a.digits, Number(a.base)) === parseInt(r.digits, Number(r.base));
  // The same number in another base is not what was asked for, perhaps.
  return { verdict: !same ? 'wrong' : a.base === r.base ? 'right' : 'undecided', method: 'base' };
}

/** Term by term; 2:4 for 1:2 is undecided, as the shortest form may have been asked for. */
function compareRatios(a: readonly string[], r: readonly string[]): Verdict {
  if (a.length !== r.length) return { verdict: 'wrong', method: 'ratio' };
  const isSame = a.every((term, i) => Number(term) === Number(r[i]));
  const isMultiple = a.every((term, i) => Number(term) * Number(r[0]) === Number(r[i]) * Number(a[0]));
  return { verdict: isSame ? 'right' : isMultiple ? 'undecided' : 'wrong', method: 'ratio' };
}

function compareEquations(
  a: Extract<AnswerForm, { kind: 'equation' }>,
  r: Extract<AnswerForm, { kind: 'equation' }>,
  algebra: Algebra,
): Verdict {
  if (isSameText(a.left, r.left)) return compareTexts(a.right, r.right, algebra);
  const difference = (form: { left: string; right: string }): string => `(${form.left})-(${form.right})`;
  if (algebra.proportional(difference(a), difference(r)) === 'equal') return { verdict: 'right', method: 'equation' };
  return { verdict: 'undecided', method: 'equation' };
}

/** `x`, `f(x)`, `x_1`, "Area": what may stand left of "=" and be left out. */
function isName(text: string): boolean {
  return /^(?:[a-zA-Z]|\\[a-z]+)(?:_\{?\w+\}?)?(?:\([a-zA-Z]\))?$|^\\angle\s*[A-Z]{1,3}$|^[A-Za-z][A-Za-z ]{2,20}$/.test(text);
}

/** 1 or -1 for plus or minus infinity, else 0. */
function infinity(text: string): number {
  return /^\+?\s*(?:\\infty|infinity)$/i.test(text) ? 1 : /^-\s*(?:\\infty|infinity)$/i.test(text) ? -1 : 0;
}

/** Written like a mixed number; 2\frac{3}{2} is none, and not for certain a product either. */
function isMixed(text: string): boolean {
  return /\d\s*\\frac\s*\{\d+\}\s*\{\d+\}/.test(text);
}

/** The same up to blanks that say nothing (those of "3 1/2" and "1, 200" do); of words, up to capitals too. */
function isSameText(a: string, r: string): boolean {
  const [x, y] = [a, r].map((text) => text.replace(/(?<![\d,])\s+|\s+(?!\d)/g, '')) as [string, string];
  if (x === y) return true;
  return /[a-z]{3}/i.test(a) && /^[a-z' -]+$/i.test(a) && x.toLowerCase() === y.toLowerCase();
}
