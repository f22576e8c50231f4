import { type HierarchyNode, hierarchy, tree } from 'd3-hierarchy';
import type { Extent } from './zoomScale.js';

/** Where the nodes stand that are not folded away: a column a depth, a row a line; numbers only. */
export interface TreeLayout {
  /** Row by node id; NaN when the node is folded away. Subtrees never overlap: nodes of one column are >= 1 row apart. */
  readonly row: Float64Array;
  /** By depth, the ids of the shown nodes from top to bottom. */
  readonly columns: readonly Int32Array[];
  readonly extent: Extent;
  readonly count: number;
}

export interface LayoutNode {
  readonly id: number;
  readonly parent: number | null;
  readonly children: readonly number[];
  readonly depth: number;
}

/** Tidy tree (Buchheim's linear-time form of Reingold-Tilford, as d3-hierarchy has it), left to right. O(n). */
export function layoutTree(nodes: readonly LayoutNode[], collapsed: ReadonlySet<number>): TreeLayout {
  const row = new Float64Array(nodes.length).fill(NaN);
  if (nodes.length === 0) return { row, columns: [], extent: { columns: 0, top: 0, bottom: 0 }, count: 0 };
  const root = pointsOf(nodes, collapsed);
  tree<number>()
    .nodeSize([1, 1])
    .separation((a, b) => (a.parent === b.parent ? 1 : 1.25))(root);
  const byDepth: number[][] = [];
  let top = Infinity;
  let bottom = -Infinity;
  let count = 0;
  root.eachBefore((point) => {
    const at = point.x ?? 0;
    row[point.data] = at;
    (byDepth[point.depth] ??= []).push(point.data);
    top = Math.min(top, at);
    bottom = Math.max(bottom, at);
    count++;
  });
  return { row, columns: byDepth.map((ids) => Int32Array.from(ids)), extent: { columns: byDepth.length, top, bottom }, count };
}

/**
 * The shown nodes as d3-hierarchy's own. Built here, because `hierarchy()` also computes heights, which nobody reads and which
 * takes quadratic time on a long path (12 s for one of 50,000).
 */
function pointsOf(nodes: readonly LayoutNode[], collapsed: ReadonlySet<number>): HierarchyNode<number> {
  const prototype = hierarchy.prototype as object;
  const point = (id: number, parent: HierarchyNode<number> | null, depth: number) =>
    Object.assign(Object.create(prototype) as HierarchyNode<number>, { data: id, parent, depth, height: 0 });
  const root = point(0, null, 0);
  const open = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const parent = at;
    if (collapsed.has(parent.data) || nodes[parent.data]!.children.length === 0) continue;
    parent.children = nodes[parent.data]!.children.map((id) => point(id, parent, parent.depth + 1));
    open.push(...parent.children);
  }
  return root;
}

/** The same places for the nodes that are there; the others have none. */
export function withPresent(layout: TreeLayout, isPresent: (id: number) => boolean): TreeLayout {
  const columns = layout.columns.map((ids) => ids.filter(isPresent));
  const row = layout.row.map((at, id) => (isPresent(id) ? at : NaN));
  return { ...layout, row, columns, count: columns.reduce((sum, ids) => sum + ids.length, 0) };
}

/**
 * The layout between two layouts of the same nodes at `t` in [0, 1]: nodes that were not shown come out of their parent.
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
  const row = new Float64Array(nodes.length).fill(NaN);
  for (const ids of to.columns) {
    for (const id of ids) {
      if (Number.isNaN(start[id])) start[id] = start[nodes[id]!.parent ?? id]!;
      row[id] = Number.isNaN(start[id]) ? to.row[id]! : start[id]! + (to.row[id]! - start[id]!) * t;
    }
  }
  return { ...to, row };
}
