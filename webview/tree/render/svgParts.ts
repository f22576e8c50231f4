import { itemAt } from '../../../server/reasoning/present.js';
import { rolloutCount } from '../../../server/reasoning/treeStatistics.js';
import { svgElement } from '../../shared/element.js';
import { markOutline, markPath, markShape } from '../layout/marks.js';
import { nodeWidth, rowPx } from '../layout/zoomScale.js';
import { stackWords } from '../model/display.js';
import { binOf, type TreeModel } from '../model/treeModel.js';
import type { Frame } from './frame.js';
import type { TextFit } from './textFit.js';

export interface Fits {
  readonly body: TextFit;
  readonly strong: TextFit;
  readonly small: TextFit;
}

/** Document and text measurement, which drawing needs. */
export interface Pen {
  readonly document: Document;
  readonly fit: Fits;
}

/** Codicon glyphs used inside the drawing. */
export const GLYPH = { check: '\ueab2', close: '\uea76', flag: '\uec3f', eye: '\uea70', layers: '\uebd2', compare: '\ueae1' } as const;

export function binClass(bin: number | undefined): string {
  return bin === undefined ? 'none' : `v${bin}`;
}

export interface MarkPlace {
  readonly radius: number;
  readonly x?: number;
  readonly y?: number;
  readonly hasRing?: boolean;
}

/** A node's mark: its color, its shape (low or not), its outline (sampled or not), and a ring on what is flagged. */
export function drawMark(
  { document }: Pen,
  model: TreeModel,
  id: number,
  { radius, x = 0, y = 0, hasRing = true }: MarkPlace,
): SVGElement[] {
  const node = itemAt(model.nodes, id);
  const shape = markShape(node, model.view.threshold);
  const outline = markOutline(node);
  const transform = `translate(${x},${y})`;
  const bin = binClass(binOf(model, id));
  const parts: SVGElement[] = [];
  if (model.shown === 'rollouts' && rolloutCount(node.rollouts) > 0)
    parts.push(svgElement(document, 'circle', { class: `heat ${bin}`, r: radius + 3 + 5 * Math.sqrt(itemAt(model.share, id)), transform }));
  parts.push(
    svgElement(document, 'path', {
      class: `mark ${shape} ${outline} ${bin}`,
      d: markPath(shape, outline === 'assumed' ? radius - 0.5 : radius),
      transform,
    }),
  );
  if (outline === 'one-sample')
    parts.push(svgElement(document, 'path', { class: `ring ${bin}`, d: markPath(shape, radius + 2.5), transform }));
  if (hasRing && model.flagged.has(id))
    parts.push(svgElement(document, 'path', { class: 'first-low', d: markPath('low', radius + 3.5), transform }));
  return parts;
}

/** The fold mark right of a node: the number of hidden nodes, or (on cards and under the pointer) a sign to fold it. */
export function drawFold({ document, fit }: Pen, frame: Frame, id: number): SVGElement[] {
  const { model, view, collapsed, display, hovered, selected, scene, layout } = frame;
  const { level } = scene;
  const isFolded = collapsed.has(id) && itemAt(model.nodes, id).children.length > 0;
  const isOpenStack = display.opened.has(id);
  if (display.stacks.has(id) || (itemAt(model.nodes, id).children.length === 0 && !isOpenStack)) return [];
  if (!isFolded && !isOpenStack && level !== 'card' && id !== hovered && id !== selected) return [];
  if (level === 'dots' && !isFolded) return [];
  const hidden = itemAt(model.subtreeSize, id) - (layout.shown[id] ?? 1);
  const text = isFolded ? `+${hidden.toLocaleString('en')}` : '−';
  const x = nodeWidth(view, level) + (level === 'dots' ? 9 : 3);
  const width = Math.max(16, fit.small.width(text) + 8);
  if (level === 'dots') return rowPx(view.k) < 9 ? [] : [svgElement(document, 'text', { class: 'note', x, dy: '0.35em' }, text)];
  return [
    svgElement(document, 'rect', { class: `fold${isFolded ? ' folded' : ''}`, x, y: -8, width, height: 16, rx: 8 }),
    svgElement(document, 'text', { class: 'fold-text', x: x + width / 2, dy: '0.35em' }, text),
  ];
}

/** Text of a node that represents a closed stack: `13 assumed right`; undefined for any other node. */
export function stackNote({ model, display }: Pick<Frame, 'model' | 'display'>, id: number): string | undefined {
  const stack = display.stacks.get(id);
  return stack === undefined ? undefined : stackWords(model, stack);
}

/** The glyph beside the value of a flagged node: for a first low step, or a disagreement of labels and model. */
export function flagGlyph({ shown }: Pick<TreeModel, 'shown'>): string {
  return shown === 'both' ? GLYPH.compare : GLYPH.flag;
}

export function verdictGlyph(correct: boolean | undefined): string {
  return correct === undefined ? '' : correct ? GLYPH.check : GLYPH.close;
}
