import { itemAt, lastItem } from '../reasoning/present.js';
import { isBalanced, splitOutside } from './answerText.js';
import { exactValue } from './math/evaluate.js';
import { readExpression } from './measure.js';
import { readOrdinal, withoutNumberWords } from './numberWords.js';
import { type NumberSet, readRegion } from './region.js';

/** The form of an answer, by how it is written. Its parts are texts, which are compared by the same rules again. */
export type AnswerForm =
  /** Option letters; a single one may have text after it: `C`, `(C) 12 cm`, `A, C`. */
  | { readonly kind: 'choice'; readonly letters: readonly string[]; readonly content?: string }
  | { readonly kind: 'region'; readonly region: NumberSet }
  | ListForm
  /** `left` may be a name; `sides` are all sides of a chain. */
  | { readonly kind: 'equation'; readonly left: string; readonly right: string; readonly sides: readonly string[] }
  | { readonly kind: 'based'; readonly digits: string; readonly base: number }
  | { readonly kind: 'ratio'; readonly terms: readonly string[] }
  /** A time of day in minutes, up to 12 hours if neither "am" nor "pm" gives the half of the day. */
  | { readonly kind: 'clock'; readonly minutes: number; readonly isExact: boolean }
  | { readonly kind: 'remainder'; readonly quotient: bigint; readonly rest: bigint }
  | { readonly kind: 'ordinal'; readonly position: bigint }
  | { readonly kind: 'single'; readonly text: string };

/** `tuple`: in parentheses; `set`: in braces or joined by "or"; `bare`: with commas or "and" only; `matrix`: by rows. */
export interface ListForm {
  readonly kind: 'list';
  readonly style: 'tuple' | 'set' | 'bare' | 'matrix';
  readonly items: readonly string[];
  /** Names of the items, if all have one. */
  readonly names?: readonly string[];
  readonly rows?: number;
}

const LETTER = /^(?:(?:option|choice|answer)\s*)?[([]?([A-Na-n])[)\]]?(?:[.:)]\s*(.*)|\s*项)?$/i;
const LETTERS = /^\(?[A-N]\)?(?:\s*(?:,|and|or|&|和|或)\s*(?:(?:and|or)\s+)?\(?[A-N]\)?)+$/;
const NAME = /^\\?[a-zA-Z]+(?:_\{?\w+\}?)?$/;

/** Reads the form of a text that `answerText` has cleaned. */
export function answerForm(text: string): AnswerForm {
  return (
    choice(text) ??
    remainder(text) ??
    clock(text) ??
    based(text) ??
    ratio(text) ??
    nestedRows(text) ??
    region(text) ??
    element(text) ??
    matrix(text) ??
    unitVectors(text) ??
    plusMinus(text) ??
    list(text) ??
    equation(text) ??
    ordinal(text) ?? { kind: 'single', text }
  );
}

/** A lone capital A-N is an option letter; a small letter is one only with a bracket or a word such as "option". */
function choice(text: string): AnswerForm | undefined {
  const joined = text.replace(/^both\s+/i, '');
  if (LETTERS.test(joined)) return { kind: 'choice', letters: [...joined.matchAll(/[A-N]/g)].map(String).sort() };
  const behind = /^\(([A-Na-n])\)\s*(\S.*)$/.exec(text);
  const match = behind ?? LETTER.exec(text);
  if (
    match === null ||
    /^[a-n]$/.test(text) ||
    (behind !== null && /^[\^+*/=,]|^-\s*\w|^\\(?:cup|cap|times|cdot|in)/.test(itemAt(behind, 2)))
  )
    return undefined;
  const content = match[2]?.trim();
  return { kind: 'choice', letters: [itemAt(match, 1).toUpperCase()], ...(content !== undefined && content !== '' && { content }) };
}

/** `ABD`: option letters in order with nothing between them. The text may also be a product of variables or a name. */
export function joinedLetters(text: string): readonly string[] | undefined {
  const letters = [...text];
  return /^[A-H]{2,8}$/.test(text) && letters.every((letter, i) => i === 0 || itemAt(letters, i - 1) < letter) ? letters : undefined;
}

function remainder(text: string): AnswerForm | undefined {
  const match = /^(\d{1,18})\s*,?\s*(?:with\s+)?(?:a\s+)?(?:remainder(?:\s+of)?|rem\.?|[rR]|余)\s*(\d{1,18})$/.exec(text);
  return match === null ? undefined : { kind: 'remainder', quotient: BigInt(itemAt(match, 1)), rest: BigInt(itemAt(match, 2)) };
}

function clock(text: string): AnswerForm | undefined {
  if (/^(?:12 )?(?:noon|midnight)$/i.test(text)) return { kind: 'clock', minutes: /noon/i.test(text) ? 720 : 0, isExact: true };
  const han = /^(上午|下午|晚上)?(\d{1,2})[点时](?:(\d{1,2})分?|半|整)?$/.exec(text);
  if (han !== null && Number(han[2]) < 25 && Number(han[3] ?? 0) < 60) {
    const isLate = /下午|晚上/.test(han[1] ?? '') && Number(han[2]) < 12;
    const minutes = Number(han[2]) * 60 + (text.endsWith('半') ? 30 : Number(han[3] ?? 0)) + (isLate ? 720 : 0);
    return { kind: 'clock', minutes, isExact: han[1] !== undefined || minutes >= 780 };
  }
  const spoken = spokenTime(text);
  if (spoken !== undefined) return spoken;
  const match = /^(\d{1,2})(?::(\d{2}))?\s*(?:(a|p)\.?\s?m\.?|o'?clock)$/i.exec(text);
  if (match === null) return undefined;
  const [hour, minute, half] = [Number(match[1]), Number(match[2] ?? '0'), match[3]?.toLowerCase()];
  if (hour > 12 || minute > 59) return undefined;
  return { kind: 'clock', minutes: (hour % 12) * 60 + minute + (half === 'p' ? 720 : 0), isExact: half !== undefined };
}

/** "quarter to four in the afternoon", "half past 7", "ten past three" */
function spokenTime(text: string): AnswerForm | undefined {
  const match =
    /^(?:a )?(quarter|half|[a-z]+|\d{1,2})(?: minutes?)? (past|after|to|before) ([a-z]+|\d{1,2})(?: (?:in the|at) (morning|afternoon|evening|night)| (a|p)\.?m\.?)?$/i.exec(
      text,
    );
  // "5 to 2" and "three to two" are ratios.
  if (
    match === null ||
    (/^to$/i.test(itemAt(match, 2)) && !/quarter|half/i.test(itemAt(match, 1)) && match[4] === undefined && match[5] === undefined)
  )
    return undefined;
  const size = { quarter: 15, half: 30 }[itemAt(match, 1).toLowerCase()] ?? Number(withoutNumberWords(itemAt(match, 1)));
  const hour = Number(withoutNumberWords(itemAt(match, 3)));
  if (!(size > 0 && size < 60 && hour > 0 && hour < 13)) return undefined;
  const half = match[5]?.toLowerCase() ?? (match[4] === undefined ? undefined : /morning/i.test(match[4]) ? 'a' : 'p');
  const isTo = /to|before/i.test(itemAt(match, 2));
  const minutes = ((hour % 12) * 60 + (isTo ? -size : size) + 720) % 720;
  return { kind: 'clock', minutes: minutes + (half === 'p' ? 720 : 0), isExact: half !== undefined };
}

/** A ratio that may be a time of day: 3:30. */
export function asClock(form: AnswerForm): Extract<AnswerForm, { kind: 'clock' }> | undefined {
  if (form.kind === 'clock') return form;
  if (
    form.kind !== 'ratio' ||
    form.terms.length !== 2 ||
    !/^\d{1,2}$/.test(itemAt(form.terms, 0)) ||
    !/^[0-5]\d$/.test(itemAt(form.terms, 1))
  )
    return undefined;
  const hour = Number(form.terms[0]);
  if (hour > 23) return undefined;
  const isExact = hour > 12 || hour === 0;
  return { kind: 'clock', minutes: (isExact ? hour : hour % 12) * 60 + Number(form.terms[1]), isExact };
}

/** `52_8`, `52 (base 8)`: digits in a number base. */
function based(text: string): AnswerForm | undefined {
  const prefixed = /^0(?:x([\da-f]+)|b([01]+)|o([0-7]+))$/i.exec(text);
  if (prefixed !== null) {
    const base = prefixed[1] !== undefined ? 16 : prefixed[2] !== undefined ? 2 : 8;
    return { kind: 'based', digits: plainDigits(prefixed[1] ?? prefixed[2] ?? itemAt(prefixed, 3)), base };
  }
  const hex = /^\(?(?=[\da-f]*\d|[A-F])([\da-f]+)\)?\s*_\s*\{?\s*(?:16|sixteen)\s*\}?$/i.exec(text);
  if (hex !== null) return { kind: 'based', digits: plainDigits(itemAt(hex, 1)), base: 16 };
  const match =
    /^\(?([0-9A-F]*\d[0-9A-F]*|[A-F]+(?=\)?_\{?16))\)?\s*_\s*\{?\s*(?:\(\s*)?(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen)\s*(?:\)\s*)?\}?$/.exec(
      text,
    ) ??
    /^([0-9A-F]*\d[0-9A-F]*)\s*,?\s*\(?\s*(?:in\s+)?base[ -](\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen)\s*\)?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const words = [
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
  ];
  const base = /^\d/.test(itemAt(match, 2)) ? Number(match[2]) : words.indexOf(itemAt(match, 2).toLowerCase()) + 2;
  return base < 2 || base > 36 ? undefined : { kind: 'based', digits: plainDigits(itemAt(match, 1)), base };
}

function plainDigits(digits: string): string {
  return digits.toUpperCase().replace(/^0+(?=.)/, '');
}

/** `3:4`, `1 : 2 : 5`, `3 to 4`; also a time of day. */
function ratio(text: string): AnswerForm | undefined {
  if (text.length > 100) return undefined;
  const terms = splitOutside(text.replace(/\\colon(?![a-zA-Z])/g, ':'), /:|\bto\b/);
  if (terms.length < 2 || terms.includes('')) return undefined;
  const isNumeric = terms.every((term) => {
    const value = readExpression(term);
    return value !== undefined && /^[\d\\.(/]/.test(term) && exactValue(value) !== undefined;
  });
  return isNumeric ? { kind: 'ratio', terms } : undefined;
}

function region(text: string): AnswerForm | undefined {
  // "and" joins inequalities here and numbers in lists.
  const found = readRegion(text);
  if (found === undefined) return undefined;
  const isPoints = found.parts.every((part) => part.low === part.high) && /^(?:\\?[a-z]+\s*\\in\s*)?\\\{/.test(text);
  return isPoints ? undefined : { kind: 'region', region: found };
}

/** `x \in \{1, 2\}` */
function element(text: string): AnswerForm | undefined {
  const match = /^(?:[a-zA-Z]|\\[a-z]+)\s*\\in\s*(.+)$/.exec(text);
  return match === null ? undefined : answerForm(itemAt(match, 1));
}

function matrix(text: string): AnswerForm | undefined {
  const match =
    /^(.*?)\\begin\s*\{([bpvBV]?matrix|array)\}(?:\{[lcr|]*\})?(.*)\\end\s*\{\2\}\s*[\])|]?\s*(\^\s*\{?\s*(?:T|\\top)\s*\}?)?$/.exec(text);
  if (match === null || itemAt(match, 3).includes('\\begin')) return undefined;
  const factor = itemAt(match, 1)
    .replace(/^[a-zA-Z]\s*=\s*/, '')
    .replace(/\\(?:cdot|times)\s*$|[([]\s*$/, '')
    .trim();
  let cells = itemAt(match, 3)
    .split(/\\\\(?:\[[^\]]*\])?/)
    .filter((row) => row.trim() !== '')
    .map((row) => row.split('&').map((cell) => cell.trim()));
  const columns = cells[0]?.length ?? 0;
  if (columns === 0 || cells.some((row) => row.length !== columns) || cells.length * columns > 64) return undefined;
  if (match[2] === 'vmatrix') {
    const determinant = determinantText(cells);
    return determinant === undefined ? undefined : { kind: 'single', text: factor === '' ? determinant : `${factor}(${determinant})` };
  }
  if (match[4] !== undefined) cells = Array.from({ length: columns }, (_, column) => cells.map((row) => itemAt(row, column)));
  const items = cells.flat().map((cell) => (factor === '' ? cell : `(${factor === '-' ? '-1' : factor})(${cell})`));
  return { kind: 'list', style: 'matrix', items, rows: cells.length };
}

/** `[[1, 2], [3, 4]]`: a matrix as it is typed. */
function nestedRows(text: string): AnswerForm | undefined {
  const inner = /^\[\s*(\[[^[\]]*\](?:\s*,\s*\[[^[\]]*\])+)\s*\]$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const rows = splitOutside(inner, /,/).map((row) => splitOutside(row.slice(1, -1), /,/));
  const columns = itemAt(rows, 0).length;
  if (rows.some((row) => row.length !== columns || row.includes('')) || rows.length * columns > 64) return undefined;
  return { kind: 'list', style: 'matrix', items: rows.flat(), rows: rows.length };
}

function determinantText(cells: readonly (readonly string[])[]): string | undefined {
  const [first] = cells;
  if (first === undefined || cells.length !== first.length || cells.length > 3) return undefined;
  if (cells.length === 1) return `(${itemAt(first, 0)})`;
  const terms = first.map((cell, column) => {
    const minor = determinantText(cells.slice(1).map((row) => row.filter((_, i) => i !== column)));
    return `${column % 2 === 0 ? '+' : '-'}(${cell})(${minor})`;
  });
  return terms.join('');
}

/** `2\hat{i} - \hat{j}` is a tuple, with two items if it has no third direction. */
function unitVectors(text: string): AnswerForm | undefined {
  if (/^[-+\d./\s]*[ijk](?:\s*[-+][\d./\s]*[ijk]){1,2}$/.test(text) && /i/.test(text) && /j/.test(text))
    return unitVectors(text.replace(/[ijk]/g, (axis) => `\\unitvector${axis.toUpperCase()}`));
  if (!text.includes('\\unitvector') || /[=<>,]/.test(text)) return undefined;
  const found = new Map<string, string>();
  const parts = text.replaceAll(' ', '').split(/\\unitvector([IJK])/);
  if (parts.at(-1) !== '') return undefined;
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [coefficient, axis] = [itemAt(parts, i), itemAt(parts, i + 1)];
    if (found.has(axis) || (i > 0 && !/^[+-]/.test(coefficient)) || !isBalanced(coefficient)) return undefined;
    found.set(axis, /^[+-]?$/.test(coefficient) ? `${coefficient}1` : coefficient);
  }
  const axes = found.has('K') ? ['I', 'J', 'K'] : ['I', 'J'];
  return { kind: 'list', style: 'tuple', items: axes.map((axis) => (found.get(axis) ?? '0').replace(/^\+/, '')) };
}

/** `a \pm b` is two values. */
function plusMinus(text: string): AnswerForm | undefined {
  const parts = /^(?:\\?[a-zA-Z]+(?:\([a-z]\))?\s*=\s*)?(.*?)\s*(?:\\pm|\\mp|\+\/-)(?![a-zA-Z])\s*(.*)$/.exec(text);
  if (parts === null || /\\pm|\\mp|=|[<>]/.test(itemAt(parts, 2)) || /,/.test(text)) return undefined;
  return { kind: 'list', style: 'set', items: [`${parts[1]}+${parts[2]}`.replace(/^\+/, ''), `${parts[1]}-${parts[2]}`] };
}

function list(text: string): AnswerForm | undefined {
  const inner = /^\\\{(.*)\\\}$/.exec(text) ?? /^\{(.*[,;].*)\}$/.exec(text);
  if (inner !== null) {
    // The condition defines the numbers of the set; if it cannot be read, the text is not a list either.
    if (/^[^,;]*?[a-zA-Z)\]}]\s*(?:\||:)\s*\S/.test(itemAt(inner, 1)) && /[=<>]|\\[lg]e|\\in/.test(itemAt(inner, 1))) return undefined;
    const items = splitOutside(itemAt(inner, 1), /[,;]/).filter((item) => item !== '');
    return { kind: 'list', style: 'set', items };
  }
  const tuple =
    /^(?:[A-Z]'?|\\vec\s*\{?[a-z]\}?\s*=)?\s*(?:\(|\\langle(?![a-zA-Z])|<)(.*)(?:\)|\\rangle|>)(?:\^\s*\{?\s*(?:T|\\top)\s*\}?)?$/.exec(
      text,
    );
  if (tuple !== null) {
    const items = splitOutside(itemAt(tuple, 1), /[,;]/);
    if (items.length > 1 && !items.includes('') && items.every(isBalanced) && isBalanced(itemAt(tuple, 1)))
      return { kind: 'list', style: 'tuple', items };
  }
  const square = /^\[(.*)\]$/.exec(text);
  if (square !== null && splitOutside(itemAt(square, 1), /,/).length > 2)
    return { kind: 'list', style: 'bare', items: splitOutside(itemAt(square, 1), /,/) };
  if (isOneNumber(text) || isOneNumber(withoutNumberWords(text))) return undefined;
  const items = splitOutside(text, /,\s*(?:and|or)(?![a-zA-Z])|[,;]|\s(?:and|or)(?=\s)|\\text\{(?:and|or)\}|(?<=[\d)}a-z])\s*(?:或|和|与)/);
  if (items.length < 2 || items.includes('')) return undefined;
  if (items.some((item) => /\\pm/.test(item))) return signs(items);
  return named(items, /\sor\s|或/.test(text) ? 'set' : 'bare');
}

/** `\pm 1, \pm 2` are four values. */
function signs(items: readonly string[]): AnswerForm | undefined {
  const all = items.map((item) => (/\\pm/.test(item) ? plusMinus(item) : ({ kind: 'list', style: 'bare', items: [item] } as const)));
  if (all.some((one) => one?.kind !== 'list')) return undefined;
  return { kind: 'list', style: 'set', items: (all as ListForm[]).flatMap((one) => one.items) };
}

/** `x=3, y=4` has names. `x=1, x=2` are two values of one name, and so are the items of `m = 4, 5`. */
function named(items: readonly string[], style: 'set' | 'bare'): AnswerForm {
  // "a is 1 and b is 2", "Alice: 5, Bob: 3", "Alice has 5 and Bob has 3"
  const pairs = items.map((item) =>
    /^(\\?[a-zA-Z]+(?:_\{?\w+\}?)?)(?:\s*=\s*|\s*:\s*(?=[-\d$])|\s+(?:is|has|gets|got|gives|=)\s+(?=[-\d$\\]))([^=]+)$/.exec(item),
  );
  const names = pairs.map((pair) => pair?.[1]);
  if (names.every((name) => name !== undefined)) {
    const values = pairs.map((pair) => pair?.[2] ?? '');
    const distinct = new Set(names.map((name) => name.replace(/_\{?\d\}?$/, '')));
    const isOne = new Set(names).size === 1 || (distinct.size === 1 && names.every((name) => /_\{?\d\}?$/.test(name)));
    return isOne ? { kind: 'list', style: 'set', items: values } : { kind: 'list', style, items: values, names };
  }
  if (names[0] !== undefined && names.slice(1).every((name) => name === undefined))
    return { kind: 'list', style, items: [pairs[0]?.[2] ?? '', ...items.slice(1)] };
  return { kind: 'list', style, items };
}

/** `1,234` and `1,234,567.5 km`, "three hundred and five", and "5 hours and 30 minutes" are one value. */
function isOneNumber(text: string): boolean {
  return (
    /^[^\d\s,]{0,4}\s*\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)[^,;\d]*$/.test(text) ||
    /^[^\d\s,]{0,4}\s*\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d+)?(?!\d)[^,;\d]*$/.test(text) ||
    /^[a-z-]+ (?:hundred|thousand|million)(?: and [a-z -]+| [a-z -]+)?$/i.test(text) ||
    /^(?:an?|one) (?:dozen|hour|minute|day|week|month|year|mile|foot|cup|meter|kilometer|pound) and a half$/i.test(text) ||
    /^[\d-]+ and (?:\d+\s*\/\s*\d+|\\frac)|^[a-z\d-]+ and (?:(?:a|one|two|three|four|five|six|seven|eight|nine)[ -])?(?:half|third|thirds|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)\b/i.test(
      text,
    ) ||
    /^\d+(?:\.\d+)?\s*(?:hours?|hrs?|h|minutes?|mins?|feet|ft|foot|pounds?|lbs?|years?|weeks?|days?|degrees?|°|meters?|m|km|dollars?)[\s,]+(?:and\s+)?\d+(?:\.\d+)?\s*[a-z¢]+$/i.test(
      text,
    )
  );
}

function equation(text: string): AnswerForm | undefined {
  if (splitOutside(text, /[<>]|\\[lg]e(?![a-zA-Z])/).length > 1) return undefined;
  const sides = splitOutside(text, /=/);
  if (sides.length < 2 || sides.length > 12 || sides.includes('')) return undefined;
  const [left, right] = [itemAt(sides, 0), lastItem(sides)];
  const names = /^\((.*)\)$/
    .exec(left)?.[1]
    ?.split(',')
    .map((name) => name.trim());
  if (sides.length === 2 && names !== undefined && names.length > 1 && names.every((name) => NAME.test(name))) {
    const form = list(right);
    if (form?.kind === 'list' && form.items.length === names.length) return { ...form, style: 'tuple', names };
  }
  return { kind: 'equation', left, right, sides };
}

function ordinal(text: string): AnswerForm | undefined {
  const position = readOrdinal(text);
  return position === undefined ? undefined : { kind: 'ordinal', position };
}
