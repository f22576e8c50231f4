import type { Problem, ReasoningTree, Solution, Step, TreeNode } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import { FaultList } from './faults.js';
import { type Move, moved, movedProblem, movedSpan } from './movedPlaces.js';
import { ProblemDraft } from './problemDraft.js';
import { RecordReader } from './record.js';
import { detachedText, soundJson } from './soundJson.js';
import type { TextChange } from './textChange.js';
import { type NestedNodes, TreeDraft } from './treeDraft.js';

/** The text of a node without its children. */
interface NodeText {
  readonly text: string;
  /** Maps a place in `text` to the place in the document. */
  readonly place: Move;
}

/**
 * Reads a search tree again after an edit that is inside one of its nodes but not inside a child of that node: only the
 * node's own keys are read, and the places of everything after it are moved. `own`: what was read, by its places before
 * the edit. Undefined when the node is the root, is damaged, or has other keys, children or numbers of steps than
 * before.
 */
export function readNodeAgain(
  problem: Problem,
  nodes: NestedNodes,
  change: TextChange,
  beforeText: string,
  text: string,
): { readonly problem: Problem; readonly own: readonly Span[] } | undefined {
  const node = problem.tree && nodeAround(problem.tree, change);
  // The root's object also has the question.
  if (!problem.tree || node?.parent === undefined) return undefined;
  const inner = childrenOf(problem.tree, node);
  if (inner && change.endBefore > inner.start && change.start < inner.end) return undefined;
  const move = movedSpan(change);
  const [was, now] = [nodeText(beforeText, node.span, inner), nodeText(text, move(node.span), inner && move(inner))];
  const [before, after] = [soundJson(was.text), soundJson(now.text)];
  if (!before || !after?.json.hasShapeOf(before.json)) return undefined;
  const faults = new FaultList();
  const reader = new RecordReader(after.json, faults);
  const draft = new TreeDraft(new ProblemDraft(reader));
  const read = draft.nodes[nodes.add(reader, draft, after.root, draft.add(undefined, [], { span: node.span }))];
  if (read?.steps.length !== node.steps.length || faults.size > 0 || reader.scores.total > 0) return undefined;
  const own = inner
    ? [
        { start: node.span.start, end: inner.start },
        { start: inner.end, end: node.span.end },
      ]
    : [node.span];
  const steps = draft.draft.steps.map((step) => moved(step, now.place));
  const verdict = node.children.length === 0 ? draft.verdictOf(read) : undefined;
  return { problem: withNode(movedProblem(problem, move), node, { read, steps, verdict, now }), own };
}

/** The innermost node that has the whole change inside. */
function nodeAround({ nodes }: ReasoningTree, { start, endBefore }: TextChange): TreeNode | undefined {
  const isAround = (node: TreeNode | undefined): boolean => node !== undefined && node.span.start < start && endBefore < node.span.end;
  let found: TreeNode | undefined;
  for (let next = nodes[0]; next && isAround(next); ) {
    found = next;
    const child: number | undefined = next.children.find((id) => isAround(nodes[id]));
    next = child === undefined ? undefined : nodes[child];
  }
  return found;
}

function childrenOf({ nodes }: ReasoningTree, { children }: TreeNode): Span | undefined {
  const [first, last] = [nodes[children[0] ?? -1], nodes[children.at(-1) ?? -1]];
  return first && last && { start: first.span.start, end: last.span.end };
}

/** An empty object replaces the children, because a node without children would be read differently. */
const standIn = '{}';

function nodeText(text: string, { start, end }: Span, inner: Span | undefined): NodeText {
  if (!inner)
    return { text: detachedText(text.slice(start, end)), place: (span) => ({ start: span.start + start, end: span.end + start }) };
  const head = text.slice(start, inner.start);
  const after = inner.end - standIn.length - head.length;
  const at = (offset: number): number => (offset <= head.length ? start + offset : after + offset);
  return {
    text: detachedText(head + standIn + text.slice(inner.end, end)),
    place: (span) => ({ start: at(span.start), end: at(span.end) }),
  };
}

interface ReadNode {
  /** The node with its rollouts, by their places in the node's own text. */
  readonly read: TreeNode;
  readonly steps: readonly Step[];
  /** Only of a leaf. */
  readonly verdict: boolean | undefined;
  readonly now: NodeText;
}

/** Puts a node that was read again into a problem that is already moved. */
function withNode(problem: Problem, { id }: TreeNode, { read, steps, verdict, now }: ReadNode): Problem {
  const nodes = problem.tree?.nodes ?? [];
  const last = nodes[id];
  if (!last) return problem;
  const { mc, judge, visits, rollouts } = read;
  const { parent, children, depth, span } = last;
  const node: TreeNode = {
    id,
    ...(parent !== undefined && { parent }),
    children,
    depth,
    steps: last.steps,
    ...(mc && { mc }),
    ...(visits !== undefined && { visits }),
    rollouts: rollouts.map((rollout) => moved(rollout, now.place)),
    ...(judge !== undefined && { judge }),
    span,
  };
  const own = new Map(last.steps.map((index, i) => [index, steps[i]]));
  const isLeaf = children.length === 0;
  return {
    ...problem,
    steps: problem.steps.map((step) => {
      const again = own.get(step.index);
      if (!again) return step;
      const { parent: _none, ...rest } = again;
      return { ...rest, index: step.index, ...(step.parent !== undefined && { parent: step.parent }), node: id };
    }),
    solutions: problem.solutions.map((solution) => (isLeaf && solution.node === id ? judged(solution, verdict) : solution)),
    tree: { nodes: nodes.map((one) => (one.id === id ? node : one)) },
  };
}

function judged({ correct: _before, ...solution }: Solution, correct: boolean | undefined): Solution {
  return { ...solution, ...(correct !== undefined && { correct }) };
}
