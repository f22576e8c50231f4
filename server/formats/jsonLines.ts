import type { Span } from '../reasoning/span.js';
import { FaultList } from './faults.js';
import { JsonDocument } from './jsonDocument.js';
import { JsonReader } from './jsonReader.js';

/** How many lines may precede the first record, such as a program's output. */
const LINES_LOOKED_AT = 200;

/**
 * The lines of a text that has one record per line, whatever its extension; undefined for one JSON text, or several
 * over many lines. The text is JSON Lines when its first record is complete on one line. It is also JSON Lines when one
 * of the next two lines is complete and begins like the first: then the first line is damaged. Lines before the first
 * record do not matter.
 */
export function jsonLines(text: string): Span[] | undefined {
  const lines = new LineReader(text);
  const top = lines.next(0);
  if (top === undefined || lines.next(top.end) === undefined) return undefined;
  const first = firstRecord(text, lines, top);
  if (first === undefined) return undefined;
  if (isComplete(text, first)) return lines.from(top.start);
  let line: Span | undefined = first;
  for (let i = 0; i < 2 && line !== undefined; i++) {
    line = lines.next(line.end);
    if (line && opensRecord(text, line) && beginsAlike(text, first, line) && isComplete(text, line)) return lines.from(top.start);
  }
  return undefined;
}

/** The first line that begins a record at the margin; undefined when a line before it is JSON of another kind. */
function firstRecord(text: string, lines: LineReader, top: Span): Span | undefined {
  let line: Span | undefined = top;
  for (let i = 0; i < LINES_LOOKED_AT && line !== undefined; i++) {
    if (opensRecord(text, line)) return line;
    const next = lines.next(line.end);
    // In JSON, an object cannot follow right after an opening brace: that line is a damaged record.
    const isDamaged = text[line.start] === '{' && next !== undefined && opensRecord(text, next) && text[next.start] === '{';
    if ('{['.includes(text[line.start]!) && !isDamaged) return undefined;
    line = next;
  }
  return undefined;
}

/** Finds lines in order. A line ends at `\n`, `\r\n` or a lone `\r`. */
class LineReader {
  /** Offset of the next carriage return, kept because most texts have none. */
  #return = -1;

  constructor(readonly text: string) {}

  /** The next line that is not blank, without its end; blanks and record separators before it are skipped. */
  next(from: number): Span | undefined {
    let start = from;
    while (start < this.text.length && isBlank(this.text.charCodeAt(start))) start++;
    return start === this.text.length ? undefined : { start, end: this.#end(start) };
  }

  #end(from: number): number {
    const feed = this.text.indexOf('\n', from);
    const end = feed < 0 ? this.text.length : feed;
    if (this.#return < from) {
      const found = this.text.indexOf('\r', from);
      this.#return = found < 0 ? Infinity : found;
    }
    return Math.min(end, this.#return);
  }

  /** All lines from an offset on. */
  from(start: number): Span[] {
    const lines: Span[] = [];
    this.#return = -1;
    for (let line = this.next(start); line !== undefined; line = this.next(line.end)) lines.push(line);
    return lines;
  }
}

function isBlank(c: number): boolean {
  return c <= 0x20 || c === 0xfeff || c === 0xa0;
}

/** Whether a line begins a record at the margin and is more than its bracket. */
function opensRecord(text: string, line: Span): boolean {
  const before = text.charCodeAt(line.start - 1);
  const atMargin = line.start === 0 || before === 0x0a || before === 0x0d || before === 0x1e || before === 0xfeff;
  const c = text[line.start];
  return atMargin && (c === '{' || c === '[') && line.end - line.start > 1;
}

/** Whether a line is JSON by itself. */
function isComplete(text: string, line: Span): boolean {
  const faults = new FaultList();
  new JsonReader(new JsonDocument(text), faults, line.start, line.end, true).read();
  return !faults.has('truncated-json') && !faults.has('malformed-json') && !faults.has('not-json');
}

/** Whether both lines begin with the same key, as far as the first goes; if that is not JSON, any line matches. */
function beginsAlike(text: string, first: Span, other: Span): boolean {
  if (text[first.start] === '[') return false;
  if (text[first.start] !== '{') return true;
  const key = /^\{\s*"(?:[^"\\]|\\.){0,200}"?/.exec(text.slice(first.start, Math.min(first.end, first.start + 300)))?.[0] ?? '{';
  return text.startsWith(key, other.start);
}
