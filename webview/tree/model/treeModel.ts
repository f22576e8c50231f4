import type { NodeView, ProblemView } from '../../../server/protocol/problemView.js';
import { rolloutShare } from '../../../server/reasoning/treeStatistics.js';
import { firstWords } from '../../shared/words.js';

/**
 * Which values the tree shows: the labels in the file (rollouts, people), or the scores of the model. A node is low, and
 * flagged, by the value it is coloured by; where one source is missing everywhere, the other stands in.
 */
export type ShownValues = 'labels' | 'model';

/** What the panel derives once from a view; indices are node ids. */
export interface TreeModel {
  readonly view: ProblemView;
  /** The whole tree, where `view` is a moment of its replay, with the same ids; else `view` itself. */
  readonly whole: ProblemView;
  readonly nodes: readonly NodeView[];
  /** Ids of the nodes that are there, in reading order: a node, then its children's subtrees (pre-order). */
  readonly order: Int32Array;
  /** Position of each node in `order`; -1 = not there at this moment. */
  readonly rank: Int32Array;
  /** Nodes in the subtree, itself included. */
  readonly subtreeSize: Int32Array;
  /** Share of the rollouts (of the solutions, where there are none) that went through the node, in [0, 1]. */
  readonly share: Float64Array;
  /** Size of a node's mark, in [0, 1]: visits where the search counted them, else `share`; square root, so areas compare. */
  readonly size: Float64Array;
  readonly sizeMeaning: 'visits' | 'share';
  /** Nodes with a low step, in reading order. */
  readonly low: readonly number[];
  /** Of these, the nodes that hold the first low step of a path. */
  readonly firstLow: ReadonlySet<number>;
  readonly hasValues: boolean;
  readonly shown: ShownValues;
  /** Whether both labels and scores are there to choose from. */
  readonly hasChoice: boolean;
}

/** Derives the model in O(n), without recursion: a path may be as long as the file is deep. */
export function buildTreeModel(view: ProblemView, shown: ShownValues = 'labels', whole: ProblemView = view): TreeModel {
  const hasChoice = whole.nodes.some(hasLabel) && whole.nodes.some((node) => lowestScore(node) !== undefined);
  const nodes = hasChoice && shown === 'model' ? view.nodes.map(scored) : view.nodes;
  const order = readingOrder(nodes);
  const rank = new Int32Array(nodes.length).fill(-1);
  order.forEach((id, at) => (rank[id] = at));
  const subtreeSize = new Int32Array(nodes.length).fill(1);
  for (let at = order.length - 1; at > 0; at--) {
    const id = order[at]!;
    const parent = nodes[id]!.parent;
    if (parent !== null) subtreeSize[parent]! += subtreeSize[id]!;
  }
  const share = rolloutOrSolutionShare(nodes);
  const mostVisits = nodes.reduce((most, node) => Math.max(most, node.visits ?? 0), 0);
  const size = Float64Array.from(nodes, (node, id) => Math.sqrt(mostVisits > 0 ? (node.visits ?? 0) / mostVisits : share[id]!));
  const low = [...order].filter((id) => isLow(nodes[id]!, view.threshold));
  return {
    view,
    whole,
    nodes,
    order,
    rank,
    subtreeSize,
    share,
    size,
    sizeMeaning: mostVisits > 0 ? 'visits' : 'share',
    low,
    firstLow: firstOnPath(nodes, low),
    hasValues: nodes.some((node) => node.value !== null),
    shown,
    hasChoice,
  };
}

/** The nodes that are there at this moment: parents first. */
export function presentNodes({ nodes, rank }: TreeModel): readonly NodeView[] {
  return nodes.filter(({ id }) => rank[id]! >= 0);
}

function hasLabel({ source }: NodeView): boolean {
  return source === 'mc' || source === 'human';
}

/** The model's lowest score among a node's steps: the node is as good as its worst step. */
function lowestScore({ steps }: NodeView): number | undefined {
  const scores = steps.flatMap(({ values }) => (values.prm === undefined ? [] : [values.prm]));
  return scores.length === 0 ? undefined : Math.min(...scores);
}

/** A node as the model sees it, its label set aside. */
function scored(node: NodeView): NodeView {
  const { mc: _mc, interval: _interval, ...rest } = node;
  const value = lowestScore(node) ?? null;
  return { ...rest, value, source: value === null ? null : 'prm', assumed: false, oneSample: false };
}

/** The root's value is the problem's, not a step's. */
function isLow({ steps, value, source }: NodeView, threshold: number): boolean {
  if (steps.length === 0 || value === null) return false;
  return source === 'human' ? value === 0 : value < threshold;
}

/** Of low nodes in reading order (parents first), those without a low node above them. */
function firstOnPath(nodes: readonly NodeView[], low: readonly number[]): Set<number> {
  const isLowHere = new Set(low);
  const lowAbove = new Uint8Array(nodes.length);
  const first = new Set<number>();
  // A child's id is greater than its parent's.
  for (const { id, parent } of nodes) {
    if (parent !== null && (isLowHere.has(parent) || lowAbove[parent] === 1)) lowAbove[id] = 1;
    else if (isLowHere.has(id)) first.add(id);
  }
  return first;
}

/** The node the eye should land on: the first in reading order that holds a path's first low step, else the root. */
export function landingNode(model: TreeModel): number | null {
  return model.low.find((id) => model.firstLow.has(id)) ?? model.low[0] ?? (model.nodes.length > 0 ? 0 : null);
}

export function nodeText(model: TreeModel, id: number): string {
  const node = model.nodes[id]!;
  if (node.steps.length > 0) return node.steps.map((step) => step.text).join(' ');
  return node.parent === null ? model.view.question : '';
}

export function nodeWords(model: TreeModel, id: number, limit = 120): string {
  return firstWords(nodeText(model, id).slice(0, limit * 4 + 200), limit) || '(no text)';
}

function readingOrder(nodes: readonly NodeView[]): Int32Array {
  const order = new Int32Array(nodes.length);
  let count = 0;
  const stack = nodes
    .filter((node) => node.parent === null)
    .map((node) => node.id)
    .reverse();
  while (stack.length > 0) {
    const id = stack.pop()!;
    order[count++] = id;
    const { children } = nodes[id]!;
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i]!);
  }
  return order.subarray(0, count);
}

/** A trie of solutions stores no rollouts: each leaf is then one of them. */
function rolloutOrSolutionShare(nodes: readonly NodeView[]): Float64Array {
  const share = rolloutShare(nodes);
  if ((share[0] ?? 0) > 0) return share;
  return rolloutShare(
    nodes.map((node) => ({ parent: node.parent, rollouts: node.children.length === 0 ? [{ correct: false, steps: [] }] : [] })),
  );
}
