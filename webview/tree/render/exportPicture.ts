import { t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { drawingContext, windowOf } from '../../shared/element.js';

/** The drawing as a file of its own: SVG text with the styles it has on the page, or a PNG in base64. */

/** Properties a drawing's look depends on; everything else keeps its default. */
const COPIED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'paint-order',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;

export function exportSvg(svg: SVGSVGElement, background: string): string {
  const window = windowOf(svg.ownerDocument);
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll<SVGElement>('*');
  copy.querySelectorAll<SVGElement>('*').forEach((node, i) => {
    const style = window.getComputedStyle(itemAt(originals, i));
    for (const name of COPIED) node.setAttribute(name, style.getPropertyValue(name));
    // Replaces glyphs of VS Code's icon font, because viewers of the file do not have the font.
    if (node.classList.contains('glyph')) {
      node.textContent = PLAIN[node.textContent ?? ''] ?? '';
      node.setAttribute('font-family', 'sans-serif');
    }
    node.removeAttribute('class');
  });
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) copy.setAttribute(name, String(value));
  const ground = svg.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ width: '100%', height: '100%', fill: background })) ground.setAttribute(name, value);
  copy.prepend(ground);
  return new window.XMLSerializer().serializeToString(copy);
}

const PLAIN: Readonly<Record<string, string>> = { '\ueab2': '✓', '\uea76': '✗', '\uec3f': '⚑', '\uea70': '◉' };

/** Draws an exported SVG at twice its size; rejects when the browser cannot. */
export async function exportPng(document: Document, svg: string, width: number, height: number): Promise<string> {
  const image = document.createElement('img');
  await new Promise((resolve, reject) => {
    image.addEventListener('load', resolve, { once: true });
    image.addEventListener('error', () => reject(new Error(t('The picture could not be drawn.'))), { once: true });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * 2, height * 2];
  drawingContext(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
}
