import { select } from 'd3-selection';
import { element, svgElement } from '../../shared/element.js';
import { type ChartInput, type ChartLayout, layoutChart } from '../layout.js';
import type { CurveId } from '../model.js';
import { curveClass, markerPath } from './marker.js';

/** A line across the plot with words at its head. */
export interface ChartMark {
  readonly at: number;
  readonly text: string;
  readonly className: string;
}

export interface ChartContent extends Omit<ChartInput, 'width' | 'height'> {
  /** Where the cursor of the chart stands: a position in `xs`. */
  readonly at: number;
  readonly marks: readonly ChartMark[];
  readonly emphasised: CurveId | null;
  readonly xTitle: string;
  readonly yTitle: string;
  /** What a screen reader says at a position, and the readout shows: a head and one line a curve. */
  readonly readout: (at: number) => { readonly head: string; readonly lines: readonly { readonly id: CurveId; readonly text: string }[] };
}

export interface Chart {
  readonly host: HTMLElement;
  update(content: ChartContent): void;
}

const HEIGHT = 320;

/**
 * Curves with bands, axes and a cursor. The cursor is a slider: the arrow keys, Page Up and Down, Home and End move it, a
 * click puts it; what stands under the pointer is read out beside it.
 */
export function createChart(document: Document, label: string, onMove: (at: number) => void): Chart {
  const host = element(document, 'div', {
    class: 'chart',
    role: 'slider',
    tabindex: '0',
    'aria-label': label,
    'aria-orientation': 'horizontal',
  });
  const svg = svgElement(document, 'svg', { 'aria-hidden': 'true' });
  const readout = element(document, 'div', { class: 'readout', 'aria-hidden': 'true' });
  readout.hidden = true;
  host.append(svg, readout);
  const layers = select(svg);
  const axes = layers.append('g').attr('class', 'axes');
  const bands = layers.append('g');
  const marks = layers.append('g');
  const curves = layers.append('g');
  const cursor = layers.append('g').attr('class', 'cursor');
  let content: ChartContent | null = null;
  let layout: ChartLayout | null = null;

  const draw = () => {
    if (content === null || host.clientWidth === 0) return;
    const shown = (layout = layoutChart({ ...content, width: host.clientWidth, height: HEIGHT }));
    const { plot } = shown;
    layers.attr('width', shown.width).attr('height', shown.height);
    drawAxes(document, axes.node()!, shown, content);
    bands
      .selectAll('path')
      .data(
        shown.curves.filter(({ band }) => band !== ''),
        keyOf,
      )
      .join('path')
      .attr('class', ({ curve }) => `band ${curveClass(curve.style)} ${emphasis(curve.id)}`)
      .attr('d', ({ band }) => band);
    const groups = curves
      .selectAll<SVGGElement, unknown>('g.line')
      .data(shown.curves, keyOf)
      .join((enter) => {
        const added = enter.append('g');
        added.append('path').attr('class', 'curve');
        return added;
      });
    groups
      .attr('class', ({ curve }) => `line ${curveClass(curve.style)} ${emphasis(curve.id)}`)
      .attr('data-curve', ({ curve }) => curve.id);
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
    const heads = marks
      .selectAll<SVGGElement, ChartMark>('g')
      .data(content.marks)
      .join((enter) => {
        const added = enter.append('g');
        added.append('line');
        added.append('text');
        return added;
      });
    heads.attr('class', ({ className }) => `mark ${className}`).attr('transform', ({ at }) => `translate(${shown.x(at)},0)`);
    heads.select('line').attr('y1', plot.top).attr('y2', plot.bottom);
    heads
      .select('text')
      .attr('y', (_, index) => plot.bottom - 6 - index * 15)
      .attr('x', ({ at }) => (isRight(at) ? -5 : 5))
      .attr('text-anchor', ({ at }) => (isRight(at) ? 'end' : 'start'))
      .text(({ text }) => text);
    drawCursor(content.at);
    const { head, lines } = content.readout(content.at);
    const [least, most] = [content.xs[0] ?? 0, content.xs.at(-1) ?? 0];
    for (const [name, value] of [
      ['valuemin', least],
      ['valuemax', most],
      ['valuenow', content.xs[content.at] ?? least],
      ['valuetext', [head, ...lines.map(({ text }) => text)].join(', ')],
    ] as const)
      host.setAttribute(`aria-${name}`, String(value));
  };
  const isRight = (at: number): boolean => layout!.x(at) > layout!.width * 0.6;
  const emphasis = (id: CurveId): string => ((content?.emphasised ?? null) === null ? '' : content!.emphasised === id ? 'strong' : 'faint');
  const drawCursor = (at: number) => {
    const { plot, x, y, curves: drawn } = layout!;
    const left = x(content!.xs[at] ?? 0);
    cursor.selectAll('line').data([left]).join('line').attr('x1', left).attr('x2', left).attr('y1', plot.top).attr('y2', plot.bottom);
    const dots = drawn.flatMap(({ curve }) => {
      const value = curve.points[at]?.value ?? null;
      return value === null ? [] : [{ curve, y: y(value) }];
    });
    cursor
      .selectAll('circle')
      .data(dots)
      .join('circle')
      .attr('class', ({ curve }) => `c${curve.style.hue}`)
      .attr('cx', left)
      .attr('cy', (dot) => dot.y)
      .attr('r', 3.5);
  };
  const point = (at: number) => {
    const { head, lines } = content!.readout(at);
    readout.replaceChildren(
      element(document, 'strong', {}, head),
      ...lines.map(({ id, text }) => element(document, 'div', { class: `reading ${content!.emphasised === id ? 'strong' : ''}` }, text)),
    );
    readout.hidden = false;
    const left = layout!.x(content!.xs[at] ?? 0);
    readout.style.left = `${left < layout!.width / 2 ? left + 12 : Math.max(0, left - readout.offsetWidth - 12)}px`;
    drawCursor(at);
  };
  const leave = () => {
    readout.hidden = true;
    if (content !== null && layout !== null) drawCursor(content.at);
  };
  const under = (event: PointerEvent): number => layout!.nearest(event.clientX - host.getBoundingClientRect().left);

  host.addEventListener('pointermove', (event) => layout !== null && point(under(event)));
  host.addEventListener('pointerleave', leave);
  host.addEventListener('blur', leave);
  host.addEventListener('click', (event) => layout !== null && onMove(under(event)));
  host.addEventListener('keydown', (event) => {
    if (content === null || layout === null) return;
    if (event.key === 'Escape') return leave();
    const last = content.xs.length - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowUp: 1,
      ArrowLeft: -1,
      ArrowDown: -1,
      PageUp: 10,
      PageDown: -10,
      Home: -last,
      End: last,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const at = Math.max(0, Math.min(last, content.at + move));
    onMove(at);
    point(at);
  });
  new document.defaultView!.ResizeObserver(draw).observe(host);
  return {
    host,
    update(next) {
      content = next;
      draw();
    },
  };
}

function keyOf(this: unknown, datum: unknown): string {
  return (datum as { readonly curve: { readonly id: string } } | undefined)?.curve.id ?? '';
}

function drawAxes(
  document: Document,
  host: Element,
  { plot, xTicks, yTicks, width, height }: ChartLayout,
  { xTitle, yTitle }: ChartContent,
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
