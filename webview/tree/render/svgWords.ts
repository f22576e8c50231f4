import { itemAt } from '../../../server/reasoning/present.js';
import { svgElement } from '../../shared/element.js';
import { markRadius } from '../layout/marks.js';
import { ownHeight } from '../layout/scene.js';
import { columnPx, nodeWidth, rowPx, TWO_LINES_ROW } from '../layout/zoomScale.js';
import { nodeTitle } from '../model/labels.js';
import { valueText } from '../model/treeModel.js';
import type { Frame } from './frame.js';
import { drawFold, drawMark, flagGlyph, type Pen, stackNote, verdictGlyph } from './svgParts.js';
import { cutName } from './svgRoom.js';

/** Radius of a node's mark that is not on a card, in pixels. */
export function radiusOf({ model, layout, view }: Frame, id: number): number {
  return markRadius(itemAt(model.size, id), Math.max(ownHeight(layout, view, id), layout.isBanded ? 7 : 0));
}

/** Height of a line of words, in pixels. */
export const LINE = 15;
const VALUE_X = 16;
/** Greatest width of a label that extends over empty columns; the details show longer lines. Pixels. */
const WIDEST = 520;

/** If the width is less than this, words go below the value, provided that the row has room for two lines. Pixels. */
const NARROW = 140;
/** The same if there is room for more lines: in a row of `ROOMY` pixels, or if subtrees have rows of their own. */
const NARROW_ROOMY = 200;
const ROOMY = 44;

/** Place of a node's words: beside its value, or below it in a narrow column. */
interface Place {
  readonly lines: readonly string[];
  readonly x: number;
  /** The middle of the first line. */
  readonly y: number;
  /** The middle of the value. */
  readonly valueY: number;
  readonly width: number;
}

/** Draws a node's value and the words that distinguish it from its siblings, in as many lines as fit in the row. */
export function drawWords(pen: Pen, frame: Frame, id: number): SVGElement[] {
  const { document, fit } = pen;
  const { model, view } = frame;
  const node = itemAt(model.nodes, id);
  const height = ownHeight(frame.layout, view, id);
  const own = nodeWidth(view, 'words');
  const value = valueText(model, id);
  const isFlagged = model.flagged.has(id);
  const isStack = frame.display.stacks.has(id);
  const verdict = isStack ? '' : verdictGlyph(node.correct);
  const afterValue = VALUE_X + fit.strong.width(value) + 6 + (isFlagged ? 16 : 0);
  const { lines, x, y, valueY, width } = placeWords(pen, frame, id, { own, height, afterValue, verdict });
  const reach = Math.max(afterValue, x + Math.max(0, ...lines.map((line) => fit.body.width(line)))) + (verdict === '' ? 4 : 22);
  const box = Math.min(height, valueY < 0 ? 12 + LINE * (lines.length + 1) : Math.max(22, 8 + LINE * lines.length));
  const radius = radiusOf(frame, id);
  const parts = [
    svgElement(document, 'rect', { class: 'row', x: -10, y: -box / 2, width: Math.max(own, reach) + 10, height: box, rx: 4 }),
    ...(isStack ? drawPile(pen, radius) : []),
    ...drawMark(pen, model, id, { radius }),
    svgElement(document, 'text', { class: 'value', x: VALUE_X, y: valueY, dy: '0.35em' }, value),
  ];
  if (isFlagged) parts.push(svgElement(document, 'text', { class: 'glyph flag', x: afterValue - 17, y: valueY + 6 }, flagGlyph(model)));
  lines.forEach((line, i) =>
    parts.push(svgElement(document, 'text', { class: `words${isStack ? ' stack' : ''}`, x, y: y + i * LINE, dy: '0.35em' }, line)),
  );
  if (verdict !== '') {
    const at = valueY < 0 ? afterValue : Math.max(own - 15, Math.min(width - 15, reach - 18));
    parts.push(
      svgElement(document, 'text', { class: `glyph ${node.correct === true ? 'right' : 'wrong'}`, x: at, y: valueY + 7 }, verdict),
    );
  }
  return [...parts, ...drawFold(pen, frame, id)];
}

interface Room {
  readonly own: number;
  readonly height: number;
  readonly afterValue: number;
  readonly verdict: string;
}

function placeWords({ fit }: Pen, frame: Frame, id: number, { own, height, afterValue, verdict }: Room): Place {
  const { model, view, layout } = frame;
  const text = stackNote(frame, id) ?? nodeTitle(model, id);
  const width = Math.max(own, Math.min(WIDEST, own + (frame.free.get(id) ?? 0) * columnPx(view)));
  const low = layout.isBanded ? Math.min(height, rowPx(view.k)) : height;
  const isRoomy = layout.isBanded || height >= ROOMY;
  if (width < (isRoomy ? NARROW_ROOMY : NARROW) && height >= TWO_LINES_ROW) {
    const lines = fit.body.wrap(text, width - VALUE_X, Math.max(1, Math.min(3, Math.floor((height - LINE) / LINE))));
    const valueY = (-lines.length * LINE) / 2;
    return { lines, x: VALUE_X, y: valueY + LINE, valueY, width };
  }
  const room = width - afterValue - (verdict === '' ? 0 : 18);
  const lines = room > 24 ? fit.body.wrap(text, room, Math.max(1, Math.min(3, Math.floor((low - 2) / LINE)))) : [];
  return { lines, x: afterValue, y: (-(lines.length - 1) * LINE) / 2, valueY: 0, width };
}

/** Draws two edges below a mark, which show that it is a stack. */
function drawPile({ document }: Pen, radius: number): SVGElement[] {
  return [2.5, 5].map((by) =>
    svgElement(document, 'path', { class: 'pile', d: `M${-radius},${by}a${radius},${radius} 0 0,0 ${2 * radius},0` }),
  );
}

/** The name of a dot: its value and words beside it, or only the value above it. */
export type DotName = 'words' | 'value';

/** Draws a node seen from far: its mark, and as much of its value and words as there is room for. */
export function drawDot(pen: Pen, frame: Frame, id: number, name: DotName | undefined): SVGElement[] {
  const { document, fit } = pen;
  const { model, view } = frame;
  const radius = radiusOf(frame, id);
  const parts = drawMark(pen, model, id, { radius });
  const stack = frame.display.stacks.get(id);
  if (stack !== undefined && rowPx(view.k) >= 9)
    parts.push(svgElement(document, 'text', { class: 'note', x: radius + 4, dy: '0.35em' }, `×${stack.members.length}`));
  if (name === 'words') {
    const text = cutName(fit.small, `${valueText(model, id)} ${nodeTitle(model, id)}`, nameWidth(frame, id));
    parts.push(svgElement(document, 'text', { class: 'name', x: radius + 7, dy: '0.35em' }, text));
  } else if (name === 'value') {
    parts.push(
      svgElement(
        document,
        'text',
        { class: 'name', x: 0, y: -radius - (model.flagged.has(id) ? 11 : 7), 'text-anchor': 'middle' },
        valueText(model, id),
      ),
    );
  }
  return [...parts, ...drawFold(pen, frame, id)];
}

/** Room for a name right of a dot: up to the next column, and for a leaf also its empty columns. Pixels. */
function nameWidth({ free, view }: Frame, id: number): number {
  const columns = 1 + (free.get(id) ?? 0);
  return Math.min(260, columns * columnPx(view) - 18);
}

/** A name needs this much room beside a dot, else only the value is drawn, above the dot. Pixels. */
const NAME_ROOM = 60;

/** A value above a dot needs a row of this height and a column of this width, in pixels. */
function hasValueRoom({ view, model }: Frame): boolean {
  // If labels and scores are both shown, both numbers are written.
  return rowPx(view.k) >= 20 && columnPx(view) >= (model.shown === 'both' ? 72 : 38);
}

/**
 * The named nodes when nodes are dots. Flagged nodes from the lowest value on, then leaves from the top, get their words
 * if there is room and no other name is near. The others get their value.
 */
export function namedNodes(frame: Frame): ReadonlyMap<number, DotName> {
  const { model, scene, layout, view, display } = frame;
  if (scene.level !== 'dots' || layout.isBanded) return new Map();
  const hasRoom = (id: number) => !display.stacks.has(id) && nameWidth(frame, id) >= NAME_ROOM;
  const low = scene.nodes.filter((id) => model.flagged.has(id) && hasRoom(id));
  const valueOf = (id: number) => itemAt(model.nodes, id).value ?? NaN;
  low.sort((a, b) => valueOf(a) - valueOf(b));
  const others = scene.nodes.filter((id) => !model.flagged.has(id) && hasRoom(id) && layout.shown[id] === 1);
  const rows: number[] = [];
  const named = new Map<number, DotName>();
  for (const id of [...low.slice(0, 200), ...others.slice(0, 200)]) {
    const row = itemAt(layout.row, id);
    if (rows.some((other) => Math.abs(other - row) * rowPx(view.k) <= 11)) continue;
    rows.push(row);
    named.set(id, 'words');
  }
  if (hasValueRoom(frame)) for (const id of scene.nodes) if (!display.stacks.has(id) && !named.has(id)) named.set(id, 'value');
  return named;
}
