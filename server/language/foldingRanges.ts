import type { FoldingRange } from 'vscode-languageserver-types';
import type { Span } from '../reasoning/span.js';
import type { ScoredDocument } from './scoredDocument.js';

/** Folds problems, solutions and tree nodes that span more than one line. */
export function foldingRanges(document: ScoredDocument): FoldingRange[] {
  const byStart = new Map<number, number>();
  const add = (span: Span) => {
    const { start, end } = document.lines.range(span);
    if (end.line > start.line) byStart.set(start.line, Math.max(end.line, byStart.get(start.line) ?? 0));
  };
  for (const problem of document.reasoning.problems) {
    add(problem.span);
    if (problem.tree) problem.tree.nodes.forEach((node) => add(node.span));
    else problem.solutions.forEach((solution) => add(solution.span));
  }
  return [...byStart].map(([startLine, endLine]) => ({ startLine, endLine }));
}
