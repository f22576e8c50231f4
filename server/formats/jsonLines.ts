import type { Span } from '../reasoning/span.js';
import { FaultList } from './faults.js';
import { JsonDocument } from './jsonDocument.js';
import { JsonReader } from './jsonReader.js';

/**
 * The lines of a text that holds one record a line, whatever its extension; undefined when it is one JSON text (or several,
 * each over many lines). It is JSON Lines when its first line is complete, or when one of the next two is although the
 * first is not and both begin alike: then the first line is the bad one.
 */
export function jsonLines(text: string): Span[] | undefined {
  const first = nextLine(text, text.charCodeAt(0) === 0xfeff ? 1 : 0);
  const second = first && nextLine(text, first.end);
  if (first === undefined || second === undefined) return undefined;
  const third = nextLine(text, second.end);
  // A bracket alone begins a record of many lines, unless the line after it begins another one.
  if (!opensRecord(text, second) && !(isBracket(text, second) && third !== undefined && opensRecord(text, third))) return undefined;
  if (opensRecord(text, first) && isComplete(text, first)) return allLines(text, first.start);
  for (const line of [second, third]) {
    if (line && opensRecord(text, line) && beginsAlike(text, first, line) && isComplete(text, line)) {
      return allLines(text, first.start);
    }
  }
  return undefined;
}

/** The next line that is not blank, without its end. */
function nextLine(text: string, from: number): Span | undefined {
  let start = from;
  while (start < text.length && /\s/.test(text[start]!)) start++;
  if (start === text.length) return undefined;
  return { start, end: lineEnd(text, start) };
}

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf('\n', from);
  const end = feed < 0 ? text.length : feed;
  return text.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
}

function isBracket(text: string, line: Span): boolean {
  return line.end - line.start === 1 && text[line.start] === '{';
}

/** A line at the margin that begins a record and is more than its bracket. */
function opensRecord(text: string, line: Span): boolean {
  const before = text.charCodeAt(line.start - 1);
  const atMargin = line.start === 0 || before === 0x0a || before === 0x0d || before === 0xfeff;
  const c = text[line.start];
  return atMargin && (c === '{' || c === '[') && line.end - line.start > 1;
}

/** Whether a line is JSON by itself. */
function isComplete(text: string, line: Span): boolean {
  const faults = new FaultList();
  new JsonReader(new JsonDocument(text), faults, line.start, line.end, true).read();
  return !faults.has('truncated-json') && !faults.has('malformed-json');
}

/** Whether both lines have the same first key, as far as the first one goes; a line of no JSON at all is like any other. */
function beginsAlike(text: string, first: Span, other: Span): boolean {
  if (text[first.start] === '[') return false;
  if (text[first.start] !== '{') return true;
  const key = /^\{\s*"(?:[^"\\]|\\.){0,200}"?/.exec(text.slice(first.start, Math.min(first.end, first.start + 300)))?.[0] ?? '{';
  return text.startsWith(key, other.start);
}

function allLines(text: string, from: number): Span[] {
  const lines: Span[] = [];
  for (let line = nextLine(text, from); line !== undefined; line = nextLine(text, line.end)) lines.push(line);
  return lines;
}
