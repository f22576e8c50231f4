import type { Range } from '../reasoning/span.js';
import type { ScoredDocument, ScoredProblem } from './scoredDocument.js';

/** A file with at most this many lenses shows all of them. */
const most = 40;
/** Screens with lenses above and below the visible lines. The lenses are updated when less than one screen is left. */
const screens = 2;

/** Positions in `ScoredDocument.problems`; `to` is one past the last. */
export interface ProblemWindow {
  readonly from: number;
  readonly to: number;
}

/** Lines of a document, both included; `last` may be beyond its end. */
export interface LineWindow {
  readonly first: number;
  readonly last: number;
}

/**
 * Returns the lines that get code lenses while `seen` is visible. At every keystroke VS Code lays out every lens of the
 * file again, visible or not, and redraws the minimap: with 140 lenses a key took 1.4 times as long as without any.
 */
export function lensWindow({ problems }: Pick<ScoredDocument, 'problems'>, seen: Range): LineWindow {
  if (problems.reduce((sum, problem) => sum + weight(problem), 0) <= most) return { first: 0, last: Infinity };
  const margin = screens * height(seen);
  return { first: Math.max(0, seen.start.line - margin), last: seen.end.line + margin };
}

/** Whether the visible lines, and one screen above and below them, are in a window. */
export function isWithin({ lines }: Pick<ScoredDocument, 'lines'>, seen: Range, { first, last }: LineWindow): boolean {
  const margin = height(seen);
  return Math.max(0, seen.start.line - margin) >= first && Math.min(lines.lineCount - 1, seen.end.line + margin) <= last;
}

/** The problems on the visible lines. */
export function windowInSight({ problems, lines }: Pick<ScoredDocument, 'problems' | 'lines'>, { start, end }: Range): ProblemWindow {
  const [first, last] = [lines.offset(start), lines.offset(end)];
  const from = problems.findIndex(({ problem }) => problem.span.end >= first);
  if (from < 0) return { from: Math.max(0, problems.length - 1), to: problems.length };
  const after = problems.findIndex(({ problem }, at) => at >= from && problem.span.start > last);
  const to = after < 0 ? problems.length : after;
  return { from, to: Math.max(to, from) };
}

/** The problems that overlap a window. */
export function problemsWithin(document: Pick<ScoredDocument, 'problems' | 'lines'>, { first, last }: LineWindow): ProblemWindow {
  return windowInSight(document, { start: { line: first, character: 0 }, end: { line: last + 1, character: 0 } });
}

function height({ start, end }: Range): number {
  return end.line - start.line + 1;
}

/** Counts the lenses of a problem. */
function weight({ problem }: ScoredProblem): number {
  return 1 + (problem.tree ? 0 : problem.solutions.length);
}
