import { english } from '../l10n.js';
import type { Span } from '../reasoning/span.js';
import { listSteps } from './textLists.js';
import { inlineStepMarkers, type StepMarker, stepMarkerOf } from './textMarkers.js';
import { prose, stepOf, type TextStep } from './textParagraphs.js';
import { lineSteps } from './textSentences.js';
import { endOf, type TextRegion, type TextSource } from './textSource.js';

/**
 * The steps of a solution. The thoughts of a model (`<think>`) and its answer are split separately, each by the first
 * rule that applies: `<step>` tags, `ки` marks, step markers, the items of a list, lines that are sentences,
 * paragraphs.
 */
export function solutionSteps(source: TextSource, region: TextRegion): TextStep[] {
  return thoughtParts(source, region).flatMap(
    (part) =>
      tagged(source, part) ??
      atMarks(source, part) ??
      numbered(source, part) ??
      listSteps(source, part) ??
      lineSteps(source, part) ??
      prose(source, part, []),
  );
}

/** The parts of a region between `<think>` tags, without the tags. A tag may be missing at either end. */
function thoughtParts(source: TextSource, region: TextRegion): TextRegion[] {
  const end = endOf(source, region);
  const cuts: Span[] = [];
  for (let i = region.from; i < region.to; i++) {
    const line = source.lines[i]!;
    for (const match of line.text.matchAll(/<\/?think(?:ing)?>/g)) {
      if (match.index < line.outsideFrom) continue;
      const start = line.start + match.index;
      if (start >= region.content && start < end && line.text[match.index - 1] !== '`') cuts.push({ start, end: start + match[0].length });
    }
  }
  return between(source, region, cuts.slice(0, MAX_TAGS));
}

/** The most thought tags that are used: a text has one or two, and each part is read separately. */
const MAX_TAGS = 100;

/** The parts of a region between the cuts, without blank parts. */
function between(source: TextSource, region: TextRegion, cuts: readonly Span[]): TextRegion[] {
  if (cuts.length === 0) return [region];
  const parts: TextRegion[] = [];
  let content = region.content;
  let from = region.from;
  for (const cut of [...cuts, { start: endOf(source, region), end: 0 }]) {
    while (from + 1 < region.to && source.lines[from + 1]!.start <= content) from++;
    let to = from + 1;
    while (to < region.to && source.lines[to]!.start < cut.start) to++;
    if (source.text.slice(content, cut.start).trim() !== '') parts.push({ from, to, content, end: cut.start });
    content = cut.end;
  }
  return parts;
}

/** `<step>..</step>`; text between two of them is read as paragraphs. */
function tagged(source: TextSource, region: TextRegion): TextStep[] | undefined {
  const { text, lines, faults } = source;
  const end = endOf(source, region);
  const opens: number[] = [];
  for (let i = region.from; i < region.to; i++) {
    const line = lines[i]!;
    for (let at = line.text.indexOf('<step>', line.outsideFrom); at >= 0; at = line.text.indexOf('<step>', at + 1)) {
      if (line.start + at >= region.content && line.start + at < end && line.text[at - 1] !== '`') opens.push(line.start + at);
    }
  }
  if (opens.length === 0) return undefined;
  const steps: TextStep[] = [];
  let from = region.content;
  let line = region.from;
  let close = 0;
  const add = (to: number): void => {
    while (line + 1 < region.to && lines[line + 1]!.start <= from) line++;
    let last = line;
    while (last < region.to && lines[last]!.start < to) last++;
    prose(source, { from: line, to: last, content: from, end: to }, steps);
  };
  opens.forEach((open, i) => {
    add(open);
    const start = open + '<step>'.length;
    const limit = opens[i + 1] ?? end;
    if (close >= 0 && close < start) close = text.indexOf('</step>', start);
    const isClosed = close >= 0 && close < limit;
    if (!isClosed)
      faults.add('unclosed-block', { start: open, end: start }, () => english('This <step> is not closed; write </step> at its end.'));
    steps.push(stepOf(source, { start, end: isClosed ? close : limit }, 'tag'));
    from = isClosed ? close + '</step>'.length : limit;
  });
  add(end);
  return steps;
}

/** Steps that end in `ки`, as in Math-Shepherd, without a `Step n:` at their beginning. */
function atMarks(source: TextSource, region: TextRegion): TextStep[] | undefined {
  const end = endOf(source, region);
  const cuts = [...source.text.slice(region.content, end).matchAll(/(?<=\s)ки(?=\s|$)/g)].map((match) => {
    const start = region.content + match.index;
    return { start, end: start + match[0].length };
  });
  if (cuts.length === 0) return undefined;
  return between(source, region, cuts).flatMap((part) => {
    const only = spanIn(source, part);
    const marker = /^\s*step *\d+ *[:.)] */i.exec(source.text.slice(only.start, only.end))?.[0].length ?? 0;
    return [stepOf(source, { start: only.start + marker, end: only.end }, 'tag')];
  });
}

function spanIn(source: TextSource, region: TextRegion): Span {
  return { start: region.content, end: endOf(source, region) };
}

/** `Step n:` at the beginning of lines and inside them; text before the first is read as paragraphs. */
function numbered(source: TextSource, region: TextRegion): TextStep[] | undefined {
  const markers = stepMarkers(source, region);
  if (markers.length === 0) return undefined;
  const end = endOf(source, region);
  const steps: TextStep[] = [];
  const [first] = markers;
  prose(source, { ...region, to: first!.line + 1, end: first!.at }, steps);
  markers.forEach((marker, i) => {
    const found = stepOf(source, { start: marker.content, end: Math.min(markers[i + 1]?.at ?? end, end) }, 'marker');
    steps.push(marker.leavesBold ? { ...found, text: found.text.replace('**', '') } : found);
  });
  return steps.filter((one) => one.text !== '');
}

/**
 * The markers that begin a step. A marker inside a line must continue the numbering, and is a reference when a line
 * begins with the same number. "Step 1.1" is a part of step 1 if there is a "Step 1".
 */
export function stepMarkers(source: TextSource, region: TextRegion): StepMarker[] {
  const end = endOf(source, region);
  const starts: StepMarker[] = [];
  const inline: StepMarker[] = [];
  for (let i = region.from; i < region.to; i++) {
    const line = source.lines[i]!;
    const start = stepMarkerOf(line, i);
    if (start !== undefined && start.at >= region.content && start.at < end) starts.push(start);
    for (const marker of inlineStepMarkers(line, i)) {
      if (marker.at >= region.content && marker.at < end && marker.content !== start?.content) inline.push(marker);
    }
  }
  const top = starts.filter((marker) => marker.part === undefined);
  const lines = top.length > 0 ? top : starts;
  const taken = new Set(lines.map((marker) => marker.number));
  const all = [...lines, ...inline.filter((marker) => !taken.has(marker.number))].sort((a, b) => a.at - b.at);
  const isLine = new Set(lines);
  const found: StepMarker[] = [];
  for (const marker of all) {
    const follows = found.length === 0 ? marker.number === 1 : marker.number === found.at(-1)!.number + 1;
    if (isLine.has(marker) || follows) found.push(marker);
  }
  return found;
}
