import { type HierarchyNode, hierarchy, tree } from 'd3-hierarchy';
import type { LayoutExtent } from './zoomScale.js';

/** Places of nodes that are not folded away, as numbers: a column per depth, a row per line. Arrays are by node id. */
export interface TreeLayout {
  /** NaN when the node is folded away. Subtrees never overlap: nodes of one column are >= 1 row apart. */
  readonly row: Float64Array;
  /** Topmost and lowest row of the node's subtree; NaN as `row`. */
  readonly top: Float64Array;
  readonly bottom: Float64Array;
  /** Nodes shown in the subtree, itself included. */
  readonly shown: Int32Array;
  readonly root: number;
  /** Depth of the root, which is in column 0. */
  readonly depth: number;
  readonly extent: LayoutExtent;
  readonly count: number;
  /** Whether every subtree has rows of its own, so that it can be drawn as one block. */
  readonly isBanded: boolean;
}

export interface LayoutNode {
  readonly id: number;
  readonly parent: number | null;
  readonly children: readonly number[];
  readonly depth: number;
}

/** The part of a tree that is laid out. */
export interface Shown {
  /** Nodes whose children are folded away. */
  readonly collapsed: ReadonlySet<number>;
  /** Nodes left out, with their subtrees. */
  readonly isHidden?: (id: number) => boolean;
  readonly root?: number;
}

/** Above this many nodes every leaf has a row of its own: the tree takes more rows, but subtrees can be drawn as blocks. */
export const BANDED_ABOVE = 500;

/** Lays out a tree from left to right, with parents among their children. O(n), without recursion. */
export function layoutTree(nodes: readonly LayoutNode[], { collapsed, isHidden = () => false, root = 0 }: Shown): TreeLayout {
  const row = new Float64Array(nodes.length).fill(NaN);
  const depth = nodes[root]?.depth ?? 0;
  if (nodes[root] === undefined) return measured(nodes, row, { root: 0, depth: 0, order: [], isBanded: false });
  const childrenOf = (id: number) => (collapsed.has(id) ? [] : nodes[id]!.children.filter((child) => !isHidden(child)));
  const children = new Map<number, readonly number[]>();
  const order: number[] = [];
  for (let open = [root]; open.length > 0; ) {
    const id = open.pop()!;
    order.push(id);
    const below = childrenOf(id);
    children.set(id, below);
    for (let i = below.length - 1; i >= 0; i--) open.push(below[i]!);
  }
  const isBanded = order.length > BANDED_ABOVE;
  if (isBanded) placeInBands(order, children, row);
  else placeTidily(root, children, row);
  return measured(nodes, row, { root, depth, order, isBanded });
}

/** Every leaf on the next row, every other node in the middle of its children. */
function placeInBands(order: readonly number[], children: ReadonlyMap<number, readonly number[]>, row: Float64Array): void {
  let next = 0;
  for (const id of order) if (children.get(id)!.length === 0) row[id] = next++;
  for (let i = order.length - 1; i >= 0; i--) {
    const below = children.get(order[i]!)!;
    if (below.length > 0) row[order[i]!] = (row[below[0]!]! + row[below.at(-1)!]!) / 2;
  }
}

/** Tidy tree (Buchheim's linear-time form of Reingold-Tilford, as d3-hierarchy has it). */
function placeTidily(rootId: number, children: ReadonlyMap<number, readonly number[]>, row: Float64Array): void {
  // Built here, because `hierarchy()` also computes heights, which are not used and take quadratic time on a long path.
  const prototype = hierarchy.prototype as object;
  const point = (id: number, parent: HierarchyNode<number> | null, depth: number) =>
    Object.assign(Object.create(prototype) as HierarchyNode<number>, { data: id, parent, depth, height: 0 });
  const root = point(rootId, null, 0);
  const open = [root];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    const at: HierarchyNode<number> = parent;
    const below = children.get(at.data)!;
    if (below.length === 0) continue;
    at.children = below.map((id) => point(id, at, at.depth + 1));
    for (const child of at.children) open.push(child);
  }
  tree<number>()
    .nodeSize([1, 1])
    .separation((a, b) => (a.parent === b.parent ? 1 : 1.25))(root);
  root.eachBefore((at) => {
    row[at.data] = at.x ?? 0;
  });
}

interface Placed {
  readonly root: number;
  readonly depth: number;
  /** Shown nodes, parents first. */
  readonly order: readonly number[];
  readonly isBanded: boolean;
}

function measured(nodes: readonly LayoutNode[], row: Float64Array, { root, depth, order, isBanded }: Placed): TreeLayout {
  const top = Float64Array.from(row);
  const bottom = Float64Array.from(row);
  const shown = new Int32Array(nodes.length);
  let columns = 0;
  for (let i = order.length - 1; i >= 0; i--) {
    const id = order[i]!;
    shown[id]! += 1;
    columns = Math.max(columns, nodes[id]!.depth - depth + 1);
    const { parent } = nodes[id]!;
    if (id === root || parent === null) continue;
    shown[parent]! += shown[id]!;
    top[parent] = Math.min(top[parent]!, top[id]!);
    bottom[parent] = Math.max(bottom[parent]!, bottom[id]!);
  }
  const extent = order.length === 0 ? { columns: 0, top: 0, bottom: 0 } : { columns, top: top[root]!, bottom: bottom[root]! };
  return { row, top, bottom, shown, root, depth, extent, count: order.length, isBanded };
}

/** The same layout with only the nodes that are present; the others have no place. */
export function withPresent(layout: TreeLayout, nodes: readonly LayoutNode[], isPresent: (id: number) => boolean): TreeLayout {
  const row = layout.row.map((at, id) => (isPresent(id) ? at : NaN));
  const { root, depth, isBanded, extent } = layout;
  const order = nodes.filter(({ id }) => !Number.isNaN(row[id])).map(({ id }) => id);
  return { ...measured(nodes, row, { root, depth, order, isBanded }), extent };
}

/**
 * Interpolates two layouts of the same nodes at `t` in [0, 1]. Nodes that were not shown start at their parent's place.
 * `match[i]` is the new id of old node i.
 */
export function blendLayouts(
  from: TreeLayout,
  to: TreeLayout,
  match: Int32Array | null,
  nodes: readonly LayoutNode[],
  t: number,
): TreeLayout {
  const start = new Float64Array(nodes.length).fill(NaN);
  from.row.forEach((row, id) => {
    const now = match === null ? id : match[id]!;
    if (now >= 0) start[now] = row;
  });
  const row = to.row.map((end, id) => {
    if (Number.isNaN(end)) return NaN;
    // A parent's id is smaller than its children's, so its start is known.
    if (Number.isNaN(start[id])) start[id] = start[nodes[id]!.parent ?? id]!;
    return Number.isNaN(start[id]) ? end : start[id]! + (end - start[id]!) * t;
  });
  // Blocks are not drawn while a small tree moves, so their rows may be the final ones.
  return { ...to, row };
}
