import type { Span } from '../reasoning/span.js';

/**
 * Length in characters of the escape that starts with the backslash at `at`: 2, or 6 for `\uXXXX`; 1 when JSON has no such
 * escape, so that the backslash is a character of the text (`"\(x\)"`, LaTeX pasted without doubling). `isPython`: the string
 * is in single quotes, where Python also escapes the quote.
 */
export function escapeLength(text: string, at: number, end: number, isPython = false): number {
  const c = at + 1 < end ? text.charCodeAt(at + 1) : 0;
  switch (c) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74: // " \ / b f n r t
      return 2;
    case 0x75: // u
      return at + 6 <= end && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6)) ? 6 : 1;
    case 0x27: // '
      return isPython ? 2 : 1;
    default:
      return 1;
  }
}

const SIMPLE: Readonly<Record<string, string>> = { "'": "'", '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function decode(document: string, start: number, end: number): string {
  const raw = document.slice(start, end);
  if (document[end] === '"') {
    try {
      return JSON.parse(document.slice(start - 1, end + 1)) as string;
    } catch {
      // It contains something that JSON forbids, which is already reported.
    }
  }
  const isPython = document[start - 1] === "'";
  let text = '';
  let from = 0;
  for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', from)) {
    const length = escapeLength(raw, at, raw.length, isPython);
    text += raw.slice(from, at);
    text += length === 6 ? String.fromCharCode(parseInt(raw.slice(at + 2, at + 6), 16)) : length === 2 ? SIMPLE[raw[at + 1]!]! : '\\';
    from = at + length;
  }
  return text + raw.slice(from);
}

/**
 * The decoded text of a JSON string, with the document offset of each of its characters. Every escape decodes to one
 * UTF-16 unit (a pair written `\ud83d\ude00` is two escapes), so the map is a list of the escapes.
 */
export class DocumentString {
  readonly text: string;
  readonly #start: number;
  readonly #raw: string | undefined;
  readonly #end: number;
  readonly #isPython: boolean;
  #escapes: Escapes | undefined;

  /** `start` and `end` are inside the quotes; `escaped`: the string contains a backslash. */
  constructor(document: string, start: number, end: number, escaped: boolean) {
    this.#start = start;
    this.#end = end;
    this.#isPython = document[start - 1] === "'";
    const raw = document.slice(start, end);
    this.#raw = escaped ? raw : undefined;
    this.text = escaped ? decode(document, start, end) : raw;
  }

  /** Document offset of the character at `index` of `text`; for `text.length`, of the end of the text. */
  offsetAt(index: number): number {
    if (this.#raw === undefined || index === 0) return this.#start + index;
    if (index === this.text.length) return this.#end;
    const { at, extra } = (this.#escapes ??= escapesOf(this.#raw, this.#isPython));
    let low = 0;
    let high = at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return this.#start + index + (low === 0 ? 0 : extra[low - 1]!);
  }

  /** The place in the document of `text.slice(from, to)`. */
  span(from = 0, to = this.text.length): Span {
    return { start: this.offsetAt(from), end: this.offsetAt(to) };
  }
}

interface Escapes {
  /** Index of each escape in the decoded text. */
  readonly at: Int32Array;
  /** How many more characters the escapes up to and including this one have than their decoded text. */
  readonly extra: Int32Array;
}

function escapesOf(raw: string, isPython: boolean): Escapes {
  let backslashes = 0;
  for (let i = raw.indexOf('\\'); i >= 0; i = raw.indexOf('\\', i + 1)) backslashes++;
  const at = new Int32Array(backslashes);
  const extra = new Int32Array(backslashes);
  let count = 0;
  let total = 0;
  for (let i = raw.indexOf('\\'); i >= 0; ) {
    const length = escapeLength(raw, i, raw.length, isPython);
    if (length > 1) {
      at[count] = i - total;
      total += length - 1;
      extra[count++] = total;
    }
    i = raw.indexOf('\\', i + length);
  }
  return { at: at.subarray(0, count), extra: extra.subarray(0, count) };
}
