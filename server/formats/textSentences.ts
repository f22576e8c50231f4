import { isFinalAnswer } from './textMarkers.js';
import { stepOf, type TextStep } from './textParagraphs.js';
import { cleaned, endOf, paragraphsOf, type TextRegion, type TextSource } from './textSource.js';

/** The beginning of a line that does not continue another: a capital, a number, a formula. */
const BEGINS = /^\s*(?:[\p{Lu}\p{Lo}\d$\\([<=+~-]|["'“‘*]{1,3}[\p{Lu}\d]|[a-z][\w+*/^(). -]{0,30}=)/u;
const ANSWER_HEADING = /^#{1,6} +(?:final )?answer\b[^\n]*$/im;
/** The end of a line that the next line does not continue. */
const ENDS = /(?:[.!?:;)\]}>$%°。！？：；]|\d)["'”’*]{0,3}\s*$/u;
/**
 * One step per line, as in GSM8K and PRM800K: a solution without markers and blank lines (except before its answer),
 * whose lines all begin like sentences or formulas. Undefined for prose that is wrapped to a width, and for a single
 * line. A final answer joins the step before it.
 */
export function lineSteps(source: TextSource, region: TextRegion): TextStep[] | undefined {
  const [first, ...rest] = paragraphsOf(source, region);
  // PRM800K ends in "# Answer" and the answer.
  const isClosed = rest.every(({ start, end: to }, i) => {
    const text = cleaned(source.text, { start, end: to });
    return isFinalAnswer(text) || ANSWER_HEADING.test(text) || (i > 0 && !text.includes('\n'));
  });
  if (first === undefined || !isClosed || (rest.length > 1 && !ANSWER_HEADING.test(source.text.slice(rest[0]!.start, rest[0]!.end))))
    return undefined;
  const end = Math.min(endOf(source, region), first.end);
  const lines: { start: number; end: number }[] = [];
  for (let i = region.from; i < region.to; i++) {
    const line = source.lines[i]!;
    const span = { start: Math.max(line.start, region.content), end: Math.min(line.end, end) };
    if (span.start >= span.end || source.text.slice(span.start, span.end).trim() === '') continue;
    const last = lines.at(-1);
    // Formulas and code of several lines stay in one step.
    if (line.inside && last !== undefined) last.end = span.end;
    else lines.push(span);
  }
  if (lines.length < 2) return undefined;
  const texts = lines.map(({ start, end: to }) => source.text.slice(start, to).trimEnd());
  if (!texts.every((text) => BEGINS.test(text) || isFinalAnswer(text.trim())) || isWrapped(texts)) return undefined;
  const spans: { start: number; end: number }[] = [];
  for (const span of lines) {
    const before = spans.at(-1);
    if (before !== undefined && isFinalAnswer(cleaned(source.text, span))) before.end = span.end;
    else spans.push(span);
  }
  if (rest.length > 0) spans.at(-1)!.end = rest.at(-1)!.end;
  return spans.map((span) => stepOf(source, span, 'line'));
}

/** Whether two lines may be wrapped prose: the first one breaks off. Three lines that begin like sentences are not. */
function isWrapped([first, second, ...more]: readonly string[]): boolean {
  return more.length === 0 && !ENDS.test(first!) && !isFinalAnswer(second!.trim());
}
