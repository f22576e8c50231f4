import type { FoldingRange } from 'vscode-languageserver-types';
import type { Span } from '../reasoning/span.js';
import type { ScoredDocument } from './scoredDocument.js';

/** With more nodes and solutions only problems fold, because an editor requests all ranges after every edit. */
const mostInside = 2000;

/** Folds problems, solutions and tree nodes that span more than one line. */
export function foldingRanges(document: ScoredDocument): FoldingRange[] {
  const byStart = new Map<number, number>();
  const add = (span: Span) => {
    const { start, end } = document.lines.range(span);
    if (end.line > start.line) byStart.set(start.line, Math.max(end.line, byStart.get(start.line) ?? 0));
  };
  const { problems } = document.reasoning;
  const inside = problems.reduce((sum, { tree, solutions }) => sum + (tree ? tree.nodes.length : solutions.length), 0);
  for (const problem of problems) {
    add(problem.span);
    if (inside > mostInside) continue;
    if (problem.tree) problem.tree.nodes.forEach((node) => add(node.span));
    else problem.solutions.forEach((solution) => add(solution.span));
  }
  return [...byStart].map(([startLine, endLine]) => ({ startLine, endLine }));
}
