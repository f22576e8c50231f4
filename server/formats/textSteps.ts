import type { Span } from '../reasoning/span.js';
import { isFinalAnswer, type StepMarker, stepMarkerOf } from './textMarkers.js';
import { cleaned, paragraphsOf, type Region, type TextSource } from './textSource.js';

export interface TextStep {
  readonly text: string;
  readonly span: Span;
  /** The rule that split the solution here. */
  readonly rule: string;
}

/** The steps of a solution: tagged, numbered, or its paragraphs. */
export function solutionSteps(source: TextSource, region: Region): TextStep[] {
  return tagged(source, region) ?? numbered(source, region) ?? prose(source, region, []);
}

/** `<step>..</step>`; what stands between two of them is read as paragraphs. */
function tagged(source: TextSource, region: Region): TextStep[] | undefined {
  const { text, lines, faults } = source;
  const end = lines[region.to - 1]?.end ?? text.length;
  const opens: number[] = [];
  for (let i = region.from; i < region.to; i++) {
    const line = lines[i]!;
    if (line.inside) continue;
    for (let at = line.text.indexOf('<step>'); at >= 0; at = line.text.indexOf('<step>', at + 1)) {
      if (line.start + at >= region.content && line.text[at - 1] !== '`') opens.push(line.start + at);
    }
  }
  if (opens.length === 0) return undefined;
  const steps: TextStep[] = [];
  let from = region.content;
  let line = region.from;
  let close = 0;
  const between = (to: number): void => {
    while (line + 1 < region.to && lines[line + 1]!.start <= from) line++;
    let last = line;
    while (last < region.to && lines[last]!.start < to) last++;
    prose(source, { from: line, to: last, content: from }, steps, to);
  };
  opens.forEach((open, i) => {
    between(open);
    const start = open + '<step>'.length;
    const limit = opens[i + 1] ?? end;
    if (close >= 0 && close < start) close = text.indexOf('</step>', start);
    const isClosed = close >= 0 && close < limit;
    if (!isClosed) faults.add('unclosed-block', { start: open, end: start }, () => 'This <step> is not closed; write </step> at its end.');
    steps.push(step(source, { start, end: isClosed ? close : limit }, 'tag'));
    from = isClosed ? close + '</step>'.length : limit;
  });
  between(end);
  return steps;
}

/** `Step n:`; what stands before the first is read as paragraphs. */
function numbered(source: TextSource, region: Region): TextStep[] | undefined {
  const markers: StepMarker[] = [];
  for (let i = region.from; i < region.to; i++) {
    const start = source.lines[i]!.start;
    const marker = start < region.content && i === region.from ? undefined : stepMarkerOf(source.lines[i]!, i);
    if (marker !== undefined) markers.push(marker);
  }
  if (markers.length === 0) return undefined;
  const steps: TextStep[] = [];
  prose(source, { ...region, to: markers[0]!.line }, steps);
  markers.forEach((marker, i) => {
    const last = (markers[i + 1]?.line ?? region.to) - 1;
    const found = step(source, { start: marker.content, end: source.lines[last]!.end }, 'marker');
    steps.push(marker.leavesBold ? { ...found, text: found.text.replace('**', '') } : found);
  });
  return steps.filter((one) => one.text !== '');
}

/** Paragraphs up to `limit`; a heading goes with what follows it, a final answer with the step before it. */
function prose(source: TextSource, region: Region, steps: TextStep[], limit = Infinity): TextStep[] {
  let heading: number | undefined;
  for (const paragraph of paragraphsOf(source, region)) {
    const span = { start: paragraph.start, end: Math.min(paragraph.end, limit) };
    const text = cleaned(source.text, span);
    if (text === '') continue;
    const previous = steps.at(-1);
    if (isFinalAnswer(text) && previous !== undefined && heading === undefined) {
      steps[steps.length - 1] = step(source, { start: previous.span.start, end: span.end }, 'paragraph');
    } else if (/^#{1,6} [^\n]*$/.test(text)) {
      heading ??= span.start;
    } else {
      steps.push(step(source, { start: heading ?? span.start, end: span.end }, 'paragraph'));
      heading = undefined;
    }
  }
  if (heading !== undefined)
    steps.push(step(source, { start: heading, end: Math.min(source.lines[region.to - 1]!.end, limit) }, 'paragraph'));
  return steps;
}

/** A step without surrounding blanks, and without the tag that closes it before a final answer. */
function step(source: TextSource, span: Span, rule: string): TextStep {
  let { start, end } = span;
  while (start < end && /\s/.test(source.text[start]!)) start++;
  while (end > start && /\s/.test(source.text[end - 1]!)) end--;
  return { text: cleaned(source.text, { start, end }).replace(/<\/step>\s*/g, '\n'), span: { start, end }, rule };
}
