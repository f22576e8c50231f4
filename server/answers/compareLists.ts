import { english } from '../l10n.js';
import { itemAt, lastItem, mustHave } from '../reasoning/present.js';
import type { ListForm } from './answerForm.js';
import { variablesOf } from './math/expression.js';
import { readExpression } from './measure.js';
import type { Verdict } from './verdict.js';

type VerdictWord = Verdict['verdict'];
/** Compares two items by all the rules of answers. */
export type CompareTexts = (a: string, r: string) => Verdict;

const MAX_ITEMS = 40;

/**
 * Compares tuples and matrices in order, sets and lists joined by "or" in any order. Other lists may be in any order,
 * too, unless the question asks for one (`isOrdered`).
 */
export function compareLists(a: ListForm, r: ListForm, isOrdered: boolean, compareTexts: CompareTexts): Verdict {
  const compare = (x: string, y: string): VerdictWord => compareTexts(x, y).verdict;
  if (Math.max(a.items.length, r.items.length) > MAX_ITEMS) {
    return { verdict: 'undecided', method: 'limit', reason: english('Lists of more than {0} items are not compared.', MAX_ITEMS) };
  }
  if (isPattern(a) || isPattern(r)) return comparePatterns(a, r, compare);
  const shape = compareShapes(a, r);
  if (shape !== undefined) return shape;
  const [aOne, rOne] = [onlyItem(a), onlyItem(r)];
  if (aOne !== undefined && r.style === 'tuple') return compareTexts(aOne, textOf(r));
  if (rOne !== undefined && a.style === 'tuple') return compareTexts(textOf(a), rOne);
  if ((isSetOfPoints(a) && isPoint(r)) || (isSetOfPoints(r) && isPoint(a)))
    return { verdict: 'wrong', method: 'list', reason: 'One point is not several.' };
  const items = inOrderOfNames(a, r);
  // Repeated members of a set count once.
  if (a.style === 'set' && r.style === 'set') {
    const [x, y] = [members(items, compare), members(r.items, compare)];
    const isUnclear = x.length !== y.length && [x, y].some((all) => all.length > 1 && all.some((item) => !isClear(item)));
    return { verdict: x.length === y.length ? inAnyOrder(x, y, compare) : isUnclear ? 'undecided' : 'wrong', method: 'list' };
  }
  if (items.length !== r.items.length) {
    const isDistinct = [items, r.items].every((all) => new Set(all).size === all.length);
    return { verdict: isDistinct ? 'wrong' : 'undecided', method: 'list' };
  }
  if (haveOtherNames(a, r)) return { verdict: 'undecided', method: 'list', reason: 'The names differ.' };
  const inOrder = items.map((x, i) => compare(x, itemAt(r.items, i))).reduce(both, 'right');
  if ([a.style, r.style].sort().join() === 'set,tuple') {
    return { verdict: 'undecided', method: 'list', reason: 'A set and an ordered list are not the same.' };
  }
  if (inOrder === 'right') return { verdict: 'right', method: 'list' };
  const hasNames = a.names !== undefined && r.names !== undefined;
  const isInOrder = isOrdered || hasNames || [a.style, r.style].some((style) => style === 'tuple' || style === 'matrix');
  if (isInOrder && a.style !== 'set' && r.style !== 'set') {
    const isBareReference = r.style === 'bare' && r.names === undefined && a.style === 'tuple' && !isOrdered;
    return isBareReference && inAnyOrder(items, r.items, compare) === 'right'
      ? { verdict: 'undecided', method: 'order', reason: 'The order may count.' }
      : { verdict: inOrder, method: 'list' };
  }
  return { verdict: inAnyOrder(items, r.items, compare), method: 'list' };
}

/** The one pair of a set such as `\{(1, 2)\}`. */
function onlyItem({ style, items }: ListForm): string | undefined {
  return style === 'set' && items.length === 1 && /^\(.*\)$/.test(itemAt(items, 0)) ? items[0] : undefined;
}

function textOf({ items }: ListForm): string {
  return `(${items.join(', ')})`;
}

function isSetOfPoints({ style, items }: ListForm): boolean {
  return style !== 'tuple' && items.length > 1 && items.every((item) => /^\([^()]*,[^()]*\)$/.test(item)) && new Set(items).size > 1;
}

function isPoint({ style, items }: ListForm): boolean {
  return style === 'tuple' && items.every((item) => !/^\(.*,/.test(item));
}

/** Whether an item is a value, so that it can be distinguished from others. */
function isClear(item: string): boolean {
  return readExpression(item) !== undefined || /^\(.*\)$/.test(item);
}

function members(items: readonly string[], compare: (x: string, y: string) => VerdictWord): string[] {
  return items.filter((item, i) => items.slice(0, i).every((before) => compare(item, before) !== 'right'));
}

/** A vector is a tuple, by rows or by columns; matrices of different shapes differ. */
function compareShapes(a: ListForm, r: ListForm): Verdict | undefined {
  const rows = [a, r].map((one) => (one.style === 'matrix' ? one.rows : undefined));
  if (rows[0] === undefined && rows[1] === undefined) return undefined;
  if (rows[0] !== undefined && rows[1] !== undefined) {
    const isSame = rows[0] === rows[1] && a.items.length === r.items.length;
    return isSame ? undefined : { verdict: 'wrong', method: 'list', reason: 'The matrices have different shapes.' };
  }
  const [matrix, other] = a.style === 'matrix' ? [a, r] : [r, a];
  const isVector = matrix.rows === 1 || matrix.rows === matrix.items.length;
  return isVector && other.style !== 'set'
    ? undefined
    : { verdict: 'undecided', method: 'list', reason: 'A matrix and a list cannot be compared.' };
}

/** Puts `y = 4, x = 3` in the order of the reference's names or, if it has none, in alphabetical order. */
function inOrderOfNames(a: ListForm, r: ListForm): readonly string[] {
  const { items, names } = a;
  if (names === undefined) return items;
  const wanted = r.names ?? [...names].sort();
  const isSame = [...wanted].sort().join() === [...names].sort().join();
  return isSame ? wanted.map((name) => itemAt(items, names.indexOf(name))) : items;
}

function haveOtherNames(a: ListForm, r: ListForm): boolean {
  return a.names !== undefined && r.names !== undefined && [...a.names].sort().join() !== [...r.names].sort().join();
}

/** Whether a list has dots: `1, 2, \ldots, m`. If both have dots and their ends differ, it is wrong, else undecided. */
function isPattern(list: ListForm): boolean {
  return list.items.some((item) => /\\[lcd]?dots|\.\.\.|…/.test(item));
}

function comparePatterns(a: ListForm, r: ListForm, compare: (x: string, y: string) => VerdictWord): Verdict {
  const ends = [compare(itemAt(a.items, 0), itemAt(r.items, 0)), compare(lastItem(a.items), lastItem(r.items))];
  if (isPattern(a) && isPattern(r) && ends.includes('wrong')) return { verdict: 'wrong', method: 'list' };
  return { verdict: 'undecided', method: 'list', reason: 'A list with dots may continue in several ways.' };
}

/** Pairs each item with the first unused one that is right. */
function inAnyOrder(a: readonly string[], r: readonly string[], compare: (x: string, y: string) => VerdictWord): VerdictWord {
  const left = [...r];
  let verdict: VerdictWord = 'right';
  for (const x of a) {
    const verdicts = left.map((y) => compare(x, y));
    const found = verdicts.indexOf('right');
    if (found >= 0) left.splice(found, 1);
    else verdict = both(verdict, verdicts.includes('undecided') ? 'undecided' : 'wrong');
  }
  return verdict;
}

function both(a: VerdictWord, b: VerdictWord): VerdictWord {
  return a === 'wrong' || b === 'wrong' ? 'wrong' : a === 'undecided' || b === 'undecided' ? 'undecided' : 'right';
}

/** Compares one value with a list. A set of one item is compared by that item; a list of different values is wrong. */
export function matchesOneOfSeveral(a: ListForm | undefined, r: ListForm | undefined, single: string, compareTexts: CompareTexts): Verdict {
  const several = mustHave(a ?? r, 'list');
  if (several.items.length === 1 && several.style === 'set') {
    return a ? compareTexts(itemAt(several.items, 0), single) : compareTexts(single, itemAt(several.items, 0));
  }
  if (several.names !== undefined && new Set(several.names).size > 1)
    return { verdict: 'undecided', method: 'list', reason: 'Only some of the names are given.' };
  const values = [single, ...several.items].map((item) => readExpression(item.replace(/^\\?[a-zA-Z]\s*=\s*/, '')));
  const isReadable = !values.includes(undefined);
  if (isReadable && several.items.length > 1) {
    const isDistinct = compareTexts(itemAt(several.items, 0), itemAt(several.items, 1)).verdict === 'wrong' || several.style === 'tuple';
    const hasVariables = several.style !== 'set' && variablesOf(mustHave(values[0], 'value')).size > 0;
    if (isDistinct && !hasVariables) return { verdict: 'wrong', method: 'list', reason: 'One value is not several.' };
  }
  return { verdict: 'undecided', method: 'unreadable', reason: 'A list and something else cannot be compared.' };
}
