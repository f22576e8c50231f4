import { minIndex, pairs } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { Curve, CurveId } from './model.js';

/** Input of a chart's layout. */
export interface ChartInput {
  readonly curves: readonly Curve[];
  /** x values of the curves' points, ascending. */
  readonly xs: readonly number[];
  /** Whether the x axis is logarithmic: for numbers of candidates, which double, and not for thresholds. */
  readonly isLog: boolean;
  readonly width: number;
  readonly height: number;
}

/** A chart in numbers: pixels from the top left corner. */
export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  readonly plot: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly curves: readonly CurveLayout[];
  readonly x: (value: number) => number;
  readonly y: (share: number) => number;
  /** Position in `xs` of the point nearest to a pixel. */
  readonly nearest: (pixel: number) => number;
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface CurveLayout {
  readonly curve: Curve;
  /** SVG paths; empty where there is nothing to draw. */
  readonly path: string;
  readonly band: string;
  readonly markers: readonly { readonly x: number; readonly y: number }[];
}

const MARGIN = { left: 44, top: 12, right: 16, bottom: 40 };
/** Distance between two markers of a curve. Pixels. */
const MARKER_GAP = 120;
const TICK_GAP = 44;

export function layoutChart({ curves, xs, isLog, width, height }: ChartInput): ChartLayout {
  const plot = {
    left: MARGIN.left,
    top: MARGIN.top,
    right: Math.max(MARGIN.left + 1, width - MARGIN.right),
    bottom: Math.max(MARGIN.top + 1, height - MARGIN.bottom),
  };
  const [first, last] = [xs[0] ?? 0, xs.at(-1) ?? 1];
  const middle = (plot.left + plot.right) / 2;
  const scale = (isLog ? scaleLog().base(2) : scaleLinear()).domain([first, last]).range([plot.left, plot.right]);
  // A single number of candidates has no extent: its points are in the middle.
  const x = (value: number): number => (first === last ? middle : scale(value));
  const shares = curves
    .flatMap(({ points, hasBand }) => points.flatMap(({ value, low, high }) => (hasBand ? [value, low, high] : [value])))
    .filter((share) => share !== null);
  const yScale = scaleLinear().domain(yDomain(shares)).range([plot.bottom, plot.top]);
  const y = (share: number): number => yScale(share);
  const pixels = xs.map(x);
  return {
    width,
    height,
    plot,
    x,
    y,
    xTicks: xTicks(xs, isLog, x),
    yTicks: yScale
      .ticks(Math.max(2, Math.min(6, Math.floor((plot.bottom - plot.top) / 40))))
      .map((share) => ({ at: y(share), text: String(Math.round(share * 100)) })),
    curves: curves.map((curve) => curveLayout(curve, pixels, y, staggerOf(curve.id, curves))),
    nearest: (pixel) => minIndex(pixels, (at) => Math.abs(at - pixel)),
  };
}

/** The range of all drawn shares, widened to whole tens of percent so that the axis starts at a round number. */
function yDomain(shares: readonly number[]): [number, number] {
  if (shares.length === 0) return [0, 1];
  const low = Math.floor(Math.min(...shares) * 10 + 1e-9) / 10;
  const high = Math.ceil(Math.max(...shares) * 10 - 1e-9) / 10;
  return high > low ? [low, high] : [Math.max(0, low - 0.1), Math.min(1, high + 0.1)];
}

function xTicks(xs: readonly number[], isLog: boolean, x: (value: number) => number): Tick[] {
  const wanted = isLog
    ? xs.filter((size) => Number.isInteger(Math.log2(size)) || size === xs.at(-1))
    : xs.filter((_, index) => index % 10 === 0);
  const ticks: Tick[] = [];
  // From right to left: the last tick is always kept, and ticks too near to the next one are dropped.
  for (const value of [...wanted].reverse()) {
    const at = x(value);
    const right = ticks.at(-1);
    if (right === undefined || right.at - at >= TICK_GAP / 2) ticks.push({ at, text: String(value) });
  }
  return ticks.reverse();
}

/** Offset of a curve's first marker as a share of the gap. It differs by curve, so that markers do not coincide. */
function staggerOf(id: CurveId, curves: readonly Curve[]): number {
  return (curves.findIndex((curve) => curve.id === id) + 0.5) / curves.length;
}

/** Places of the markers that distinguish a curve: along the whole line, not only at its points. */
function markersOf(
  points: readonly { readonly x: number; readonly y: number }[],
  stagger: number,
): { readonly x: number; readonly y: number }[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first.x === last.x) return first === undefined ? [] : [first];
  const markers = [];
  let x = first.x + stagger * MARKER_GAP;
  for (const [a, b] of pairs(points)) {
    for (; x <= b.x; x += MARKER_GAP) markers.push({ x, y: a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x) });
  }
  return markers;
}

function curveLayout(curve: Curve, pixels: readonly number[], y: (share: number) => number, stagger: number): CurveLayout {
  const pixelOf = (share: number | null): number => (share === null ? NaN : y(share));
  const points = pixels.flatMap((x, index) => {
    const point = curve.points[index];
    return point ? [{ x, y: pixelOf(point.value), low: pixelOf(point.low), high: pixelOf(point.high) }] : [];
  });
  const path = line<(typeof points)[number]>()
    .defined((point) => !Number.isNaN(point.y))
    .x((point) => point.x)
    .y((point) => point.y);
  const band = area<(typeof points)[number]>()
    .defined(({ low, high }) => !Number.isNaN(low) && !Number.isNaN(high))
    .x((point) => point.x)
    .y0(({ low }) => low)
    .y1(({ high }) => high);
  const known = points.filter((point) => !Number.isNaN(point.y));
  return { curve, path: path(points) ?? '', band: curve.hasBand ? (band(points) ?? '') : '', markers: markersOf(known, stagger) };
}
