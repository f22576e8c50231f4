import { BINS, valueBin } from '../../shared/valueScale.js';
import { markRadius, markShape } from '../layout/marks.js';
import { columnPx, rowPx, type Size } from '../layout/zoomScale.js';
import type { Frame } from './svgTree.js';

/** Colours as the theme has them now; read from the CSS variables when the theme changes. */
export interface CanvasColors {
  readonly bins: readonly string[];
  readonly missing: string;
  readonly edge: string;
  readonly path: string;
  readonly low: string;
  readonly background: string;
}

export function readColors(style: CSSStyleDeclaration): CanvasColors {
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    bins: Array.from({ length: BINS }, (_, bin) => read(`--sl-v${bin}`)),
    missing: read('--sl-missing'),
    edge: read('--sl-edge'),
    path: read('--sl-path'),
    low: read('--sl-flag'),
    background: read('--sl-background'),
  };
}

/** Marks nearer than this to the last one of their kind are not drawn: they would cover it. Pixels. */
const NEAR = 0.7;

/**
 * Draws a scene of thousands of nodes as dots and lines: colour bins are filled in one path each, and marks that fall on the
 * same pixel once, so a frame costs what its pixels cost, not what the tree holds.
 */
export function drawCanvas(canvas: HTMLCanvasElement, size: Size, frame: Frame, colors: CanvasColors): void {
  const { model, layout, scene, view, path, matches } = frame;
  const context = prepare(canvas, size);
  const column = columnPx(view.k);
  const height = rowPx(view.k);
  const xOf = (id: number) => view.x + model.nodes[id]!.depth * column;
  const yOf = (id: number) => view.y + layout.row[id]! * height;

  const strokeEdges = (ids: Iterable<number>, style: string, width: number, near: number) => {
    context.beginPath();
    let depth = -1;
    let lastFrom = NaN;
    let lastTo = NaN;
    for (const id of ids) {
      const node = model.nodes[id]!;
      const from = yOf(node.parent!);
      const to = yOf(id);
      if (node.depth === depth && Math.abs(from - lastFrom) < near && Math.abs(to - lastTo) < near) continue;
      [depth, lastFrom, lastTo] = [node.depth, from, to];
      const x1 = xOf(id);
      const x0 = x1 - column;
      context.moveTo(x0, from);
      context.bezierCurveTo((x0 + x1) / 2, from, (x0 + x1) / 2, to, x1, to);
    }
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  };
  context.globalAlpha = height < 2 ? 0.55 : 1;
  strokeEdges(scene.edges, colors.edge, height < 4 ? 0.6 : 1, height < 2 ? 2 * NEAR : NEAR);
  context.globalAlpha = 1;
  strokeEdges(
    [...path].filter((id) => model.nodes[id]!.parent !== null && !Number.isNaN(layout.row[id])),
    colors.path,
    2,
    0,
  );

  const paths = Array.from({ length: BINS + 1 }, () => new Path2D());
  const faded = new Path2D();
  const last = new Float64Array(BINS + 2).fill(NaN);
  let depth = -1;
  for (const id of scene.nodes) {
    const node = model.nodes[id]!;
    if (node.depth !== depth) {
      depth = node.depth;
      last.fill(NaN);
    }
    const isFaded = matches !== null && !matches.has(id);
    const bin = valueBin(node.value, model.view.threshold) ?? BINS;
    const slot = isFaded ? BINS + 1 : bin;
    const y = yOf(id);
    if (Math.abs(y - last[slot]!) < NEAR) continue;
    last[slot] = y;
    const radius = Math.max(1.2, markRadius(model.size[id]!, height));
    addMark(isFaded ? faded : paths[bin]!, xOf(id), y, radius, markShape(node, model.view.threshold) === 'low');
  }
  context.fillStyle = colors.missing;
  context.globalAlpha = 0.35;
  context.fill(faded);
  context.globalAlpha = 1;
  // From the threshold outwards, so that the strongest values lie on top.
  for (const bin of [BINS, 5, 4, 6, 3, 7, 2, 8, 1, 9, 0]) {
    context.fillStyle = bin === BINS ? colors.missing : colors.bins[bin]!;
    context.fill(paths[bin]!);
  }
  ringFirstLow(context, frame, colors, xOf, yOf, height);
  const circle = (id: number | null, radius: number) => {
    if (id === null || Number.isNaN(layout.row[id])) return;
    context.strokeStyle = colors.path;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(xOf(id), yOf(id), radius, 0, 2 * Math.PI);
    context.stroke();
  };
  circle(frame.selected, 7);
  circle(frame.event, 11);
}

function addMark(path: Path2D, x: number, y: number, radius: number, isLow: boolean): void {
  if (radius < 1.6) path.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  else if (isLow) {
    const d = radius * 1.2533;
    path.moveTo(x, y - d);
    path.lineTo(x + d, y);
    path.lineTo(x, y + d);
    path.lineTo(x - d, y);
    path.closePath();
  } else {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

/** Rings around first low steps, where the rows leave room for them. */
function ringFirstLow(
  context: CanvasRenderingContext2D,
  { model, scene }: Frame,
  colors: CanvasColors,
  xOf: (id: number) => number,
  yOf: (id: number) => number,
  height: number,
): void {
  if (height < 5) return;
  const rings = new Path2D();
  for (const id of scene.nodes)
    if (model.firstLow.has(id)) addMark(rings, xOf(id), yOf(id), markRadius(model.size[id]!, height) + 2.5, true);
  context.strokeStyle = colors.low;
  context.lineWidth = 1.5;
  context.stroke(rings);
}

function prepare(canvas: HTMLCanvasElement, { width, height }: Size): CanvasRenderingContext2D {
  const ratio = canvas.ownerDocument.defaultView?.devicePixelRatio ?? 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
