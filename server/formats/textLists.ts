import type { Span } from '../reasoning/span.js';
import { type ListMarker, listMarkerOf } from './textMarkers.js';
import { prose, stepOf, type TextStep } from './textParagraphs.js';
import { cleaned, endOf, paragraphsOf, type TextRegion, type TextSource } from './textSource.js';

/** A paragraph that closes a solution, and so is not part of the last item of a list before it. */
const CLOSES =
  /^(?:\*\*)?(?:so|therefore|thus|hence|finally|in conclusion|in total|the (?:final |correct )?answer|final answer|answer|#|<answer>|\\boxed|\$\$?\\boxed|因此|所以|答案)/i;

/**
 * The steps of a solution that is written as a list, one per item: numbers, `1)`, `(i)`, `(a)`, `\item` or bullets, on
 * adjacent lines or with paragraphs between them. Undefined when there is no such list, or when it is only a part of a
 * step: bullets after a colon, or a short numbered list that an argument introduces and then discusses.
 */
export function listSteps(source: TextSource, region: TextRegion): TextStep[] | undefined {
  const items = itemsOf(source, region);
  if (items === undefined) return undefined;
  const end = endOf(source, region);
  const [first] = items;
  const last = items.at(-1)!;
  const listEnd = endOfLast(source, region, items);
  const intro = source.text.slice(region.content, first!.at).trimEnd();
  const isIntroduced = intro.endsWith(':') || intro.endsWith('：') || intro.endsWith('{enumerate}') || intro.endsWith('{itemize}');
  if (first!.kind === 'bullet' && isIntroduced) return undefined;
  const isAside =
    isIntroduced &&
    !/\n\s*$/.test(source.text.slice(region.content, first!.at).replace(/\r?\n$/, '')) &&
    end - listEnd > listEnd - first!.at;
  if (isAside) return undefined;
  const steps: TextStep[] = [];
  prose(source, { ...region, to: first!.line + 1, end: first!.at }, steps);
  items.forEach((item, i) => {
    const step = stepOf(source, { start: item.content, end: items[i + 1]?.at ?? listEnd }, 'list');
    steps.push(item.leavesBold ? { ...step, text: step.text.replace('**', '') } : step);
  });
  let line = last.line;
  while (line + 1 < region.to && source.lines[line + 1]!.start <= listEnd) line++;
  if (listEnd < end) prose(source, { from: line, to: region.to, content: listEnd, end }, steps);
  return steps.filter((step) => !/^\\(?:begin|end)\{(?:enumerate|itemize)\}(?:\[[^\]]*\])?$/.test(step.text));
}

/** At least two items of one kind whose numbers count up from 1 (or are all 1, as Markdown allows). */
function itemsOf(source: TextSource, region: TextRegion): ListMarker[] | undefined {
  const end = endOf(source, region);
  const markers: ListMarker[] = [];
  for (let i = region.from; i < region.to; i++) {
    const marker = listMarkerOf(source.lines[i]!, i);
    if (marker !== undefined && marker.content > region.content && marker.at < end && marker.at >= region.content) markers.push(marker);
  }
  for (const kind of ['number', 'parenthesis', 'roman', 'letter', 'item', 'bullet'] as const) {
    const items: ListMarker[] = [];
    let areAllOne = true;
    for (const marker of markers) {
      if (marker.kind !== kind) continue;
      const before = items.at(-1)?.number ?? 0;
      const follows = marker.number === undefined || marker.number === before + 1 || (marker.number === 1 && before === 1 && areAllOne);
      if (!follows) continue;
      items.push(marker);
      areAllOne &&= marker.number === 1;
    }
    if (items.length > 1) return items;
  }
  return undefined;
}

/**
 * Where the last item ends: at the first paragraph after it that is not indented. If other items have such paragraphs
 * (a title, then text below it), the last item includes as many as every other item has, and all further ones up to one
 * that closes the solution.
 */
function endOfLast(source: TextSource, region: TextRegion, items: readonly ListMarker[]): number {
  const end = endOf(source, region);
  const last = items.at(-1)!;
  const counts = items.slice(0, -1).map((item, i) => outsideParagraphs(source, region, item, items[i + 1]!.at).length);
  const least = counts.reduce((fewest, count) => Math.min(fewest, count), Number.POSITIVE_INFINITY);
  const isLoose = counts.some((count) => count > 0);
  const after = outsideParagraphs(source, region, last, end);
  const outside = after.find((span, i) => i >= least && (!isLoose || CLOSES.test(cleaned(source.text, span))));
  const close = /\\end\{(?:enumerate|itemize)\}/.exec(source.text.slice(last.content, end));
  return Math.min(outside?.start ?? end, close === null ? end : last.content + close.index);
}

/** The paragraphs of an item, after its first one, that are not indented. */
function outsideParagraphs(source: TextSource, region: TextRegion, item: ListMarker, end: number): Span[] {
  const { text } = source;
  let to = item.line + 1;
  while (to < region.to && source.lines[to]!.start < end) to++;
  return paragraphsOf(source, { from: item.line, to, content: item.content, end })
    .slice(1)
    .filter((span) => !/^[ \t]/.test(text.slice(text.lastIndexOf('\n', span.start - 1) + 1, span.start + 1)));
}
