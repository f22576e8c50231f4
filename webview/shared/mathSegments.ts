/** A run of a step's text: prose, or LaTeX between delimiters. */
export interface Segment {
  readonly kind: 'text' | 'inline' | 'display';
  readonly text: string;
}

const PAIRS = [
  { open: '$$', close: '$$', kind: 'display' },
  { open: '\\[', close: '\\]', kind: 'display' },
  { open: '\\(', close: '\\)', kind: 'inline' },
  { open: '$', close: '$', kind: 'inline' },
] as const;

/**
 * Splits a text at `$..$`, `$$..$$`, `\(..\)` and `\[..\]`. An unclosed delimiter is text, and so is a dollar sign that
 * reads as money: inline `$` needs a non-blank inside each end and no digit right after it (Pandoc's rule).
 */
export function mathSegments(source: string): Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (let at = 0; at < source.length; ) {
    const pair = PAIRS.find(({ open }) => source.startsWith(open, at));
    if (pair === undefined || isEscaped(source, at)) {
      at++;
      continue;
    }
    const start = at + pair.open.length;
    const end = closing(source, start, pair.close);
    if (end < 0) {
      at = start;
      continue;
    }
    if (from < at) segments.push({ kind: 'text', text: source.slice(from, at) });
    segments.push({ kind: pair.kind, text: source.slice(start, end) });
    at = from = end + pair.close.length;
  }
  if (from < source.length) segments.push({ kind: 'text', text: source.slice(from) });
  return segments;
}

function closing(source: string, start: number, close: string): number {
  for (let end = source.indexOf(close, start); end >= 0; end = source.indexOf(close, end + 1)) {
    if (isEscaped(source, end) || end === start) continue;
    if (close !== '$') return end;
    const inner = source.slice(start, end);
    // Only the next dollar sign can close the formula, and a formula stays within its paragraph.
    const isMath = !/^\s|\s$|\n\s*\n/.test(inner) && !/\d/.test(source[end + 1] ?? '');
    return isMath ? end : -1;
  }
  return -1;
}

function isEscaped(source: string, at: number): boolean {
  let slashes = 0;
  while (source[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}
