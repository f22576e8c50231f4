import { itemAt } from '../../../server/reasoning/present.js';
import { svgElement } from '../../shared/element.js';
import { drawInterval } from '../../shared/intervalBar.js';
import { shortSource, sourceLabel } from '../../shared/valueScale.js';
import { markOutline } from '../layout/marks.js';
import { cardHeight, nodeWidth } from '../layout/zoomScale.js';
import { nodeTitle } from '../model/labels.js';
import { binOf, valueText } from '../model/treeModel.js';
import type { Frame } from './frame.js';
import { drawFold, drawMark, flagGlyph, GLYPH, type Pen, stackNote, verdictGlyph } from './svgParts.js';
import { LINE } from './svgWords.js';

/** A node as a card: value, interval, source, visits, verdict, and below them the words that distinguish it from its siblings. */
export function drawCard(pen: Pen, frame: Frame, id: number): SVGElement[] {
  const { document, fit } = pen;
  const { model, view } = frame;
  const width = nodeWidth(view, 'card');
  const note = stackNote(frame, id);
  const room = Math.max(1, Math.floor((cardHeight(view.k) - 24) / LINE));
  const lines = fit.body.wrap(note ?? nodeTitle(model, id), width - 10, room);
  const height = Math.min(cardHeight(view.k), 26 + LINE * lines.length);
  const top = -height / 2;
  const outline = markOutline(itemAt(model.nodes, id));
  const flagged = model.flagged.has(id) ? ' flagged' : '';
  const box = { x: -8, y: top, width: width + 8, height, rx: 4 };
  const parts: SVGElement[] = [];
  if (note !== undefined)
    for (const by of [6, 3]) parts.push(svgElement(document, 'rect', { class: 'card-box under', ...box, x: box.x + by, y: box.y + by }));
  parts.push(svgElement(document, 'rect', { class: `card-box ${outline}${flagged}`, ...box }));
  if (outline === 'one-sample')
    parts.push(svgElement(document, 'rect', { class: 'card-inner', x: -5, y: top + 3, width: width + 2, height: height - 6, rx: 2 }));
  parts.push(...cardHead(pen, frame, id, { baseline: top + 16, width, isStack: note !== undefined }));
  lines.forEach((line, i) => {
    parts.push(svgElement(document, 'text', { class: `words${note === undefined ? '' : ' stack'}`, x: 1, y: top + 33 + i * LINE }, line));
  });
  return [...parts, ...drawFold(pen, frame, id)];
}

interface Head {
  readonly baseline: number;
  readonly width: number;
  readonly isStack: boolean;
}

/** The card's first line: value and its evidence from the left, verdict and visits from the right. */
function cardHead(pen: Pen, frame: Frame, id: number, { baseline, width, isStack }: Head): SVGElement[] {
  const { document, fit } = pen;
  const { model } = frame;
  const node = itemAt(model.nodes, id);
  const value = valueText(model, id);
  const parts = [
    ...drawMark(pen, model, id, { radius: 5, x: 6, y: baseline - 4.5, hasRing: false }),
    svgElement(document, 'text', { class: 'value', x: 20, y: baseline }, value),
  ];
  let x = 20 + fit.strong.width(value) + 8;
  let right = width - 8;
  const isFlagged = model.flagged.has(id);
  const afterFlag = x + (isFlagged ? 18 : 0);
  const verdict = isStack ? '' : verdictGlyph(node.correct);
  if (verdict !== '') {
    right -= 14;
    parts.push(
      svgElement(document, 'text', { class: `glyph ${node.correct === true ? 'right' : 'wrong'}`, x: right, y: baseline + 3 }, verdict),
    );
  }
  const visits = node.visits === undefined || isStack ? '' : String(node.visits);
  const visitsWidth = fit.small.width(visits) + 4;
  if (visits !== '' && right - visitsWidth - 15 >= afterFlag) {
    right -= visitsWidth;
    parts.push(svgElement(document, 'text', { class: 'note', x: right, y: baseline }, visits));
    right -= 15;
    parts.push(svgElement(document, 'text', { class: 'glyph quiet', x: right, y: baseline + 2 }, GLYPH.eye));
  }
  if (isFlagged) {
    parts.push(svgElement(document, 'text', { class: 'glyph flag', x, y: baseline + 2.5 }, flagGlyph(model)));
    x += 22;
  }
  if (node.interval !== undefined && right - x > 60 && model.shown !== 'both' && model.shown !== 'rollouts') {
    const bar = svgElement(document, 'g', { transform: `translate(${x},${baseline - 4.5})` });
    drawInterval(bar, { width: 44, value: node.value, interval: node.interval, threshold: model.view.threshold, bin: binOf(model, id) });
    parts.push(bar);
    x += 52;
  }
  const source = [sourceLabel(node), shortSource(node)].find((text) => fit.small.width(text) <= right - x - 4);
  if (source) parts.push(svgElement(document, 'text', { class: 'note', x, y: baseline }, source));
  return parts;
}
