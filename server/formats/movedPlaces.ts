import type { Problem, ReasoningTree, TreeNode } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { TextChange } from './textChange.js';

/** Maps a span to its place after an edit; returns the same object if it did not move. */
export type Move = (span: Span) => Span;

/** The move of a text that was shifted as a whole. */
export function movedBy(by: number): Move {
  return by === 0 ? (span) => span : ({ start, end }) => ({ start: start + by, end: end + by });
}

/** The move after a change; a span is before it, behind it or around it. */
export function movedSpan({ start, endBefore, endAfter }: TextChange): Move {
  const by = endAfter - endBefore;
  if (by === 0) return (span) => span;
  return (span) => {
    if (span.start >= endBefore) return { start: span.start + by, end: span.end + by };
    return span.end > start && span.end >= endBefore ? { start: span.start, end: span.end + by } : span;
  };
}

/** A step, node, solution or rollout at its new place. */
export function moved<T extends { readonly span: Span }>(one: T, move: Move): T {
  const span = move(one.span);
  return span === one.span ? one : { ...one, span };
}

function movedNode(node: TreeNode, move: Move): TreeNode {
  const at = moved(node, move);
  const rollouts = node.rollouts.map((rollout) => moved(rollout, move));
  return rollouts.some((rollout, i) => rollout !== node.rollouts[i]) ? { ...at, rollouts } : at;
}

/** A problem at its new place; the texts, and what did not move, are the same objects. */
export function movedProblem(problem: Problem, move: Move): Problem {
  const span = move(problem.span);
  if (span === problem.span) return problem;
  const tree: ReasoningTree | undefined = problem.tree && { nodes: problem.tree.nodes.map((node) => movedNode(node, move)) };
  return {
    ...problem,
    span,
    ...(problem.questionSpan && { questionSpan: move(problem.questionSpan) }),
    steps: problem.steps.map((step) => moved(step, move)),
    solutions: problem.solutions.map((solution) => moved(solution, move)),
    ...(tree && { tree }),
  };
}
