import type { SplitRule } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import { isFinalAnswer } from './textMarkers.js';
import { cleaned, endOf, paragraphsOf, type TextRegion, type TextSource, withoutTags } from './textSource.js';

export interface TextStep {
  readonly text: string;
  readonly span: Span;
  /** The rule that split the solution here. */
  readonly splitBy: SplitRule;
}

/** Paragraphs; a heading goes with what follows it, a final answer with the step before it. */
export function prose(source: TextSource, region: TextRegion, steps: TextStep[]): TextStep[] {
  let heading: number | undefined;
  // Many answers in a row are joined once: each join reads the whole step.
  let joined: number | undefined;
  const join = (): void => {
    const last = steps.at(-1);
    if (joined !== undefined && last !== undefined)
      steps[steps.length - 1] = stepOf(source, { start: last.span.start, end: joined }, last.splitBy);
    joined = undefined;
  };
  for (const span of paragraphsOf(source, region)) {
    const text = cleaned(source.text, span);
    if (text === '' || withoutTags(text) === '') continue;
    if (isFinalAnswer(text) && steps.length > 0 && heading === undefined) {
      joined = span.end;
    } else if (/^#{1,6} [^\n]*$/.test(text)) {
      heading ??= span.start;
    } else {
      join();
      const parts = heading === undefined ? inSequence(source, span) : undefined;
      if (parts !== undefined) steps.push(...parts.map((part) => stepOf(source, part, 'line')));
      else steps.push(stepOf(source, { start: heading ?? span.start, end: span.end }, 'paragraph'));
      heading = undefined;
    }
  }
  join();
  if (heading !== undefined) steps.push(stepOf(source, { start: heading, end: endOf(source, region) }, 'paragraph'));
  return steps;
}

/** How a line begins that says where it is in a sequence. */
const SEQUENCE =
  /^\s*(?:(?:first|second|third|fourth|last)(?:ly)?|next|then|after that|afterwards|finally|zuerst|zunächst|dann|danach|schließlich|primero|luego|después|finalmente|d['’]abord|ensuite|puis|enfin)\b|^\s*(?:首先|其次|然后|接着|随后|最后)/i;

/** The lines of a paragraph of which each says where it is: First, … Next, … Finally, … */
function inSequence(source: TextSource, { start, end }: Span): Span[] | undefined {
  const text = source.text.slice(start, end);
  const lines = text.split('\n');
  if (lines.length < 2 || lines.length > 50 || /\$\$|```|\\\[|\\begin/.test(text) || !lines.every((line) => SEQUENCE.test(line)))
    return undefined;
  let at = start;
  return lines.map((line) => {
    const span = { start: at, end: at + line.length };
    at += line.length + 1;
    return span;
  });
}

/** A step without surrounding blanks, and without the tag that closes it before a final answer. */
export function stepOf(source: TextSource, span: Span, splitBy: SplitRule): TextStep {
  let { start, end } = span;
  while (start < end && /\s/.test(source.text[start]!)) start++;
  while (end > start && /\s/.test(source.text[end - 1]!)) end--;
  return { text: withoutTags(cleaned(source.text, { start, end })), span: { start, end }, splitBy };
}
