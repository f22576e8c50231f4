import type { LayoutNode, TreeLayout } from './tidy.js';
import {
  cardHeight,
  columnPx,
  LAST_COLUMN,
  type Level,
  levelAt,
  nodeWidth,
  rowPx,
  type Size,
  screenPoint,
  TWO_LINES_ROW,
  type View,
  WORDS_ROW,
} from './zoomScale.js';

/** Neighboring subtrees of one parent that are too small to be read one by one, drawn as one block. */
export interface Block {
  /** Roots of the subtrees, from top to bottom; children of one parent. */
  readonly roots: readonly number[];
  /** Nodes in it. */
  readonly count: number;
  readonly top: number;
  readonly bottom: number;
  /** Row of its mark. */
  readonly row: number;
}

/** Height of the rows a node has to itself, in pixels. */
export function ownHeight({ isBanded, top, bottom }: TreeLayout, { k }: Pick<View, 'k'>, id: number): number {
  return isBanded ? Math.min(rowPx(1), (bottom[id]! - top[id]! + 1) * rowPx(k)) : rowPx(k);
}

/** The nodes, edges and blocks to draw. */
export interface Scene {
  readonly level: Level;
  /** Ids of the visible nodes, in reading order. */
  readonly nodes: readonly number[];
  /** Edges by child id: each comes from the child's parent. Every block has an edge, too. */
  readonly edges: readonly number[];
  readonly blocks: readonly Block[];
}

export interface SceneInput {
  readonly nodes: readonly LayoutNode[];
  readonly layout: TreeLayout;
  readonly view: View;
  readonly size: Size;
  /** Widens the window on every side, in pixels. */
  readonly margin?: number;
  /** Nodes drawn individually whatever their size, with their ancestors: the path to the selection. */
  readonly apart?: ReadonlySet<number>;
}

/**
 * The visible part of a layout. If rows are too low to be read, subtrees of a banded layout become blocks, each high enough
 * for a line of text. So the amount drawn depends on the size of the panel, not of the tree. Zooming in opens blocks.
 */
export function sceneOf({ nodes, layout, view, size, margin = 0, apart = new Set() }: SceneInput): Scene {
  const height = rowPx(view.k);
  const column = columnPx(view);
  const level = levelAt(view, layout.isBanded);
  const reach = Math.max(nodeWidth(view, level), 12) + margin;
  const top = (-margin - height / 2 - view.y) / height;
  const bottom = (size.height + margin + height / 2 - view.y) / height;
  const lastColumn = Math.floor((size.width + margin + 12 - view.x) / column);
  const least = layout.isBanded ? WORDS_ROW : 0;
  const scene = { level, nodes: [] as number[], edges: [] as number[], blocks: [] as Block[] };
  const columnOf = (id: number) => nodes[id]!.depth - layout.depth;
  const isRowSeen = (id: number) => layout.row[id]! >= top && layout.row[id]! <= bottom;
  const open = layout.count === 0 ? [] : [layout.root];
  while (open.length > 0) {
    const id = open.pop()!;
    if (isRowSeen(id) && view.x + columnOf(id) * column + reach >= 0 && columnOf(id) <= lastColumn) scene.nodes.push(id);
    if (columnOf(id) > lastColumn) continue;
    const { singles, blocks } = runsOf(id, { nodes, layout, apart, height, least, top, bottom });
    if (columnOf(id) < lastColumn) scene.blocks.push(...blocks);
    for (let i = singles.length - 1; i >= 0; i--) {
      const child = singles[i]!;
      const isCrossing = Math.max(layout.row[child]!, layout.row[id]!) >= top && Math.min(layout.row[child]!, layout.row[id]!) <= bottom;
      if (isCrossing) scene.edges.push(child);
      if (layout.bottom[child]! >= top && layout.top[child]! <= bottom) open.push(child);
    }
  }
  return scene;
}

interface Runs {
  readonly nodes: readonly LayoutNode[];
  readonly layout: TreeLayout;
  readonly apart: ReadonlySet<number>;
  readonly height: number;
  /** Least height of a block in pixels; 0 = no blocks. */
  readonly least: number;
  readonly top: number;
  readonly bottom: number;
}

/** The shown children of a node: those large enough to be drawn, and visible runs of smaller ones. */
function runsOf(id: number, input: Runs): { readonly singles: number[]; readonly blocks: Block[] } {
  const { nodes, layout, apart, height, least, top, bottom } = input;
  const singles: number[] = [];
  const blocks: Block[] = [];
  let run: number[] = [];
  let rows = 0;
  const flush = () => {
    if (run.length === 1 && layout.shown[run[0]!] === 1) singles.push(run[0]!);
    else if (run.length > 0) {
      const block = blockOf(run, layout);
      if (block.bottom >= top && block.top <= bottom) blocks.push(block);
    }
    [run, rows] = [[], 0];
  };
  for (const child of nodes[id]!.children) {
    if (Number.isNaN(layout.row[child])) continue;
    const own = layout.bottom[child]! - layout.top[child]! + 1;
    if (apart.has(child) || own * height >= least) {
      flush();
      singles.push(child);
      continue;
    }
    run.push(child);
    rows += own;
    if (rows * height >= least) flush();
  }
  // A remainder too low for a line of text joins the block above it, when that is its neighbor.
  const before = blocks.at(-1);
  if (run.length > 0 && before !== undefined && singles.every((single) => layout.row[single]! < before.top)) {
    blocks.pop();
    run = [...before.roots, ...run];
  }
  flush();
  return { singles, blocks };
}

function blockOf(roots: readonly number[], layout: TreeLayout): Block {
  const top = layout.top[roots[0]!]!;
  const bottom = layout.bottom[roots.at(-1)!]!;
  const count = roots.reduce((sum, id) => sum + layout.shown[id]!, 0);
  return { roots, count, top, bottom, row: (top + bottom) / 2 };
}

export type HitPart = 'node' | 'toggle' | 'block';
export interface SceneHit {
  /** The node, or the first root of a block. */
  readonly id: number;
  readonly part: HitPart;
}

/** How far right of a node its fold mark reaches, in pixels. */
export const TOGGLE_REACH = 30;

export interface HitInput {
  readonly nodes: readonly LayoutNode[];
  readonly layout: TreeLayout;
  readonly scene: Scene;
  readonly view: View;
}

/** The part of a scene under a point, with some tolerance around dots. The fold mark is right of a node's content. */
export function hitTest({ nodes, layout, scene, view }: HitInput, px: number, py: number): SceneHit | null {
  const { level } = scene;
  const width = nodeWidth(view, level);
  const half = level === 'card' ? cardHeight(view.k) / 2 : Math.max(rowPx(view.k) / 2, 8);
  let nearest: { readonly hit: SceneHit; readonly distance: number } | null = null;
  const offer = (hit: SceneHit, distance: number) => {
    if (nearest === null || distance < nearest.distance) nearest = { hit, distance };
  };
  for (const id of scene.nodes) {
    const at = screenPoint(view, nodes[id]!.depth - layout.depth, layout.row[id]!);
    const [dx, dy] = [px - at.x, Math.abs(py - at.y)];
    if (level === 'dots' && Math.hypot(dx, dy) <= 12) offer({ id, part: 'node' }, Math.hypot(dx, dy));
    else if (level !== 'dots' && dx >= -14 && dx <= width + TOGGLE_REACH && dy <= half)
      offer({ id, part: dx <= width ? 'node' : 'toggle' }, dy);
  }
  if (nearest !== null) return (nearest as { readonly hit: SceneHit }).hit;
  for (const block of scene.blocks) {
    const id = block.roots[0]!;
    const at = screenPoint(view, nodes[id]!.depth - layout.depth, block.row);
    const high = Math.max(WORDS_ROW, (block.bottom - block.top + 1) * rowPx(view.k)) / 2;
    if (Math.abs(py - at.y) <= high && px >= at.x - 8 && px <= at.x + BLOCK_WIDTH) offer({ id, part: 'block' }, Math.abs(py - at.y));
  }
  return nearest === null ? null : (nearest as { readonly hit: SceneHit }).hit;
}

/** A block and its text take this many pixels at most. */
export const BLOCK_WIDTH = 300;

/** The view in which a block fills most of the height and opens. */
export function openBlock(block: Block, view: View, size: Size, column: number): View {
  const rows = block.bottom - block.top + 1;
  const k = Math.max(view.k * 2, Math.min(0.42, size.height / (rowPx(1) * (rows + 2))));
  const scale = { k, stretch: Math.max(view.stretch, 0.6) };
  const x = size.width * 0.25 - column * columnPx(scale);
  return { ...scale, x: Math.min(view.x, x), y: size.height / 2 - block.row * rowPx(k) };
}

/**
 * Number of empty columns right of each visible leaf, over which its label may extend. The label needs the height of its
 * line of text, and no edge may cross it.
 */
export function freeColumns({ nodes, layout, scene, view }: HitInput): ReadonlyMap<number, number> {
  const columns: number[][] = [];
  const parents: { readonly from: number; readonly to: number }[][] = [];
  const spans = new Map<number, { from: number; to: number; column: number }>();
  const ends = [
    ...scene.edges.map((id) => [id, layout.row[id]!] as const),
    ...scene.blocks.map(({ roots, row }) => [roots[0]!, row] as const),
  ];
  for (const id of scene.nodes) (columns[nodes[id]!.depth - layout.depth] ??= []).push(layout.row[id]!);
  for (const { roots, row } of scene.blocks) (columns[nodes[roots[0]!]!.depth - layout.depth] ??= []).push(row);
  for (const [id, row] of ends) {
    const parent = nodes[id]!.parent!;
    const known = spans.get(parent);
    if (known === undefined) {
      const own = layout.row[parent]!;
      spans.set(parent, { from: Math.min(own, row), to: Math.max(own, row), column: nodes[parent]!.depth - layout.depth });
    } else [known.from, known.to] = [Math.min(known.from, row), Math.max(known.to, row)];
  }
  for (const { from, to, column } of spans.values()) (parents[column] ??= []).push({ from, to });
  // A label with words below its value needs its whole row; of low rows, as many as a line of words is high.
  const rows = 15 / rowPx(view.k);
  const line = rowPx(view.k) >= TWO_LINES_ROW ? 1 : layout.isBanded ? rows : Math.min(1, rows);
  const last = layout.extent.columns - 1;
  const free = new Map<number, number>();
  for (const id of scene.nodes) {
    if (layout.shown[id] !== 1) continue;
    const row = layout.row[id]!;
    const own = nodes[id]!.depth - layout.depth;
    let column = own;
    while (
      column < last &&
      !(parents[column] ?? []).some(({ from, to }) => from - line / 2 < row && to + line / 2 > row) &&
      !(columns[column + 1] ?? []).some((at) => Math.abs(at - row) < line * 0.9)
    )
      column++;
    free.set(id, column - own + (column === last ? LAST_COLUMN : 0));
  }
  return free;
}
