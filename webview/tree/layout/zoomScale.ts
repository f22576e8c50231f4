/**
 * Semantic zoom: positions scale, text does not. `k` scales the rows; the columns follow more slowly, so that a tree of
 * thousands of rows still has width when it is seen whole, and text has room when it is seen near.
 */
export interface View {
  /** Rows are `ROW * k` pixels apart. */
  readonly k: number;
  /** Where the root's column stands, in pixels from the left of the drawing. */
  readonly x: number;
  /** Where row 0 stands, in pixels from the top. */
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Far out dots, nearer the first words of the step, near a card. */
export type Level = 'dots' | 'words' | 'card';

const ROW = 64;
const COLUMN = 325;
const GAP = 52;
/** Columns shrink with `k^NEAR` down to this zoom, with `k^FAR` below it. */
const BEND = 0.2;
const NEAR = 0.35;
const FAR = 0.55;
export const MAX_ZOOM = 2;
/** The zoom at which the neighbourhood of a node can be read. */
export const READING_ZOOM = 0.42;
/** Rows at least this high, in pixels, have room for words without crowding. */
const READABLE_ROW = 19;

export function rowPx(k: number): number {
  return ROW * k;
}

export function columnPx(k: number): number {
  return k >= BEND ? COLUMN * k ** NEAR : COLUMN * BEND ** NEAR * (k / BEND) ** FAR;
}

/** The zoom at which columns are that wide. */
function zoomOfColumn(pixels: number): number {
  const share = pixels / COLUMN;
  const bend = BEND ** NEAR;
  return share >= bend ? share ** (1 / NEAR) : BEND * (share / bend) ** (1 / FAR);
}

export function levelAt(k: number): Level {
  return rowPx(k) < 14 ? 'dots' : rowPx(k) < 44 ? 'words' : 'card';
}

/** Width of what a node shows right of its dot; the rest of the column is left to the edges. */
export function nodeWidth(k: number, level: Level = levelAt(k)): number {
  return level === 'dots' ? 0 : columnPx(k) - GAP;
}

export function cardHeight(k: number): number {
  return Math.min(rowPx(k) - 10, 92);
}

/** Where a node's mark stands in the drawing, in pixels. */
export function screenPoint(view: View, depth: number, row: number): { readonly x: number; readonly y: number } {
  return { x: view.x + depth * columnPx(view.k), y: view.y + row * rowPx(view.k) };
}

/** The view after a change of scale that leaves the point `(px, py)` where it is. */
export function zoomAround(view: View, k: number, px: number, py: number): View {
  return {
    k,
    x: px - ((px - view.x) / columnPx(view.k)) * columnPx(k),
    y: py - ((py - view.y) / view.k) * k,
  };
}

export interface Extent {
  readonly columns: number;
  readonly top: number;
  readonly bottom: number;
}

const MARGIN = 24;

/** The view that shows all rows and columns, no nearer than cards. */
export function fitView(extent: Extent, size: Size): View {
  const rows = extent.bottom - extent.top + 1;
  const byHeight = Math.max(1, size.height - 2 * MARGIN) / (ROW * rows);
  const byWidth = zoomOfColumn(Math.max(1, size.width - 2 * MARGIN) / extent.columns);
  const k = Math.min(byHeight, byWidth, 1);
  const width = (extent.columns - 1) * columnPx(k) + Math.max(nodeWidth(k), 16);
  return {
    k,
    x: Math.max(MARGIN, (size.width - width) / 2),
    y: (size.height - (extent.bottom - extent.top) * rowPx(k)) / 2 - extent.top * rowPx(k),
  };
}

/** A node to land on: its place, and the rows from its topmost to its lowest neighbour (parent and children). */
export interface Landing {
  readonly depth: number;
  readonly row: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * The first look at a tree: all rows where their words can be read, else the target as near as its parent and children stay in
 * sight, in any case with the target in sight.
 */
export function landingView(extent: Extent, target: Landing, size: Size): View {
  const whole = fitView(extent, size);
  if (rowPx(whole.k) >= READABLE_ROW) return whole;
  const height = Math.max(1, size.height - 2 * MARGIN);
  const byHeight = height / (ROW * (extent.bottom - extent.top + 1));
  if (rowPx(byHeight) < READABLE_ROW) {
    const reach = Math.max(target.row - target.top, target.bottom - target.row) + 1;
    const k = Math.min(READING_ZOOM, height / (2 * ROW * reach));
    if (k <= whole.k * 2) return whole;
    const centred = centreView(k, target.depth, target.row, size);
    return { ...centred, x: Math.min(MARGIN, centred.x) };
  }
  const k = Math.min(byHeight, READING_ZOOM);
  const centred = centreView(k, target.depth, target.row, size);
  const middle = (extent.top + extent.bottom) / 2;
  return { k, x: Math.min(MARGIN, centred.x), y: size.height / 2 - middle * rowPx(k) };
}

/** The least change of translation that brings a node into the drawing, with room for its children; the same view if it is. */
export function reveal(view: View, depth: number, row: number, size: Size): View {
  const { x, y } = screenPoint(view, depth, row);
  const right = Math.max(MARGIN, size.width - nodeWidth(view.k) - MARGIN);
  const edge = Math.min(MARGIN + rowPx(view.k) / 2, size.height / 2);
  const isShown = x >= MARGIN - 1 && x <= right + 1 && y >= edge - 1 && y <= size.height - edge + 1;
  if (isShown) return view;
  return {
    k: view.k,
    x: view.x + (x < MARGIN || x > right ? Math.max(MARGIN, Math.min(right, size.width * 0.3)) - x : 0),
    y: view.y + (y < edge || y > size.height - edge ? size.height / 2 - y : 0),
  };
}

/** The view at scale `k` with a node at the middle row and a third from the left. */
export function centreView(k: number, depth: number, row: number, size: Size): View {
  const right = Math.max(MARGIN, size.width - nodeWidth(k) - MARGIN);
  return { k, x: Math.min(right, Math.max(MARGIN, size.width * 0.4)) - depth * columnPx(k), y: size.height / 2 - row * rowPx(k) };
}
