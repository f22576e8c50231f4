import { svgElement } from './element.js';

export interface IntervalBar {
  /** Pixels for [0, 1]. */
  readonly width: number;
  readonly value: number | null;
  readonly interval: readonly [number, number];
  readonly threshold: number;
  readonly bin: number | undefined;
}

/** A value on [0, 1] with its 95 % interval and the threshold; drawn about y = 0 into `parent`, 12 pixels high. */
export function drawInterval(parent: SVGElement, { width, value, interval, threshold, bin }: IntervalBar): void {
  const document = parent.ownerDocument;
  const [low, high] = interval;
  parent.append(
    svgElement(document, 'line', { class: 'axis', x1: 0, x2: width, y1: 0, y2: 0 }),
    svgElement(document, 'line', {
      class: `interval v${bin ?? ''}`,
      x1: low * width,
      x2: Math.max(high * width, low * width + 1),
      y1: 0,
      y2: 0,
    }),
    svgElement(document, 'line', { class: 'threshold', x1: threshold * width, x2: threshold * width, y1: -5, y2: 5 }),
  );
  if (value !== null) parent.append(svgElement(document, 'circle', { class: `point v${bin ?? ''}`, cx: value * width, cy: 0, r: 3.5 }));
}
