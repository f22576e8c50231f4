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

/** Adds paragraphs as steps. A heading joins what follows it, and a final answer joins the step before it. */
export function prose(source: TextSource, region: TextRegion, steps: TextStep[]): TextStep[] {
  let heading: number | undefined;
  // Consecutive answers are joined in one go, because each join reads the whole step.
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
    if (isAnswer(text) && steps.length > 0 && heading === undefined) {
      joined = span.end;
    } else if (/^#{1,6} [^\n]*$/.test(text)) {
      heading ??= span.start;
    } else {
      join();
      const parts = heading === undefined ? inSequence(source, span) : undefined;
      if (parts !== undefined) steps.push(...parts.map((part) => stepOf(source, part, 'line')));
      else steps.push(stepOf(source, { start: heading ?? behindMark(source, span), end: span.end }, 'paragraph'));
      heading = undefined;
    }
  }
  join();
  if (heading !== undefined) steps.push(stepOf(source, { start: heading, end: endOf(source, region) }, 'paragraph'));
  return steps;
}

/** Whether a text is only the final answer, on one line or several. */
function isAnswer(text: string): boolean {
  return isFinalAnswer(text) || (text.length < 400 && text.split('\n').every((line) => isFinalAnswer(line.trim())));
}

/** Where the text begins in a paragraph that is a list of one item: `1. Write the equation.` A date is no item. */
function behindMark(source: TextSource, { start, end }: Span): number {
  return (
    start +
    (/^\s*1[.)] +(?!(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b)(?=\p{L})/u.exec(
      source.text.slice(start, Math.min(end, start + 20)),
    )?.[0].length ?? 0)
  );
}

/** Beginnings of lines that give their position in a sequence. */
const SEQUENCE =
  /^\s*(?:(?:first|second|third|fourth|last)(?:ly)?|next|then|after that|afterwards|finally|zuerst|zunächst|dann|danach|schließlich|primero|luego|después|finalmente|d['’]abord|ensuite|puis|enfin)\b|^\s*(?:首先|其次|然后|接着|随后|最后)/i;

/** The lines of a paragraph that all give their position: First, … Next, … A final answer stays with the last. */
function inSequence(source: TextSource, { start, end }: Span): Span[] | undefined {
  const text = source.text.slice(start, end);
  const lines = text.split('\n');
  if (lines.length < 2 || lines.length > 50 || /\$\$|```|\\\[|\\begin/.test(text)) return undefined;
  const spans: { start: number; end: number }[] = [];
  let at = start;
  for (const line of lines) {
    const span = { start: at, end: at + line.length };
    const last = spans.at(-1);
    if (SEQUENCE.test(line)) spans.push(span);
    else if (last !== undefined && isFinalAnswer(line.trim())) last.end = span.end;
    else return undefined;
    at += line.length + 1;
  }
  return spans.length > 1 ? spans : undefined;
}

/** A step without surrounding blanks and without `</step>` tags. */
export function stepOf(source: TextSource, span: Span, splitBy: SplitRule): TextStep {
  let { start, end } = span;
  while (start < end && /\s/.test(source.text[start]!)) start++;
  while (end > start && /\s/.test(source.text[end - 1]!)) end--;
  return { text: withoutTags(cleaned(source.text, { start, end })), span: { start, end }, splitBy };
}
