import type { Range } from '../reasoning/span.js';
import type { ScoredDocument, ScoredProblem } from './scoredDocument.js';

/** Up to so many solutions, all of a file's have their line. */
const most = 200;

/** Positions in `ScoredDocument.problems`; `to` is one past the last. */
export interface ProblemWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * The problems whose code lenses are given while the reader looks at `seen`: those in sight and as many around them as make up a few
 * hundred solutions. An editor makes room for every lens of a file, in sight or not: with 4,800 of them each key took longer to show.
 */
export function lensWindow({ problems, lines }: ScoredDocument, seen: Range): ProblemWindow {
  const all = { from: 0, to: problems.length };
  if (problems.reduce((sum, problem) => sum + weight(problem), 0) <= most) return all;
  const visible = inSight({ problems, lines }, seen);
  let { from, to } = visible;
  let sum = problems.slice(from, to).reduce((total, problem) => total + weight(problem), 0);
  while (sum < most && (from > 0 || to < problems.length)) {
    const [before, after] = [problems[from - 1], problems[to]];
    if (before) {
      sum += weight(before);
      from--;
    }
    if (after) {
      sum += weight(after);
      to++;
    }
  }
  return { from, to };
}

/** Whether the problems in sight, and their neighbors, are in a window. */
export function isWithin(document: ScoredDocument, seen: Range, window: ProblemWindow): boolean {
  const { from, to } = inSight(document, seen);
  return Math.max(0, from - 1) >= window.from && Math.min(document.problems.length, to + 1) <= window.to;
}

/** The problems that lines in sight belong to. */
export function inSight({ problems, lines }: Pick<ScoredDocument, 'problems' | 'lines'>, { start, end }: Range): ProblemWindow {
  const [first, last] = [lines.offset(start), lines.offset(end)];
  const from = problems.findIndex(({ problem }) => problem.span.end >= first);
  if (from < 0) return { from: Math.max(0, problems.length - 1), to: problems.length };
  const after = problems.findIndex(({ problem }, at) => at >= from && problem.span.start > last);
  const to = after < 0 ? problems.length : after;
  return { from, to: Math.max(to, from) };
}

/** Lenses of a problem. */
function weight({ problem }: ScoredProblem): number {
  return 1 + (problem.tree ? 0 : problem.solutions.length);
}
