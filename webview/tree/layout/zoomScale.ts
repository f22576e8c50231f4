/**
 * Semantic zoom: positions scale, text does not. `k` scales the rows; the columns follow more slowly and have a stretch of
 * their own, so that a tree seen whole fills the width as well as the height of the panel.
 */
export interface View {
  /** Rows are `ROW * k` pixels apart. */
  readonly k: number;
  /** Columns are this many times as wide as `k` alone makes them. */
  readonly stretch: number;
  /** Position of the root's column, in pixels from the left of the drawing. */
  readonly x: number;
  /** Position of row 0, in pixels from the top. */
  readonly y: number;
}

export type Scale = Pick<View, 'k' | 'stretch'>;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How nodes are drawn, from far to near: as dots, as the first words of the step, as cards. */
export type Level = 'dots' | 'words' | 'card';

const ROW = 64;
const COLUMN = 325;
/** Columns shrink with `k^NEAR` down to this zoom, with `k^FAR` below it. */
const BEND = 0.2;
const NEAR = 0.35;
const FAR = 0.55;
export const MAX_ZOOM = 2;
/** The zoom at which the neighborhood of a node can be read. */
export const READING_ZOOM = 0.42;
/** Largest zoom of the first view: rows have room for three lines of words. */
const LANDED_ZOOM = 0.74;
/** Rows at least this high, in pixels, have room for a line of words. */
export const WORDS_ROW = 13;
/** Rows at least this high, in pixels, have room for words without crowding. */
const READABLE_ROW = 18;
const CARD_ROW = 48;
/** Room for the fold mark and the edges right of a node, in pixels. */
const LEAST_GAP = 17;
const MOST_GAP = 52;
/** Greatest width of a column when the whole tree is shown: longer lines are harder to read. Pixels. */
const WIDEST_COLUMN = 430;
const NARROWEST_COLUMN = 10;
/** Room beyond the last column, in columns: its nodes are leaves, whose labels are the longest. */
export const LAST_COLUMN = 0.6;
/** Least width of words beside a value, or below it, in pixels. */
const WORDS_WIDTH = 76;
const NARROW_WIDTH = 52;
/** Rows at least this high, in pixels, have room for words below the value. */
export const TWO_LINES_ROW = 29;
const CARD_WIDTH = 100;

export function rowPx(k: number): number {
  return ROW * k;
}

/** Width of a column before it is stretched. */
function naturalColumn(k: number): number {
  return k >= BEND ? COLUMN * k ** NEAR : COLUMN * BEND ** NEAR * (k / BEND) ** FAR;
}

export function columnPx({ k, stretch }: Scale): number {
  return naturalColumn(k) * stretch;
}

function gapPx(scale: Scale): number {
  return Math.max(LEAST_GAP, Math.min(MOST_GAP, columnPx(scale) * 0.16));
}

/** `isBanded`: nodes drawn individually have room for a line of words, however low the rows are. */
export function levelAt(scale: Scale, isBanded = false): Level {
  const width = columnPx(scale) - gapPx(scale);
  const least = rowPx(scale.k) >= TWO_LINES_ROW ? NARROW_WIDTH : WORDS_WIDTH;
  if ((rowPx(scale.k) < WORDS_ROW && !isBanded) || width < least) return 'dots';
  return rowPx(scale.k) < CARD_ROW || width < CARD_WIDTH ? 'words' : 'card';
}

/** Width of a node's content right of its dot; the rest of the column is left to the edges. */
export function nodeWidth(scale: Scale, level: Level = levelAt(scale)): number {
  return level === 'dots' ? 0 : columnPx(scale) - gapPx(scale);
}

export function cardHeight(k: number): number {
  return Math.min(rowPx(k) - 10, 92);
}

/** Position of a node's mark in the drawing, in pixels. */
export function screenPoint(view: View, column: number, row: number): { readonly x: number; readonly y: number } {
  return { x: view.x + column * columnPx(view), y: view.y + row * rowPx(view.k) };
}

/**
 * The view after a change of scale that leaves the point `(px, py)` where it is. Columns that were compressed to show
 * the whole tree regain their width as the view zooms in.
 */
export function zoomAround(view: View, k: number, px: number, py: number): View {
  const relaxed = Math.min(1, view.stretch * Math.max(1, k / view.k) ** 0.6);
  const next = { k, stretch: Math.max(view.stretch, relaxed) };
  return {
    ...next,
    x: px - ((px - view.x) / columnPx(view)) * columnPx(next),
    y: py - ((py - view.y) / view.k) * k,
  };
}

/** The view after a change of the columns' width alone that leaves the point at `px` where it is. */
export function stretchAround(view: View, factor: number, px: number): View {
  const natural = naturalColumn(view.k);
  const stretch = Math.max(NARROWEST_COLUMN / natural, Math.min(2, view.stretch * factor));
  return { ...view, stretch, x: px - ((px - view.x) / view.stretch) * stretch };
}

export interface LayoutExtent {
  readonly columns: number;
  readonly top: number;
  readonly bottom: number;
}

const MARGIN = 20;

/** The view that fits all rows to the height and all columns to the width, zoomed in no further than cards need. */
export function fitView(extent: LayoutExtent, size: Size): View {
  const rows = extent.bottom - extent.top + 1;
  const k = Math.min(Math.max(1, size.height - 2 * MARGIN) / (ROW * rows), 1);
  const room = Math.max(1, size.width - 2 * MARGIN) / (Math.max(1, extent.columns) + LAST_COLUMN);
  const column = Math.max(NARROWEST_COLUMN, Math.min(WIDEST_COLUMN, room));
  const view = { k, stretch: column / naturalColumn(k) };
  const width = (extent.columns - 1 + LAST_COLUMN) * column + Math.max(nodeWidth(view), 16);
  return {
    ...view,
    x: Math.max(MARGIN, (size.width - width) / 2),
    y: (size.height - (extent.bottom - extent.top) * rowPx(k)) / 2 - extent.top * rowPx(k),
  };
}

/** A node to land on: its place, and the rows from its topmost to its lowest neighbor (siblings, parent and children). */
export interface Landing {
  readonly column: number;
  readonly row: number;
  readonly top: number;
  readonly bottom: number;
}

/** Width of a column in which the words of a low step can be read, in pixels. */
const READABLE_COLUMN = 150;

/**
 * The first view of a tree: the whole tree if its words can be read, else the target with its siblings. If these have too
 * many rows to be read, shows as many as can be read, or in a banded layout all of them with their branches as blocks.
 */
export function landingView(extent: LayoutExtent, target: Landing, size: Size, isBanded = false): View {
  const whole = fitView(extent, size);
  if (rowPx(whole.k) >= READABLE_ROW && levelAt(whole) !== 'dots') return whole;
  const height = Math.max(1, size.height - 2 * MARGIN);
  const rows = target.bottom - target.top + 1;
  const least = isBanded ? whole.k : READABLE_ROW / ROW;
  const near = Math.max(least, Math.min(READING_ZOOM, height / (ROW * rows)));
  // A tree of few rows uses the available height for labels of several lines.
  const all = extent.bottom - extent.top + 1;
  const k = isBanded ? near : Math.max(near, Math.min(LANDED_ZOOM, height / (ROW * all)));
  const column = Math.max(READABLE_COLUMN, Math.min(naturalColumn(READING_ZOOM), (size.width - 2 * MARGIN) / (target.column + 2)));
  const scale = { k, stretch: column / naturalColumn(k) };
  const fits = rows * rowPx(k) <= height + 1;
  const isWhole = all * rowPx(k) <= height + 1;
  const middle = isWhole ? (extent.top + extent.bottom) / 2 : fits ? (target.top + target.bottom) / 2 : target.row;
  // The root stays visible as long as the target's children are visible, too.
  const x = Math.min(MARGIN, Math.max(size.width - (target.column + 2) * column, size.width * 0.2 - target.column * column));
  return { ...scale, x, y: size.height / 2 - middle * rowPx(k) };
}

/** The view moved just enough to show a node with room for its children; the same view if it does so already. */
export function revealNode(view: View, column: number, row: number, size: Size): View {
  const { x, y } = screenPoint(view, column, row);
  const right = Math.max(MARGIN, size.width - nodeWidth(view) - MARGIN);
  const edge = Math.min(MARGIN + rowPx(view.k) / 2, size.height / 2);
  const isShown = x >= MARGIN - 1 && x <= right + 1 && y >= edge - 1 && y <= size.height - edge + 1;
  if (isShown) return view;
  return {
    ...view,
    x: view.x + (x < MARGIN || x > right ? Math.max(MARGIN, Math.min(right, size.width * 0.3)) - x : 0),
    y: view.y + (y < edge || y > size.height - edge ? size.height / 2 - y : 0),
  };
}

/** The view at a scale with a node in the vertical middle and a little left of the horizontal middle. */
export function centerView({ k, stretch }: Scale, column: number, row: number, size: Size): View {
  const scale = { k, stretch };
  const right = Math.max(MARGIN, size.width - nodeWidth(scale) - MARGIN);
  return {
    ...scale,
    x: Math.min(right, Math.max(MARGIN, size.width * 0.4)) - column * columnPx(scale),
    y: size.height / 2 - row * rowPx(k),
  };
}
