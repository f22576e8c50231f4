import type { Selection } from 'd3-selection';
import { svgElement } from '../../shared/element.js';
import type { ChartLayout } from '../layout.js';
import type { CurveId } from '../model.js';
import { curveClass, markerPath } from './marker.js';

export type Layer = Selection<SVGGElement, unknown, null, undefined>;

/** A line across the plot with words at its head. */
export interface ChartMark {
  readonly at: number;
  readonly text: string;
  readonly className: string;
}

/** Bands first, so that no band covers a curve. */
export function drawCurves(bands: Layer, curves: Layer, { curves: shown }: ChartLayout, emphasized: CurveId | null): void {
  const emphasis = (id: CurveId): string => (emphasized === null ? '' : emphasized === id ? 'strong' : 'faint');
  bands
    .selectAll('path')
    .data(
      shown.filter(({ band }) => band !== ''),
      keyOf,
    )
    .join('path')
    .attr('class', ({ curve }) => `band ${curveClass(curve.style)} ${emphasis(curve.id)}`)
    .attr('d', ({ band }) => band);
  const groups = curves
    .selectAll<SVGGElement, unknown>('g.line')
    .data(shown, keyOf)
    .join((enter) => {
      const added = enter.append('g');
      added.append('path').attr('class', 'curve');
      return added;
    });
  groups.attr('class', ({ curve }) => `line ${curveClass(curve.style)} ${emphasis(curve.id)}`).attr('data-curve', ({ curve }) => curve.id);
  groups
    .select('path.curve')
    .attr('d', ({ path }) => path)
    .attr('stroke-dasharray', ({ curve }) => curve.style.dash || null);
  groups
    .selectAll('path.marker')
    .data(({ curve, markers }) => markers.map((place) => ({ place, d: markerPath(curve.style) })))
    .join('path')
    .attr('class', 'marker')
    .attr('d', ({ d }) => d)
    .attr('transform', ({ place }) => `translate(${place.x},${place.y})`);
}

/** Marks as lines across the plot, their words one below the other and inside the plot. */
export function drawMarks(layer: Layer, { plot, x, width }: ChartLayout, marks: readonly ChartMark[]): void {
  const isRight = (at: number): boolean => x(at) > width * 0.6;
  const heads = layer
    .selectAll<SVGGElement, ChartMark>('g')
    .data(marks)
    .join((enter) => {
      const added = enter.append('g');
      added.append('line');
      added.append('text');
      return added;
    });
  heads.attr('class', ({ className }) => `mark ${className}`).attr('transform', ({ at }) => `translate(${x(at)},0)`);
  heads.select('line').attr('y1', plot.top).attr('y2', plot.bottom);
  heads
    .select('text')
    .attr('y', (_, index) => plot.bottom - 6 - index * 15)
    .attr('x', ({ at }) => (isRight(at) ? -5 : 5))
    .attr('text-anchor', ({ at }) => (isRight(at) ? 'end' : 'start'))
    .text(({ text }) => text);
}

/** The cursor at position `at` of the curves, `value` on the x axis, with a dot on every curve. */
export function drawCursor(layer: Layer, { plot, x, y, curves }: ChartLayout, at: number, value: number): void {
  const left = x(value);
  layer.selectAll('line').data([left]).join('line').attr('x1', left).attr('x2', left).attr('y1', plot.top).attr('y2', plot.bottom);
  const dots = curves.flatMap(({ curve }) => {
    const own = curve.points[at]?.value ?? null;
    return own === null ? [] : [{ curve, y: y(own) }];
  });
  layer
    .selectAll('circle')
    .data(dots)
    .join('circle')
    .attr('class', ({ curve }) => `c${curve.style.hue}`)
    .attr('cx', left)
    .attr('cy', (dot) => dot.y)
    .attr('r', 3.5);
}

function keyOf(this: unknown, datum: unknown): string {
  return (datum as { readonly curve: { readonly id: string } } | undefined)?.curve.id ?? '';
}

export function drawAxes(
  document: Document,
  host: Element,
  { plot, xTicks, yTicks, width, height }: ChartLayout,
  { xTitle, yTitle }: { readonly xTitle: string; readonly yTitle: string },
): void {
  const text = (className: string, x: number, y: number, words: string) => svgElement(document, 'text', { class: className, x, y }, words);
  host.replaceChildren(
    ...yTicks.flatMap(({ at, text: words }) => [
      svgElement(document, 'line', { class: 'grid', x1: plot.left, x2: plot.right, y1: at, y2: at }),
      text('tick y', plot.left - 8, at + 4, words),
    ]),
    svgElement(document, 'line', { class: 'axis', x1: plot.left, x2: plot.right, y1: plot.bottom, y2: plot.bottom }),
    ...xTicks.map(({ at, text: words }) => text('tick x', at, plot.bottom + 16, words)),
    text('title x', (plot.left + width) / 2, height - 4, xTitle),
    svgElement(document, 'text', { class: 'title y', transform: `translate(11,${(plot.top + plot.bottom) / 2}) rotate(-90)` }, yTitle),
  );
}
