import { select } from 'd3-selection';
import { listed } from '../../../server/l10n.js';
import { element, svgElement } from '../../shared/element.js';
import { type ChartInput, type ChartLayout, layoutChart } from '../layout.js';
import type { CurveId } from '../model.js';
import { type ChartMark, drawAxes, drawCursor, drawCurves, drawMarks } from './chartDrawing.js';

export interface ChartContent extends Omit<ChartInput, 'width' | 'height'> {
  /** Position of the chart's cursor: an index of `xs`. */
  readonly at: number;
  readonly marks: readonly ChartMark[];
  readonly emphasized: CurveId | null;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Text for screen readers and for the readout at a position: a head and one line per curve. */
  readonly readout: (at: number) => { readonly head: string; readonly lines: readonly { readonly id: CurveId; readonly text: string }[] };
}

export interface Chart {
  readonly host: HTMLElement;
  update(content: ChartContent): void;
}

const HEIGHT = 320;

/**
 * Curves with bands, axes and a cursor. The cursor is a slider: the arrow keys, Page Up and Down, Home, End and a click
 * move it. The readout beside the pointer shows the values at its position.
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
  const axes = svgElement(document, 'g', { class: 'axes' });
  svg.append(axes);
  const bands = layers.append('g');
  const marks = layers.append('g');
  const curves = layers.append('g');
  const cursor = layers.append('g').attr('class', 'cursor');
  let content: ChartContent | null = null;
  let drawn: { readonly content: ChartContent; readonly layout: ChartLayout } | null = null;

  const draw = () => {
    if (content === null || host.clientWidth === 0) return;
    const layout = layoutChart({ ...content, width: host.clientWidth, height: HEIGHT });
    drawn = { content, layout };
    layers.attr('width', layout.width).attr('height', layout.height);
    drawAxes(document, axes, layout, content);
    drawCurves(bands, curves, layout, content.emphasized);
    drawMarks(marks, layout, content.marks);
    moveCursor(content.at);
    const { head, lines } = content.readout(content.at);
    const [least, most] = [content.xs[0] ?? 0, content.xs.at(-1) ?? 0];
    for (const [name, value] of [
      ['valuemin', least],
      ['valuemax', most],
      ['valuenow', content.xs[content.at] ?? least],
      ['valuetext', listed([head, ...lines.map(({ text }) => text)])],
    ] as const)
      host.setAttribute(`aria-${name}`, String(value));
  };
  const moveCursor = (at: number) => drawn && drawCursor(cursor, drawn.layout, at, drawn.content.xs[at] ?? 0);
  const point = (at: number) => {
    if (drawn === null) return;
    const { content: shown, layout } = drawn;
    const { head, lines } = shown.readout(at);
    readout.replaceChildren(
      element(document, 'strong', {}, head),
      ...lines.map(({ id, text }) => element(document, 'div', { class: `reading ${shown.emphasized === id ? 'strong' : ''}` }, text)),
    );
    readout.hidden = false;
    const left = layout.x(shown.xs[at] ?? 0);
    readout.style.left = `${left < layout.width / 2 ? left + 12 : Math.max(0, left - readout.offsetWidth - 12)}px`;
    moveCursor(at);
  };
  const leave = () => {
    readout.hidden = true;
    if (content !== null) moveCursor(content.at);
  };
  const under = (event: PointerEvent, found: (at: number) => void): void => {
    if (drawn !== null) found(drawn.layout.nearest(event.clientX - host.getBoundingClientRect().left));
  };

  host.addEventListener('pointermove', (event) => under(event, point));
  host.addEventListener('pointerleave', leave);
  host.addEventListener('blur', leave);
  host.addEventListener('click', (event) => under(event, onMove));
  host.addEventListener('keydown', (event) => {
    if (content === null || drawn === null) return;
    if (event.key === 'Escape') return leave();
    const last = content.xs.length - 1;
    const move = keyMove(event.key, last);
    if (move === undefined) return;
    event.preventDefault();
    const at = Math.max(0, Math.min(last, content.at + move));
    onMove(at);
    point(at);
  });
  const { defaultView: window } = document;
  if (window) new window.ResizeObserver(draw).observe(host);
  return {
    host,
    update(next) {
      content = next;
      draw();
    },
  };
}

/** Positions that a key moves the cursor by; undefined for other keys. `last`: the last position. */
function keyMove(key: string, last: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return 1;
    case 'ArrowLeft':
    case 'ArrowDown':
      return -1;
    case 'PageUp':
      return 10;
    case 'PageDown':
      return -10;
    case 'Home':
      return -last;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
