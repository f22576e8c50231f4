import type { Span } from '../reasoning/span.js';
import type { DocumentString } from './jsonString.js';

/** A part of a document: its decoded text, and its place. */
export interface Slice {
  readonly text: string;
  /** The whole string that contains `text`, if only blanks were cut off. */
  readonly raw?: string;
  readonly span: Span;
}

const BLANK = /\s/;
const OPEN = '<step>';
const CLOSE = '</step>';
const IMAGE = '<image>';

/** A part of `source` without surrounding blanks. */
export function trimmed(source: DocumentString, from = 0, to = source.text.length): Slice {
  const [start, end] = trim(source.text, from, to);
  return { text: source.text.slice(start, end), span: source.span(start, end) };
}

function trim(text: string, from: number, to: number): [start: number, end: number] {
  let start = from;
  let end = to;
  while (start < end && BLANK.test(text[start]!)) start++;
  while (end > start && BLANK.test(text[end - 1]!)) end--;
  return [start, end];
}

/** A step's part of `source`: surrounding blanks and a `<step>..</step>` around the whole are left out. */
export function stepSlice(source: DocumentString, from = 0, to = source.text.length): Slice {
  const [start, end] = trim(source.text, from, to);
  const text = source.text.slice(start, end);
  const opens = text.startsWith(OPEN) ? OPEN.length : 0;
  const closes = text.endsWith(CLOSE) ? CLOSE.length : 0;
  const inner = text.slice(opens, text.length - closes);
  // Markers further inside mean that the outer two are not a pair.
  if (inner.includes(OPEN) || inner.includes(CLOSE) || opens + closes === 0) return withRaw(source, from, to, start, end);
  return trimmed(source, start + opens, end - closes);
}

/** The paragraphs of `source`, as steps: parts between blank lines. */
export function paragraphSlices(source: DocumentString, from = 0, to = source.text.length): Slice[] {
  return splitSlices(source, /\n\s*\n/g, from, to);
}

/** The parts of `source` between matches of a global expression; blank ones are left out. */
export function splitSlices(source: DocumentString, separator: RegExp, from = 0, to = source.text.length): Slice[] {
  const slices: Slice[] = [];
  let start = from;
  const add = (end: number): void => {
    const slice = stepSlice(source, start, end);
    if (slice.text !== '') slices.push(slice);
  };
  for (const match of source.text.matchAll(separator)) {
    if (match.index < from) continue;
    if (match.index >= to) break;
    add(match.index);
    start = match.index + match[0].length;
  }
  if (start < to) add(to);
  return slices;
}

/** A question's part of `source`: surrounding blanks and `<image>` placeholders are left out. */
export function questionSlice(source: DocumentString, from = 0, to = source.text.length): Slice {
  const { text } = source;
  let start = from;
  let end = to;
  for (;;) {
    [start, end] = trim(text, start, end);
    if (end - start >= IMAGE.length && text.startsWith(IMAGE, start)) start += IMAGE.length;
    else if (end - start >= IMAGE.length && text.endsWith(IMAGE, end)) end -= IMAGE.length;
    else return withRaw(source, from, to, start, end);
  }
}

/** Keeps the string with its blanks as `raw` if the slice is all of it and not a part of a longer text. */
function withRaw(source: DocumentString, from: number, to: number, start: number, end: number): Slice {
  const { text } = source;
  const isWhole = from === 0 && to === text.length && text.length > end - start && text.trim() === text.slice(start, end);
  return { text: text.slice(start, end), ...(isWhole && { raw: text }), span: source.span(start, end) };
}
