import type { Span } from '../reasoning/span.js';

/** A line without its line break, and whether it begins inside a fence or display formula, where no marker counts. */
export interface TextLine extends Span {
  readonly text: string;
  readonly inside: boolean;
  /** Index in `text` after the end of that block: 0 outside of blocks, the length if the block goes on. */
  readonly outsideFrom: number;
}

interface Block {
  /** The kind of block. Openings of a kind that never closes are ordinary text. */
  readonly kind: string;
  readonly close: RegExp;
  readonly line: number;
  readonly at: Span;
}

/** After more than this many kinds of unclosed blocks, the rest is read as ordinary text. Bounds the work. */
const MAX_RESTARTS = 20;

/**
 * The lines of a text (ended by LF, CRLF or CR). Fenced code, `$$..$$`, `\[..\]` and `\begin{..}..\end{..}` are followed
 * across lines. A block that never closes is reported and read as ordinary text.
 */
export function textLines(text: string, onUnclosed: (at: Span) => void = () => undefined): TextLine[] {
  const lines: { start: number; end: number; text: string; inside: boolean; outsideFrom: number }[] = [];
  for (const match of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    if (match[0] === '' && match.index > 0) break;
    lines.push({ start: match.index, end: match.index + match[1]!.length, text: match[1]!, inside: false, outsideFrom: 0 });
  }
  const unclosed = new Set<string>();
  let open: Block | undefined;
  for (let i = 0; i <= lines.length; i++) {
    if (i === lines.length) {
      if (open === undefined) break;
      onUnclosed(open.at);
      unclosed.add(open.kind);
      i = open.line - 1;
      open = undefined;
      if (unclosed.size > MAX_RESTARTS) {
        for (const rest of lines.slice(i + 1)) Object.assign(rest, { inside: false, outsideFrom: 0 });
        break;
      }
      continue;
    }
    const line = lines[i]!;
    line.inside = open !== undefined;
    line.outsideFrom = open === undefined ? 0 : closedAt(line.text, open);
    open = afterLine(line, i, open, unclosed);
  }
  return lines;
}

/** Environments whose items are steps: their lines are ordinary text. */
const LISTS: ReadonlySet<string> = new Set(['enumerate', 'itemize', 'document', 'proof', 'solution']);

function closedAt(text: string, open: Block): number {
  const close = open.close.exec(text);
  return close === null ? text.length : close.index + close[0].length;
}

/** The block that is open after a line. */
function afterLine(
  line: Span & { readonly text: string },
  index: number,
  before: Block | undefined,
  unclosed: ReadonlySet<string>,
): Block | undefined {
  let open = before;
  let from = 0;
  if (open === undefined) {
    // A fence may also follow words, as in "Step 2: ```python".
    const match = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})|^[^`]*[\s>](`{3,})[\w+.-]*\s*$/.exec(line.text);
    const fence = match?.[1] ?? match?.[2];
    if (fence !== undefined && !unclosed.has(fence[0]!)) {
      const close = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}(?=\\s*(?:</step>.*)?$)`);
      return { kind: fence[0]!, close, line: index, at: { start: line.start, end: line.end } };
    }
  }
  for (;;) {
    const rest = line.text.slice(from);
    if (open !== undefined) {
      const close = open.close.exec(rest);
      if (close === null) return open;
      from += close.index + close[0].length;
      open = undefined;
      continue;
    }
    const found = /\\\\|\\\$|`[^`]*`|\$\$|\\\[|\\begin\{([^{}]{1,40})\}/.exec(rest);
    if (found === null) return undefined;
    const kind = found[0];
    const close =
      kind === '$$'
        ? /\$\$/
        : kind === '\\['
          ? /\\\]/
          : found[1] === undefined || LISTS.has(found[1])
            ? undefined
            : new RegExp(`\\\\end\\{${escaped(found[1])}\\}`);
    if (close !== undefined && !unclosed.has(kind)) {
      open = {
        kind,
        close,
        line: index,
        at: { start: line.start + from + found.index, end: line.start + from + found.index + kind.length },
      };
    }
    from += found.index + kind.length;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Runs of lines between blank lines and rules, from line `from` to before line `to`. Blocks are not split. */
export function paragraphs(lines: readonly TextLine[], from: number, to: number): Span[] {
  const found: Span[] = [];
  let start: number | undefined;
  let end = 0;
  for (let i = from; i < to; i++) {
    const line = lines[i]!;
    const isRule = start === undefined && /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line.text);
    if (!line.inside && (isRule || line.text.trim() === '')) {
      if (start !== undefined) found.push({ start, end });
      start = undefined;
      continue;
    }
    const blanks = /^\s*/.exec(line.text)![0].length;
    start ??= line.start + blanks;
    if (blanks < line.text.length) end = line.start + line.text.trimEnd().length;
  }
  if (start !== undefined) found.push({ start, end });
  return found;
}
