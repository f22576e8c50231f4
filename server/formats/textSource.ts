import type { Span } from '../reasoning/span.js';
import type { FaultList } from './faults.js';
import { paragraphs, type TextLine } from './textLines.js';

/** A text of prose while it is read. */
export interface TextSource {
  readonly text: string;
  readonly lines: readonly TextLine[];
  readonly faults: FaultList;
}

/** A part of the text: what follows `content` on line `from`, up to line `to`. */
export interface Region {
  readonly from: number;
  readonly to: number;
  readonly content: number;
}

/** The paragraphs of a region; the first begins behind the marker. */
export function paragraphsOf(source: TextSource, region: Region): Span[] {
  return paragraphs(source.lines, region.from, region.to).flatMap((span) => {
    let start = Math.max(span.start, region.content);
    while (start < span.end && /\s/.test(source.text[start]!)) start++;
    return start < span.end ? [{ start, end: span.end }] : [];
  });
}

/** From a region's first character that is not blank to its last. */
export function spanOf(source: TextSource, region: Region): Span {
  const all = paragraphsOf(source, region);
  return all.length === 0 ? { start: region.content, end: region.content } : { start: all[0]!.start, end: all.at(-1)!.end };
}

/** The text of a part with line ends as LF: a file scores the same whichever way its lines end. */
export function cleaned(text: string, span: Span): string {
  return text.slice(span.start, span.end).replace(/\r\n?/g, '\n').trim();
}
