import { english } from '../l10n.js';
import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import { FaultList, loneSurrogate } from './faults.js';
import type { TextFormat } from './format.js';
import { paragraphs, type TextLine, textLines } from './textLines.js';
import { listMarkerOf, type Marker, markerOf, stepMarkerOf } from './textMarkers.js';
import { cleaned, paragraphsOf, spanOf, type TextRegion, type TextSource } from './textSource.js';
import { solutionSteps, stepMarkers } from './textSteps.js';

/**
 * A solution as people and chat models write it: a question, then steps, in Markdown or plain text. The steps are
 * marked (`<step>..</step>`, `Step n:`, the items of a list), or else each paragraph is a step. Code fences and display
 * formulas are never split. Headings and labels (`# Problem`, `Solution 2:`) separate several problems and solutions.
 */
export const solutionText: TextFormat = {
  syntax: 'text',
  id: 'solutionText',
  title: 'solution in Markdown or plain text',
  recognizedBy: '`Question:`, `# Problem`, `Step n:`, `<step>`, `<think>`',
  shown: 'steps; code fences and display math are never split',
  detect,
  read,
};

/** Signs that a text reasons about a problem. Instructions for a tool do not have them. */
const REASONS =
  /\d\s*[=+\-*/×÷<>^]\s*[\d(a-z]|=\s*[-$\\\d]|\\(?:boxed|frac|times|cdot|le|ge)\b|\$[^$\n]+\$|\bthe answer is\b|####|<answer>|答案/i;

/** Claims few texts, because notes and READMEs are Markdown too. */
function detect(head: string): boolean {
  if (/^\s*[{[]\s*(?:["'{[\]}]|$)/.test(head)) return false;
  const lines = textLines(head).slice(frontMatterLines(head));
  const first = lines.findIndex((line) => line.text.trim() !== '' && !/^<!--.*-->\s*$/.test(line.text));
  if (first < 0) return false;
  const source = { text: head, lines, faults: new FaultList() };
  const whole = { from: first, to: lines.length, content: lines[first]!.start };
  const top = markerOf(asText(lines[first]!), first);
  const markers = lines.flatMap((line, i) => (i > first ? (markerOf(line, i) ?? []) : []));
  const steps = stepMarkers(source, whole);
  const tags = lines.filter((line) => !line.inside && /(?:^|\s)<step>/.test(line.text)).length;
  // Thoughts come first, follow a question, or lack their opening tag.
  const thinks = lines.some((line) => !line.inside && /^\s*(?:> ?)*<\/?think(?:ing)?>/.test(line.text));
  if (thinks && (top?.kind === 'problem' || !isTitle(lines[first]!))) return true;
  const hasSolution = markers.some(({ kind }) => kind === 'solution' || kind === 'answer');
  if (top?.kind === 'problem') {
    if (hasSolution || steps.length > 0 || tags > 0) return true;
    const hasTitle = top.isHeading && top.content < lines[first]!.end;
    return (
      !hasTitle &&
      (paragraphs(lines, first, lines.length).length >= 2 || listBelow(source, { ...whole, content: top.content }) !== undefined)
    );
  }
  // A page with a title of its own is about something else: its steps may be those of an installation.
  if (isTitle(lines[first]!) && top === undefined) {
    const problem = markers.findIndex(({ kind }) => kind === 'problem');
    if (problem < 0 || describesTool(head)) return false;
    const solution = markers.findIndex(({ kind }, i) => i > problem && kind === 'solution');
    if (solution >= 0) return steps.length > 0 || tags > 0;
    const below = steps.filter(({ at }) => at > markers[problem]!.content);
    return below[0]?.number === 1 && below.length > 1 && reasons(head, below[0].at);
  }
  const plain = steps.filter((step) => !step.isHeading);
  const allTags = tags > 0 ? (head.match(/<step>/g)?.length ?? 0) : 0;
  if (allTags >= 2) return true;
  return plain[0]?.number === 1 && plain.some((step) => step.number === 2) && reasons(head, plain[0].at) && !describesTool(head);
}

/** Whether a text without section marks is about a problem: it calculates, or asks a question before its first step. */
function reasons(head: string, firstStep: number): boolean {
  return REASONS.test(head) || /[?？]\s/.test(head.slice(0, firstStep));
}

function isTitle(line: TextLine): boolean {
  return /^ {0,3}#{1,6} /.test(line.text);
}

/** Whether a text has commands or clicks, like the steps of an installation. */
function describesTool(head: string): boolean {
  return /```(?:sh|bash|shell|console)\b|(?:^|[\s`])(?:npm|npx|pip3?|yarn|pnpm|brew|apt(?:-get)?|sudo|git clone|docker|curl|make install)\b|\b(?:click|install|download)\b/im.test(
    head,
  );
}

/** The number of lines of a YAML front matter at the top. */
function frontMatterLines(text: string): number {
  const match = /^\uFEFF?---[ \t]*\r?\n(?:[^\n]*\n){0,200}?---[ \t]*\r?(?:\n|$)/.exec(text);
  return match === null ? 0 : match[0].split('\n').length - (match[0].endsWith('\n') ? 1 : 0);
}

/** Removes a byte order mark, which would hide the marker after it. */
function asText(line: TextLine): TextLine {
  return line.text.startsWith('\uFEFF') ? { ...line, start: line.start + 1, text: line.text.slice(1) } : line;
}

function read(text: string): ReasoningDocument {
  const faults = new FaultList();
  const lines = textLines(text, (at) => {
    faults.add('unclosed-block', at, () =>
      english('This code fence or formula is never closed; close it, so that its blank lines do not split the step.'),
    );
  })
    .map((line, i) => (i === 0 ? asText(line) : line))
    .slice(frontMatterLines(text));
  if (lines.length === 0) return { format: 'solutionText', problems: [], faults: faults.list() };
  const markers = lines.flatMap((line, i) => markerOf(line, i) ?? []);
  const source = { text, lines, faults };
  const problems: Problem[] = [];
  const starts = problemStarts(source, markers);
  if (starts.length === 0) problems.push(readProblem(source, undefined, 0, lines.length, markers, 0));
  let next = 0;
  starts.forEach(({ line, marker }, i) => {
    const end = starts[i + 1]?.line ?? lines.length;
    while (next < markers.length && markers[next]!.line <= marker.line) next++;
    const first = next;
    while (next < markers.length && markers[next]!.line < end) next++;
    problems.push(readProblem(source, marker, line, end, markers.slice(first, next), i));
  });
  for (const half of text.matchAll(/\p{Surrogate}/gu)) loneSurrogate(faults, half.index, 1);
  return { format: 'solutionText', problems, faults: faults.list() };
}

/** Where problems begin, and their question's marker: `**Question:** ..` replaces `# Problem 2` right above it. */
function problemStarts(source: TextSource, markers: readonly Marker[]): { line: number; marker: Marker }[] {
  const starts: { line: number; marker: Marker }[] = [];
  for (const marker of markers) {
    if (marker.kind !== 'problem') continue;
    const last = starts.at(-1);
    const isEmpty =
      last?.marker.isHeading === true &&
      paragraphsOf(source, { from: last.marker.line, to: marker.line, content: source.lines[last.marker.line]!.end }).length === 0;
    if (last !== undefined && isEmpty) last.marker = marker;
    else starts.push({ line: marker.line, marker });
  }
  return starts;
}

/** Where a question begins: after its marker, or below a heading that also has a title. */
function contentOf(source: TextSource, start: Marker, to: number): number {
  const { end } = source.lines[start.line]!;
  if (!start.isHeading || start.content >= end) return start.content;
  return paragraphsOf(source, { from: start.line, to, content: end }).length === 0 ? start.content : end;
}

function readProblem(
  source: TextSource,
  marker: Marker | undefined,
  from: number,
  to: number,
  markers: readonly Marker[],
  index: number,
): Problem {
  const { text, lines, faults } = source;
  const sections = sectionsOf(markers, (answer) =>
    isBehindSteps(source, { from, to: answer.line, content: marker?.content ?? lines[from]!.start }),
  );
  const firstSection = sections[0]?.line ?? to;
  const content = marker === undefined ? lines[from]!.start : contentOf(source, marker, firstSection);
  let question = spanOf(source, { from, to: firstSection, content });
  let answer: string | undefined;
  const bodies: { readonly region: TextRegion; readonly start: number }[] = [];
  sections.forEach((section, i) => {
    const region = { from: section.line, to: sections[i + 1]?.line ?? to, content: section.content };
    if (section.kind === 'solution') bodies.push({ region, start: lines[section.line]!.start });
    else answer = cleaned(text, spanOf(source, region)) || answer;
  });
  if (bodies.length === 0) {
    // The question and the steps are in one section.
    const split = questionEnd(source, { from, to: firstSection, content }, marker !== undefined);
    question = withoutSpeakers(text, split.question);
    bodies.push({ region: split.body, start: split.body.content });
  }
  const steps: Problem['steps'][number][] = [];
  const solutions: Problem['solutions'][number][] = [];
  for (const { region, start: at } of bodies) {
    const found = solutionSteps(source, region);
    if (found.length === 0) {
      const line = lines[region.from] ?? lines.at(-1)!;
      faults.add('no-steps', { start: line.start, end: line.end }, () =>
        english('Nothing follows here that could be a step; write the steps with a blank line between them.'),
      );
      continue;
    }
    const path = found.map((step, i) => {
      steps.push({ index: steps.length, ...(i > 0 && { parent: steps.length - 1 }), ...step, values: {} });
      return steps.length - 1;
    });
    solutions.push({
      index: solutions.length,
      steps: path,
      span: { start: Math.min(at, found[0]!.span.start), end: found.at(-1)!.span.end },
    });
  }
  const { written, images } = withoutImages(cleaned(text, question));
  const end = lines.slice(from, to).findLast((line) => line.text.trim() !== '')?.end ?? lines[from]!.end;
  return {
    index,
    question: written,
    ...(answer !== undefined && { answer }),
    images,
    span: { start: lines[from]!.start, end },
    ...(question.end > question.start && { questionSpan: question }),
    steps,
    solutions,
  };
}

/**
 * The markers that begin a section. `Answer:` before a solution is the reference answer; without any solution, it is
 * the solution. Inside a solution, or after steps that have no heading, it is text.
 */
function sectionsOf(markers: readonly Marker[], isBehind: (answer: Marker) => boolean): Marker[] {
  const hasSolution = markers.some((marker) => marker.kind === 'solution');
  const sections: Marker[] = [];
  let inSolution = false;
  for (const marker of markers) {
    if (marker.kind === 'answer' && !hasSolution) inSolution ||= isBehind(marker);
    if (marker.kind === 'answer' && inSolution) continue;
    const kind = marker.kind === 'answer' && !hasSolution ? 'solution' : marker.kind;
    inSolution = kind === 'solution';
    sections.push({ ...marker, kind });
  }
  return sections;
}

/** Whether a region has steps after its question: marked, as a list, or as paragraphs that are not options. */
function isBehindSteps(source: TextSource, region: TextRegion): boolean {
  if (firstStepAt(source, region) !== undefined || listBelow(source, region) !== undefined) return true;
  return paragraphsOf(source, region)
    .slice(1)
    .some((span) => !isOptions(cleaned(source.text, span)) && withoutImages(cleaned(source.text, span)).written !== '');
}

/** The first item of a list right below a question, in a region of one paragraph. Lettered items are options. */
function listBelow(source: TextSource, region: TextRegion): number | undefined {
  if (paragraphsOf(source, region).length !== 1) return undefined;
  const items = source.lines.slice(region.from, region.to).flatMap((line, i) => {
    const item = line.start >= region.content ? listMarkerOf(line, region.from + i) : undefined;
    return item === undefined || item.kind === 'letter' ? [] : [item];
  });
  const isList = items.length > 1 && items.every(({ kind, number }, i) => kind === items[0]!.kind && (number ?? i + 1) === i + 1);
  const isBelow = isList && source.text.slice(region.content, items[0]!.at).trim() !== '';
  return isBelow ? items[0]!.at : undefined;
}

/** Where unmarked steps begin: at a tag or step marker, else after the first paragraph, its images and its options. */
function questionEnd(source: TextSource, region: TextRegion, hasMarker: boolean): { question: Span; body: TextRegion } {
  const { lines, text } = source;
  const at = firstStepAt(source, region) ?? (hasMarker ? listBelow(source, region) : undefined);
  if (at !== undefined) {
    let from = region.from;
    while (from + 1 < region.to && lines[from + 1]!.start <= at) from++;
    const question = spanOf(source, { from: region.from, to: from + 1, content: region.content, end: at });
    return { question, body: { from, to: region.to, content: at } };
  }
  const all = paragraphsOf(source, region);
  const isPicture = (span: Span): boolean => withoutImages(cleaned(text, span)).written === '';
  let taken = 0;
  while (hasMarker && taken < all.length && isPicture(all[taken]!)) taken++;
  if (hasMarker && taken < all.length) taken++;
  while (taken < all.length && (isPicture(all[taken]!) || (taken > 0 && isOptions(cleaned(text, all[taken]!))))) taken++;
  const question = taken === 0 ? { start: region.content, end: region.content } : { start: all[0]!.start, end: all[taken - 1]!.end };
  let from = region.from;
  while (from < region.to && lines[from]!.end < question.end) from++;
  if (taken === 0) return { question, body: region };
  return { question, body: { from: Math.min(from + 1, region.to), to: region.to, content: lines[from + 1]?.start ?? text.length } };
}

/** Removes the speaker names `User:` before a question and `Assistant:` after it. */
function withoutSpeakers(text: string, { start, end }: Span): Span {
  const question = text.slice(start, end);
  const before = /^(?:\*\*)?(?:user|human)(?:\*\*)? *[:：] *(?:\*\*)?\s*/i.exec(question)?.[0].length ?? 0;
  const behind =
    before === 0 ? 0 : (/\s*(?:\*\*)?(?:assistant|ai|model)(?:\*\*)? *[:：] *(?:\*\*)?\s*$/i.exec(question.slice(before))?.[0].length ?? 0);
  return { start: start + before, end: end - behind };
}

/** The first `<step>`, `<think>` or step marker of a region. */
function firstStepAt(source: TextSource, region: TextRegion): number | undefined {
  for (let i = region.from; i < region.to; i++) {
    const line = source.lines[i]!;
    const tag = line.inside ? undefined : /(?<!`)<(?:step|think|thinking)>/.exec(line.text);
    if (tag && line.start + tag.index >= region.content) return line.start + tag.index;
    if (stepMarkerOf(line, i) !== undefined) break;
  }
  return stepMarkers(source, region)[0]?.at;
}

/** The options of a question: `(A) ..`, `B. ..`, or a list after "Options:". */
function isOptions(text: string): boolean {
  const rows = text.split('\n');
  return /^(?:options|choices|选项)\b/i.test(text) || rows.every((row) => /^\s*(?:[-*] )?\(?[A-H][).:：、]\s*\S/.test(row));
}

const IMAGES =
  /!\[[^\]]{0,500}\]\(\s*(?:<([^>\r\n]{1,2000})>|([^)<>\s]{1,2000}))(?:\s+["'][^)]{0,500}["'])?\s*\)|<img\b(?:(?!<img)[^>]){0,500}?\bsrc=["']([^"']+)["'](?:(?!<img)[^>]){0,2000}>/gi;

function withoutImages(text: string): { written: string; images: string[] } {
  const images: string[] = [];
  const written = text.replace(IMAGES, (_, ...paths: (string | undefined)[]) => {
    images.push(paths.slice(0, 3).find((path) => path !== undefined)!);
    return '';
  });
  return {
    written:
      images.length === 0
        ? text
        : written
            .replace(/[ \t]+$/gm, '')
            .replace(/\n{3,}/g, '\n\n')
            .trim(),
    images,
  };
}
