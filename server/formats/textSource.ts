import type { Span } from '../reasoning/span.js';
import type { FaultList } from './faults.js';
import { paragraphs, type TextLine } from './textLines.js';

/** A prose text while it is read. */
export interface TextSource {
  readonly text: string;
  readonly lines: readonly TextLine[];
  readonly faults: FaultList;
}

/** A part of the text: from offset `content` on line `from` to before line `to`, or to offset `end` if that is less. */
export interface TextRegion {
  readonly from: number;
  readonly to: number;
  readonly content: number;
  readonly end?: number;
}

/** Offset of the end of a region. */
export function endOf(source: TextSource, region: TextRegion): number {
  const end = source.lines[region.to - 1]?.end ?? source.text.length;
  return region.end === undefined ? end : Math.min(end, region.end);
}

/** The paragraphs of a region; the first one begins after the marker. */
export function paragraphsOf(source: TextSource, region: TextRegion): Span[] {
  const last = endOf(source, region);
  return paragraphs(source.lines, region.from, region.to).flatMap((span) => {
    let start = Math.max(span.start, region.content);
    let end = Math.min(span.end, last);
    while (start < end && /\s/.test(source.text[start]!)) start++;
    while (end > start && /\s/.test(source.text[end - 1]!)) end--;
    return start < end ? [{ start, end }] : [];
  });
}

/** The span from a region's first character that is not blank to its last. */
export function spanOf(source: TextSource, region: TextRegion): Span {
  const all = paragraphsOf(source, region);
  return all.length === 0 ? { start: region.content, end: region.content } : { start: all[0]!.start, end: all.at(-1)!.end };
}

/** The text of a span, with LF as line ends (so that a file scores the same with any) and without block quote marks. */
export function cleaned(text: string, span: Span): string {
  const part = text.slice(span.start, span.end).replace(/\r\n?/g, '\n').trim();
  const [first, ...rest] = part.split('\n');
  const isQuoted = rest.length > 0 ? rest.every((line) => /^ {0,3}>/.test(line)) : first!.startsWith('>');
  return isQuoted ? part.replace(/^ {0,3}(?:> ?)+/gm, '').trim() : part;
}

/** A text with its `</step>` tags replaced by line breaks. */
export function withoutTags(text: string): string {
  return text
    .split('</step>')
    .map((part) => part.trim())
    .join('\n')
    .trim();
}
