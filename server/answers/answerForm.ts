import { splitOutside } from './answerText.js';

/** What kind of thing an answer is, by how it is written; the parts are texts and are compared by the same rules again. */
export type AnswerForm =
  /** Option letters, with what stands behind a single one: `C`, `(C) 12 cm`, `A, C`. */
  | { readonly kind: 'choice'; readonly letters: readonly string[]; readonly content?: string }
  | { readonly kind: 'interval'; readonly parts: readonly Interval[] }
  /** `tuple`: in parentheses; `set`: in braces or joined by "or"; `bare`: with commas only; `column`: a matrix by rows. */
  | { readonly kind: 'list'; readonly style: 'tuple' | 'set' | 'bare' | 'matrix'; readonly items: readonly string[] }
  | { readonly kind: 'equation'; readonly left: string; readonly right: string }
  | { readonly kind: 'based'; readonly digits: string; readonly base: string }
  | { readonly kind: 'ratio'; readonly terms: readonly string[] }
  | { readonly kind: 'single'; readonly text: string };

export interface Interval {
  readonly low: string;
  readonly high: string;
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
  /** Written with square brackets or as an inequality, so that it cannot be a point of the plane. */
  readonly certain: boolean;
}

const LETTER = /^(?:(?:option|choice|answer)\s*)?\(?([A-Na-n])\)?(?:[.:)]\s*(.*))?$/i;
const LETTERS = /^\(?[A-N]\)?(?:\s*(?:,|and|&)\s*(?:and\s+)?\(?[A-N]\)?)+$/;

/** Reads the form of a text that `answerText` has cleaned. */
export function answerForm(text: string): AnswerForm {
  return (
    choice(text) ??
    intervals(text) ??
    matrix(text) ??
    plusMinus(text) ??
    list(text) ??
    equation(text) ??
    based(text) ??
    ratio(text) ?? { kind: 'single', text }
  );
}

/** A lone capital A-N is taken for an option letter; a small letter only with a bracket or the word before it. */
function choice(text: string): AnswerForm | undefined {
  if (LETTERS.test(text)) return { kind: 'choice', letters: [...text.matchAll(/[A-N]/g)].map(String).sort() };
  const behind = /^\(([A-Na-n])\)\s*(\S.*)$/.exec(text);
  const match = behind ?? LETTER.exec(text);
  if (match === null || /^[a-n]$/.test(text) || (behind !== null && /^[\^+*/=]|^-\s*\w/.test(behind[2]!))) return undefined;
  const content = match[2]?.trim();
  return { kind: 'choice', letters: [match[1]!.toUpperCase()], ...(content !== undefined && content !== '' && { content }) };
}

function intervals(text: string): AnswerForm | undefined {
  if (/^(?:all real numbers|(?:x\s*\\in\s*)?\\mathbb\s*\{?\s*R\s*\}?)$/i.test(text)) {
    return { kind: 'interval', parts: [{ low: '-\\infty', high: '\\infty', lowOpen: true, highOpen: true, certain: true }] };
  }
  const pieces = splitOutside(text.replace(/^[a-z]\s*\\in\s*/i, ''), /\\cup(?![a-zA-Z])|\\text\{or\}|\bor\b/);
  const parts = pieces.map((piece) => bracketed(piece) ?? inequality(piece));
  return parts.every((part) => part !== undefined) ? { kind: 'interval', parts } : undefined;
}

function bracketed(text: string): Interval | undefined {
  const match = /^([([])(.*)([)\]])$/.exec(text);
  if (match === null) return undefined;
  const ends = splitOutside(match[2]!, /,/);
  if (ends.length !== 2 || ends.includes('')) return undefined;
  const [low, high] = ends as [string, string];
  const certain = match[1] === '[' || match[3] === ']' || /\\infty/.test(text);
  // [1, 2] may be a list and (1, 2) a point: the comparison knows what it is compared with.
  return { low, high, lowOpen: match[1] === '(', highOpen: match[3] === ')', certain };
}

function inequality(text: string): Interval | undefined {
  const parts = text
    .replace(/\\lt(?![a-zA-Z])/g, '<')
    .replace(/\\gt(?![a-zA-Z])/g, '>')
    .split(/(<=|>=|=<|\\le(?![a-zA-Z])|\\ge(?![a-zA-Z])|<|>)/)
    .map((part) => part.trim());
  const open = (sign: string): boolean => sign === '<' || sign === '>';
  const points = (sign: string): 'up' | 'down' => (/^(?:<|\\le|=<)/.test(sign) ? 'up' : 'down');
  const isVariable = (part: string): boolean => /^[a-z]$/i.test(part);
  if (parts.length === 3) {
    const [left, sign, right] = parts as [string, string, string];
    if (isVariable(left) === isVariable(right)) return undefined;
    const [bound, up] = isVariable(left) ? [right, points(sign) === 'down'] : [left, points(sign) === 'up'];
    if (bound === '') return undefined;
    return up
      ? { low: bound, high: '\\infty', lowOpen: open(sign), highOpen: true, certain: true }
      : { low: '-\\infty', high: bound, lowOpen: true, highOpen: open(sign), certain: true };
  }
  if (parts.length !== 5) return undefined;
  const [first, sign1, middle, sign2, last] = parts as [string, string, string, string, string];
  if (!isVariable(middle) || first === '' || last === '' || points(sign1) !== points(sign2)) return undefined;
  return points(sign1) === 'up'
    ? { low: first, high: last, lowOpen: open(sign1), highOpen: open(sign2), certain: true }
    : { low: last, high: first, lowOpen: open(sign2), highOpen: open(sign1), certain: true };
}

function matrix(text: string): AnswerForm | undefined {
  const match = /^\\begin\s*\{([bpvB]?matrix|array)\}(?:\{[lcr|]*\})?(.*)\\end\s*\{\1\}$/.exec(text);
  if (match === null) return undefined;
  const rows = match[2]!.split(/\\\\/).filter((row) => row.trim() !== '');
  const cells = rows.map((row) => row.split('&').map((cell) => cell.trim()));
  // The shape is part of the value: a row is no column.
  return { kind: 'list', style: 'matrix', items: [`${rows.length}`, `${cells[0]?.length ?? 0}`, ...cells.flat()] };
}

/** `a \pm b` is two values. */
function plusMinus(text: string): AnswerForm | undefined {
  const parts = /^(?:[a-z]\s*=\s*)?(.*?)\s*\\pm(?![a-zA-Z])\s*(.*)$/.exec(text);
  if (parts === null || parts[2]!.includes('\\pm') || /,/.test(text)) return undefined;
  return { kind: 'list', style: 'set', items: [`${parts[1]}+${parts[2]}`.replace(/^\+/, ''), `${parts[1]}-${parts[2]}`] };
}

function list(text: string): AnswerForm | undefined {
  if (/^\\\{.*\\\}$/.test(text) || /^\{.*[,;].*\}$/.test(text)) {
    const items = splitOutside(text.replace(/^\\?\{|\\?\}$/g, ''), /[,;]/);
    return { kind: 'list', style: 'set', items: items.filter((item) => item !== '') };
  }
  const tuple = /^(?:\(|\\langle(?![a-zA-Z]))(.*)(?:\)|\\rangle)$/.exec(text);
  if (tuple !== null) {
    const items = splitOutside(tuple[1]!, /,/);
    if (items.length > 1 && items.every(isBalanced)) return { kind: 'list', style: 'tuple', items };
  }
  if (isOneNumber(text)) return undefined;
  const items = splitOutside(text, /,\s*(?:and|or)\s+|[,;]|\s(?:and|or)\s/);
  if (items.length < 2 || items.includes('')) return undefined;
  return { kind: 'list', style: /\sor\s/.test(text) || /\b([a-z])\s*=.*\b\1\s*=/i.test(text) ? 'set' : 'bare', items };
}

/** `1,234` and `1,234,567.5 km`, and "three hundred and five", are one number. */
function isOneNumber(text: string): boolean {
  return (
    /^[^\d\s,]{0,4}\s*\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)[^,;\d]*$/.test(text) ||
    /^[a-z-]+ (?:hundred|thousand|million)(?: and [a-z -]+| [a-z -]+)?$/i.test(text) ||
    /^\d+ and (?:\d+\s*\/\s*\d+|\\frac)/.test(text)
  );
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if (c === '(') depth++;
    else if (c === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

function equation(text: string): AnswerForm | undefined {
  const sides = splitOutside(text, /=/);
  return sides.length === 2 && !sides.includes('') && !/[<>]|\\[lg]e(?![a-zA-Z])/.test(text)
    ? { kind: 'equation', left: sides[0]!, right: sides[1]! }
    : undefined;
}

/** `52_8`: digits in a number base. */
function based(text: string): AnswerForm | undefined {
  const match = /^([0-9A-F]+)\s*_\s*\{?\s*(\d{1,2})\s*\}?$/.exec(text);
  return match === null ? undefined : { kind: 'based', digits: match[1]!, base: match[2]! };
}

/** `3:4`, `1 : 2 : 5`, `3 to 4`; also a time of day. */
function ratio(text: string): AnswerForm | undefined {
  const terms = text.split(/\s*:\s*|\s+to\s+/);
  return terms.length > 1 && terms.every((term) => /^[\d.]+$/.test(term)) ? { kind: 'ratio', terms } : undefined;
}
