import { symbol, symbolAsterisk, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolStar, symbolTriangle } from 'd3-shape';
import { svgElement } from '../../shared/element.js';
import type { CurveStyle } from '../model.js';

const SHAPES = [symbolCircle, symbolAsterisk, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolStar] as const;
/** Square pixels. */
const AREA = 40;

export function markerPath({ marker }: CurveStyle): string {
  return symbol(SHAPES[marker] ?? symbolCircle, AREA)() ?? '';
}

/** Class of a curve's color and of the way its marker is drawn. */
export function curveClass({ hue, marker }: CurveStyle): string {
  return `c${hue}${SHAPES[marker] === symbolAsterisk ? ' stroked' : ''}`;
}

/** A piece of the curve with its marker: the key of the legend. */
export function curveKey(document: Document, style: CurveStyle): SVGElement {
  const svg = svgElement(document, 'svg', {
    class: `key ${curveClass(style)}`,
    width: 36,
    height: 14,
    viewBox: '-18 -7 36 14',
    'aria-hidden': 'true',
  });
  svg.append(
    svgElement(document, 'line', { class: 'curve', x1: -18, x2: 18, y1: 0, y2: 0, 'stroke-dasharray': style.dash }),
    svgElement(document, 'path', { class: 'marker', d: markerPath(style) }),
  );
  return svg;
}
