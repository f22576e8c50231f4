import type { TreeLayout } from './tidy.js';
import { cardHeight, columnPx, type Level, levelAt, nodeWidth, rowPx, type Size, type View } from './zoomScale.js';

/** What is to be drawn: ids of the nodes in sight, and of the nodes whose edge from the parent crosses it. */
export interface Scene {
  readonly level: Level;
  readonly nodes: readonly number[];
  /** Child ids; the edge comes from the child's parent. */
  readonly edges: readonly number[];
}

/** Above this many nodes in sight the drawing is a canvas of dots. */
export const SVG_LIMIT = 800;

/**
 * The part of a layout in sight, in O(seen + columns * log n): the nodes of a column are sorted by row, and so are the edges
 * between two columns at both ends, so what is seen is a range found by bisection. `margin` (pixels) widens the window.
 */
export function sceneOf(layout: TreeLayout, parentOf: (id: number) => number, view: View, size: Size, margin = 0): Scene {
  const column = columnPx(view.k);
  const height = rowPx(view.k);
  const reach = Math.max(nodeWidth(view.k), 12) + margin;
  const first = Math.max(0, Math.ceil((-reach - view.x) / column));
  const last = Math.min(layout.columns.length - 1, Math.floor((size.width + margin + 12 - view.x) / column));
  const top = (-margin - height / 2 - view.y) / height;
  const bottom = (size.height + margin + height / 2 - view.y) / height;
  const nodes: number[] = [];
  const edges: number[] = [];
  for (let depth = first; depth <= last + 1 && depth < layout.columns.length; depth++) {
    const ids = layout.columns[depth]!;
    const at = (i: number) => layout.row[ids[i]!]!;
    const from = bisect(ids.length, (i) => at(i) >= top);
    const to = bisect(ids.length, (i) => at(i) > bottom);
    if (depth <= last) for (let i = from; i < to; i++) nodes.push(ids[i]!);
    if (depth === 0) continue;
    const parentAt = (i: number) => layout.row[parentOf(ids[i]!)]!;
    const edgeFrom = bisect(ids.length, (i) => Math.max(at(i), parentAt(i)) >= top);
    const edgeTo = bisect(ids.length, (i) => Math.min(at(i), parentAt(i)) > bottom);
    for (let i = edgeFrom; i < edgeTo; i++) edges.push(ids[i]!);
  }
  return { level: nodes.length > SVG_LIMIT ? 'dots' : levelAt(view.k), nodes, edges };
}

/** First index in [0, length] for which the (monotone) test holds. */
function bisect(length: number, test: (i: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export type HitPart = 'node' | 'toggle';
export interface Hit {
  readonly id: number;
  readonly part: HitPart;
}

/** The node under a point of the drawing, with some room around dots; the fold mark stands right of what a node shows. */
export function hitTest(layout: TreeLayout, view: View, level: Level, px: number, py: number): Hit | null {
  const column = columnPx(view.k);
  const height = rowPx(view.k);
  const width = nodeWidth(view.k, level);
  const row = (py - view.y) / height;
  const depth = level === 'dots' ? Math.round((px - view.x) / column) : Math.floor((px - view.x + 14) / column);
  const ids = layout.columns[depth];
  if (ids === undefined) return null;
  const after = bisect(ids.length, (i) => layout.row[ids[i]!]! > row);
  const near = [ids[after - 1], ids[after]].filter((id) => id !== undefined);
  near.sort((a, b) => Math.abs(layout.row[a]! - row) - Math.abs(layout.row[b]! - row));
  const id = near[0];
  if (id === undefined) return null;
  const dx = px - view.x - depth * column;
  const dy = Math.abs(layout.row[id]! - row) * height;
  if (level === 'dots') return Math.hypot(dx, dy) <= 12 ? { id, part: 'node' } : null;
  if (dy > (level === 'card' ? cardHeight(view.k) / 2 : Math.max(height / 2, 10))) return null;
  if (dx <= width) return { id, part: 'node' };
  return dx <= width + TOGGLE_REACH ? { id, part: 'toggle' } : null;
}

/** How far right of a node its fold mark reaches, in pixels. */
export const TOGGLE_REACH = 34;
