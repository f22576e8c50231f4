import { t } from '../../../server/l10n.js';
import type { NodeView, ProblemView } from '../../../server/protocol/problemView.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { rolloutCount, rolloutShare } from '../../../server/reasoning/treeStatistics.js';
import { formatValue, valueBin } from '../../shared/valueScale.js';
import { firstWords } from '../../shared/words.js';

/**
 * The values that color the tree: the labels in the file (rollouts, people), the scores of the model, the difference
 * between model and labels, or the share of the rollouts. A node is low, and flagged, by its label, or by its score if
 * scores are shown. If one source is missing everywhere, the other is used.
 */
export type ShownValues = 'labels' | 'model' | 'both' | 'rollouts';

/** Data that the panel derives once per view. Indices are node ids. */
export interface TreeModel {
  readonly view: ProblemView;
  /** The whole tree, with the same ids, if `view` is a moment of its replay; else `view` itself. */
  readonly whole: ProblemView;
  readonly nodes: readonly NodeView[];
  /** Ids of the present nodes, in reading order: a node, then its children's subtrees (pre-order). */
  readonly order: Int32Array;
  /** Position of each node in `order`; -1 = not present at this moment of the replay. */
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
  /** Nodes that the picture flags: disagreements if labels and scores are both shown, else the first low nodes. */
  readonly flagged: ReadonlySet<number>;
  /** Model's score minus label; NaN where one of them is missing. */
  readonly difference: Float64Array;
  /** Nodes whose label and score disagree: one is low, the other is not. In reading order. */
  readonly disagreements: readonly number[];
  readonly hasValues: boolean;
  readonly shown: ShownValues;
  /** The choices for `shown` that this tree has. */
  readonly choices: readonly ShownValues[];
  lowOf(id: number): boolean;
}

/** Derives the model in O(n), without recursion: a path may be as long as the file is deep. */
export function buildTreeModel(view: ProblemView, shown: ShownValues = 'labels', whole: ProblemView = view): TreeModel {
  const choices = choicesOf(whole);
  const offered = choices.includes(shown) ? shown : 'labels';
  const nodes = offered === 'model' ? view.nodes.map(scored) : view.nodes;
  const order = readingOrder(nodes);
  const rank = new Int32Array(nodes.length).fill(-1);
  order.forEach((id, at) => (rank[id] = at));
  const share = rolloutOrSolutionShare(nodes);
  const mostVisits = nodes.reduce((most, node) => Math.max(most, node.visits ?? 0), 0);
  const size = Float64Array.from(nodes, (node, id) => Math.sqrt(mostVisits > 0 ? (node.visits ?? 0) / mostVisits : itemAt(share, id)));
  const low = [...order].filter((id) => isLow(itemAt(nodes, id), view.threshold));
  const isLowHere = new Set(low);
  const difference = Float64Array.from(view.nodes, (node) => (hasLabel(node) ? (lowestScore(node) ?? NaN) - (node.value ?? NaN) : NaN));
  const firstLow = firstOnPath(nodes, low);
  const disagreements = [...order].filter(
    (id) => !Number.isNaN(itemAt(difference, id)) && disagrees(itemAt(view.nodes, id), view.threshold),
  );
  return {
    view,
    whole,
    nodes,
    order,
    rank,
    subtreeSize: subtreeSizes(nodes, order),
    share,
    size,
    sizeMeaning: mostVisits > 0 ? 'visits' : 'share',
    low,
    firstLow,
    flagged: offered === 'both' ? new Set(disagreements) : firstLow,
    difference,
    disagreements,
    hasValues: nodes.some((node) => node.value !== null),
    shown,
    choices,
    lowOf: (id) => isLowHere.has(id),
  };
}

function choicesOf(whole: ProblemView): readonly ShownValues[] {
  const hasBoth = whole.nodes.some(hasLabel) && whole.nodes.some((node) => lowestScore(node) !== undefined);
  const hasRollouts = whole.nodes.some((node) => node.rollouts.length > 0);
  return [...(hasBoth ? (['labels', 'model', 'both'] as const) : (['labels'] as const)), ...(hasRollouts ? (['rollouts'] as const) : [])];
}

function subtreeSizes(nodes: readonly NodeView[], order: Int32Array): Int32Array {
  const sizes = new Int32Array(nodes.length).fill(1);
  for (let at = order.length - 1; at > 0; at--) {
    const id = itemAt(order, at);
    const { parent } = itemAt(nodes, id);
    if (parent !== null) sizes[parent] = itemAt(sizes, parent) + itemAt(sizes, id);
  }
  return sizes;
}

/** The value's color, 0 to 9, by what is shown; undefined for a missing value. */
export function binOf(model: TreeModel, id: number): number | undefined {
  const { shown, difference, share, view } = model;
  if (shown === 'both') return valueBin((itemAt(difference, id) + 1) / 2, 0.5);
  if (shown === 'rollouts') return 5 + Math.min(4, Math.floor(Math.sqrt(itemAt(share, id)) * 5));
  return valueBin(itemAt(model.nodes, id).value, view.threshold);
}

/** The value as the picture writes it: `0.25`, `0.25→0.81` from label to model, `48` rollouts. */
export function valueText(model: TreeModel, id: number): string {
  const node = itemAt(model.nodes, id);
  if (model.shown === 'both') return `${formatValue(node.value)}→${formatValue(lowestScore(node) ?? null)}`;
  if (model.shown === 'rollouts') return String(rolloutCount(node.rollouts));
  return formatValue(node.value);
}

function disagrees(node: NodeView, threshold: number): boolean {
  const score = lowestScore(node);
  return node.steps.length > 0 && score !== undefined && node.value !== null && isLow(node, threshold) !== score < threshold;
}

/** The nodes that are present at this moment of the replay, parents first. */
export function presentNodes({ nodes, rank }: TreeModel): readonly NodeView[] {
  return nodes.filter(({ id }) => itemAt(rank, id) >= 0);
}

function hasLabel({ source }: NodeView): boolean {
  return source === 'mc' || source === 'human';
}

/** The model's lowest score among a node's steps: the node is as good as its worst step. */
export function lowestScore({ steps }: NodeView): number | undefined {
  const scores = steps.flatMap(({ values }) => (values.prm === undefined ? [] : [values.prm]));
  return scores.length === 0 ? undefined : Math.min(...scores);
}

/** The node with the model's score as its value and without its label. */
function scored(node: NodeView): NodeView {
  const { mc: _mc, interval: _interval, ...rest } = node;
  const value = lowestScore(node) ?? null;
  return { ...rest, value, source: value === null ? null : 'prm', assumed: false, oneSample: false };
}

/** Whether a node is low. The root never is: its value is the problem's, not a step's. */
function isLow({ steps, value, source }: NodeView, threshold: number): boolean {
  if (steps.length === 0 || value === null) return false;
  return source === 'human' ? value === 0 : value < threshold;
}

/** The low nodes that have no low node above them. `low` is in reading order (parents first). */
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

/** The node to show first: the first one in reading order with a path's first low step, else the root. */
export function landingNode(model: TreeModel): number | null {
  return model.low.find((id) => model.firstLow.has(id)) ?? model.low[0] ?? (model.nodes.length > 0 ? 0 : null);
}

export function nodeText(model: TreeModel, id: number): string {
  const node = itemAt(model.nodes, id);
  if (node.steps.length > 0) return node.steps.map((step) => step.text).join(' ');
  return node.parent === null ? model.view.question : '';
}

export function nodeWords(model: TreeModel, id: number, limit = 120): string {
  return firstWords(nodeText(model, id).slice(0, limit * 4 + 200), limit) || t('(no text)');
}

function readingOrder(nodes: readonly NodeView[]): Int32Array {
  const order = new Int32Array(nodes.length);
  let count = 0;
  const stack = nodes
    .filter((node) => node.parent === null)
    .map((node) => node.id)
    .reverse();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    order[count++] = id;
    for (const child of [...itemAt(nodes, id).children].reverse()) stack.push(child);
  }
  return order.subarray(0, count);
}

/** Share of the rollouts. A trie of solutions stores no rollouts, so each of its leaves counts as one. */
function rolloutOrSolutionShare(nodes: readonly NodeView[]): Float64Array {
  const share = rolloutShare(nodes);
  if ((share[0] ?? 0) > 0) return share;
  return rolloutShare(
    nodes.map((node) => ({
      parent: node.parent,
      rollouts: node.children.length === 0 ? [{ correct: false, steps: 0, count: 1, distinct: 1 }] : [],
    })),
  );
}
