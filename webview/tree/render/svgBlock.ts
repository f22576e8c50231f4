import { listed, plural, t } from '../../../server/l10n.js';
import { svgElement } from '../../shared/element.js';
import { formatValue } from '../../shared/valueScale.js';
import { BLOCK_WIDTH, type Block } from '../layout/scene.js';
import { rowPx } from '../layout/zoomScale.js';
import { summarize } from '../model/branches.js';
import { nodeTitle } from '../model/labels.js';
import type { Frame } from './frame.js';
import { drawMark, flagGlyph, type Pen } from './svgParts.js';

const BAR = 46;
/** Blocks at least this high, in pixels, have room for a line of text. */
const LEAST_HEIGHT = 11;

/** Draws branches too small to be read one by one: worst node, values as a bar, count, and the worst node's text. */
export function drawBlock(pen: Pen, { model, view }: Frame, block: Block): SVGElement[] {
  const { document, fit } = pen;
  const { count, bins, missing, range, worst, flagged } = summarize(model, block.roots);
  const height = (block.bottom - block.top + 1) * rowPx(view.k);
  const mark = (radius: number) => (worst === null ? [] : drawMark(pen, model, worst, { radius, hasRing: false }));
  // A block between two drawn branches may be too low for text. Then only its worst node is drawn.
  if (height < LEAST_HEIGHT) return mark(Math.max(1.2, Math.min(3, height / 2)));
  const parts = [
    svgElement(document, 'rect', { class: 'block-box', x: -8, y: 1 - height / 2, width: BLOCK_WIDTH, height: height - 2, rx: 3 }),
    svgElement(document, 'rect', { class: 'block-edge', x: -8, y: 1 - height / 2, width: 2, height: height - 2 }),
    ...mark(4),
  ];
  let x = 10;
  let from = x;
  const total = count - missing;
  bins.forEach((share, bin) => {
    const width = total === 0 ? 0 : (share / total) * BAR;
    if (width > 0) parts.push(svgElement(document, 'rect', { class: `block-bar v${bin}`, x: from, y: -3, width, height: 6 }));
    from += width;
  });
  x += BAR + 6;
  const write = (text: string, className: string, width: number) => {
    parts.push(svgElement(document, 'text', { class: className, x, dy: '0.35em' }, text));
    x += width + 6;
  };
  const size = count.toLocaleString('en');
  write(size, 'block-count', fit.small.width(size));
  if (flagged > 0) {
    parts.push(svgElement(document, 'text', { class: 'glyph flag small', x, y: 5 }, flagGlyph(model)));
    x += 13;
    write(String(flagged), 'note flag', fit.small.width(String(flagged)));
  }
  const values =
    range === null ? t('no values') : range[0] === range[1] ? formatValue(range[0]) : `${formatValue(range[0])}–${formatValue(range[1])}`;
  write(values, 'note', fit.small.width(values));
  const room = BLOCK_WIDTH - 8 - x;
  if (worst !== null && room > 40) write(fit.small.cut(nodeTitle(model, worst), room), 'words small', 0);
  return parts;
}

/** `214 nodes, values 0.00 to 0.94, 3 first low steps, the lowest: …`. */
export function blockWords(model: Frame['model'], block: Block): string {
  const { count, range, worst, flagged } = summarize(model, block.roots);
  const facts = [t('{0} nodes', count.toLocaleString('en'))];
  if (range !== null) facts.push(t('values {0} to {1}', formatValue(range[0]), formatValue(range[1])));
  if (flagged > 0)
    facts.push(
      model.shown === 'both'
        ? plural(flagged, '{0} disagreement', '{0} disagreements')
        : plural(flagged, '{0} first low step', '{0} first low steps'),
    );
  return `${listed(facts)}${worst === null ? '' : t('. The lowest: {0}', nodeTitle(model, worst))}`;
}
