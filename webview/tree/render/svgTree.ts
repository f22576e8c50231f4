import { type Selection, select } from 'd3-selection';
import { linkHorizontal } from 'd3-shape';
import { svgElement } from '../../shared/element.js';
import { drawInterval } from '../../shared/intervalBar.js';
import { formatValue, shortSource, sourceLabel, valueBin } from '../../shared/valueScale.js';
import { edgeWidth, markOutline, markPath, markRadius, markShape } from '../layout/marks.js';
import type { Scene } from '../layout/scene.js';
import type { TreeLayout } from '../layout/tidy.js';
import { cardHeight, columnPx, type Level, nodeWidth, rowPx, type View } from '../layout/zoomScale.js';
import { nodeWords, type TreeModel } from '../model/treeModel.js';
import type { TextFit } from './textFit.js';

/** What one drawing shows; the canvas and the SVG renderer take the same. */
export interface Frame {
  readonly model: TreeModel;
  readonly layout: TreeLayout;
  readonly scene: Scene;
  readonly view: View;
  readonly collapsed: ReadonlySet<number>;
  readonly selected: number | null;
  /** The node a replay's event is about. */
  readonly event: number | null;
  /** Node ids from the root to the selection. */
  readonly path: ReadonlySet<number>;
  readonly hovered: number | null;
  /** null when nothing is searched for. */
  readonly matches: ReadonlySet<number> | null;
}

export interface SvgTree {
  draw(frame: Frame): void;
  clear(): void;
}

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Height of a line of words on a card, in pixels. */
const LINE = 15;

/** Codicon glyphs used inside the drawing. */
const GLYPH = { check: '\ueab2', close: '\uea76', flag: '\uec3f', eye: '\uea70' } as const;

/** Draws a scene of at most some hundred nodes. A pan moves one group; a node is built anew only when what it shows changes. */
export function createSvgTree(
  svg: SVGSVGElement,
  fit: { readonly body: TextFit; readonly strong: TextFit; readonly small: TextFit },
): SvgTree {
  const document = svg.ownerDocument;
  const root: Group = select(svg).append('g');
  const edges: Group = root.append('g').attr('class', 'edges').attr('fill', 'none');
  const nodes: Group = root.append('g').attr('class', 'nodes');
  const link = linkHorizontal<{ source: [number, number]; target: [number, number] }, [number, number]>();

  return {
    draw(frame) {
      root.attr('transform', `translate(${frame.view.x},${frame.view.y})`);
      drawEdges(frame);
      drawNodes(frame);
    },
    clear() {
      edges.selectAll('*').remove();
      nodes.selectAll('*').remove();
    },
  };

  function drawEdges({ model, layout, scene, view, path, matches }: Frame): void {
    const column = columnPx(view.k);
    const height = rowPx(view.k);
    const width = nodeWidth(view.k, scene.level);
    const curve = (id: number) => {
      const parent = model.nodes[id]!.parent!;
      const x = (model.nodes[id]!.depth - 1) * column + width;
      const source: [number, number] = [x, layout.row[parent]! * height];
      const inset = scene.level === 'card' ? 8 : markRadius(model.size[id]!, height);
      return link({ source, target: [model.nodes[id]!.depth * column - inset, layout.row[id]! * height] });
    };
    // The path is drawn last, above its neighbours.
    const ordered = [...scene.edges.filter((id) => !path.has(id)), ...scene.edges.filter((id) => path.has(id))];
    edges
      .selectAll<SVGPathElement, number>('path')
      .data(ordered, (id) => id)
      .join('path')
      .order()
      .attr('d', curve)
      .attr('stroke-width', (id) => edgeWidth(model.share[id]!, height))
      .attr('class', (id) => {
        const isFaded = matches !== null && !matches.has(id);
        return `edge${path.has(id) ? ' on-path' : ''}${model.nodes[id]!.assumed ? ' assumed' : ''}${isFaded ? ' faded' : ''}`;
      });
  }

  function drawNodes(frame: Frame): void {
    const { model, layout, scene, view, matches, path, selected, event, hovered, collapsed } = frame;
    const column = columnPx(view.k);
    const height = rowPx(view.k);
    const looks = `${scene.level} ${view.k.toFixed(4)}`;
    const bodies = nodes
      .selectAll<SVGGElement, number>('g.node')
      .data([...scene.nodes], (id) => id)
      .join('g')
      .attr('transform', (id) => `translate(${model.nodes[id]!.depth * column},${layout.row[id]! * height})`)
      .attr('class', (id) => {
        const isFaded = matches !== null && !matches.has(id) && id !== selected;
        const classes = ['node', scene.level];
        if (path.has(id)) classes.push('on-path');
        if (id === selected) classes.push('selected');
        if (id === event) classes.push('event');
        if (id === hovered) classes.push('hovered');
        if (isFaded) classes.push('faded');
        else if (matches?.has(id) === true) classes.push('match');
        return classes.join(' ');
      });
    bodies.each(function (id) {
      const shown = `${looks} ${collapsed.has(id)} ${id === hovered || id === selected}`;
      const known = drawn.get(this);
      if (known !== undefined && known.model === model && known.shown === shown) return;
      drawn.set(this, { model, shown });
      this.replaceChildren(...contents(frame, id));
    });
  }

  function contents(frame: Frame, id: number): SVGElement[] {
    const level = frame.scene.level;
    if (level === 'card') return card(frame, id);
    return level === 'words'
      ? words(frame, id)
      : [...mark(frame.model, id, markRadius(frame.model.size[id]!, rowPx(frame.view.k))), ...fold(frame, id, level)];
  }

  function mark(model: TreeModel, id: number, radius: number, x = 0, y = 0, hasRing = true): SVGElement[] {
    const node = model.nodes[id]!;
    const shape = markShape(node, model.view.threshold);
    const outline = markOutline(node);
    const at = `translate(${x},${y})`;
    const bin = valueBin(node.value, model.view.threshold);
    const parts = [
      svgElement(document, 'path', {
        class: `mark ${shape} ${outline} ${bin === undefined ? 'none' : `v${bin}`}`,
        d: markPath(shape, outline === 'assumed' ? radius - 0.5 : radius),
        transform: at,
      }),
    ];
    if (outline === 'one-sample')
      parts.push(svgElement(document, 'path', { class: `ring v${bin ?? ''}`, d: markPath(shape, radius + 2.5), transform: at }));
    if (hasRing && model.firstLow.has(id))
      parts.push(svgElement(document, 'path', { class: 'first-low', d: markPath('low', radius + 3.5), transform: at }));
    return parts;
  }

  function words(frame: Frame, id: number): SVGElement[] {
    const { model, view } = frame;
    const node = model.nodes[id]!;
    const height = rowPx(view.k);
    const width = nodeWidth(view.k, 'words');
    const value = formatValue(node.value);
    const isFlagged = model.firstLow.has(id);
    const valueX = 16;
    const textX = valueX + fit.strong.width('0.00') + 6 + (isFlagged ? 16 : 0);
    const verdict = node.correct === undefined ? '' : node.correct ? GLYPH.check : GLYPH.close;
    const room = width - textX - (verdict === '' ? 0 : 18);
    const parts = [
      svgElement(document, 'rect', {
        class: 'row',
        x: -10,
        y: -Math.min(height / 2, 11),
        width: width + 10,
        height: Math.min(height, 22),
        rx: 4,
      }),
      ...mark(model, id, markRadius(model.size[id]!, height)),
      svgElement(document, 'text', { class: 'value', x: valueX, dy: '0.35em' }, value),
    ];
    if (isFlagged) parts.push(svgElement(document, 'text', { class: 'glyph flag', x: textX - 17, y: 6 }, GLYPH.flag));
    if (room > 24)
      parts.push(svgElement(document, 'text', { class: 'words', x: textX, dy: '0.35em' }, fit.body.cut(nodeWords(model, id), room)));
    if (verdict !== '')
      parts.push(
        svgElement(document, 'text', { class: `glyph ${node.correct === true ? 'right' : 'wrong'}`, x: width - 15, y: 7 }, verdict),
      );
    return [...parts, ...fold(frame, id, 'words')];
  }

  function card(frame: Frame, id: number): SVGElement[] {
    const { model, view } = frame;
    const node = model.nodes[id]!;
    const threshold = model.view.threshold;
    const width = nodeWidth(view.k, 'card');
    const lines = fit.body.wrap(nodeWords(model, id, 240), width - 10, Math.max(1, Math.floor((cardHeight(view.k) - 24) / LINE)));
    const height = Math.min(cardHeight(view.k), 26 + LINE * lines.length);
    const top = -height / 2;
    const baseline = top + 16;
    const outline = markOutline(node);
    const box = { x: -8, y: top, width: width + 8, height, rx: 4 };
    const isFlagged = model.firstLow.has(id);
    const parts = [svgElement(document, 'rect', { class: `card-box ${outline}${isFlagged ? ' flagged' : ''}`, ...box })];
    if (outline === 'one-sample')
      parts.push(svgElement(document, 'rect', { class: 'card-inner', x: -5, y: top + 3, width: width + 2, height: height - 6, rx: 2 }));
    parts.push(...mark(model, id, 5, 6, baseline - 4.5, false));
    parts.push(svgElement(document, 'text', { class: 'value', x: 20, y: baseline }, formatValue(node.value)));
    let x = 20 + fit.strong.width(formatValue(node.value)) + 8;
    const verdict = node.correct === undefined ? '' : node.correct ? GLYPH.check : GLYPH.close;
    let right = width - 8;
    if (verdict !== '') {
      right -= 14;
      parts.push(
        svgElement(document, 'text', { class: `glyph ${node.correct === true ? 'right' : 'wrong'}`, x: right, y: baseline + 3 }, verdict),
      );
    }
    if (node.visits !== undefined) {
      const text = String(node.visits);
      right -= fit.small.width(text) + 4;
      parts.push(svgElement(document, 'text', { class: 'note', x: right, y: baseline }, text));
      right -= 15;
      parts.push(svgElement(document, 'text', { class: 'glyph quiet', x: right, y: baseline + 2 }, GLYPH.eye));
    }
    if (isFlagged) {
      parts.push(svgElement(document, 'text', { class: 'glyph flag', x, y: baseline + 2.5 }, GLYPH.flag));
      x += 22;
    }
    if (node.interval !== undefined && right - x > 60) {
      const bar = svgElement(document, 'g', { transform: `translate(${x},${baseline - 4.5})` });
      drawInterval(bar, { width: 44, value: node.value, interval: node.interval, threshold, bin: valueBin(node.value, threshold) });
      parts.push(bar);
      x += 52;
    }
    const source = [sourceLabel(node), shortSource(node)].find((text) => fit.small.width(text) <= right - x - 4);
    if (source !== undefined) parts.push(svgElement(document, 'text', { class: 'note', x, y: baseline }, source));
    lines.forEach((line, i) => {
      parts.push(svgElement(document, 'text', { class: 'words', x: 1, y: baseline + 17 + i * LINE }, line));
    });
    return [...parts, ...fold(frame, id, 'card')];
  }

  /** The fold mark right of a node: how many steps are folded away, or (on cards and under the pointer) that it can be folded. */
  function fold({ model, view, collapsed, hovered, selected }: Frame, id: number, level: Level): SVGElement[] {
    const node = model.nodes[id]!;
    if (node.children.length === 0) return [];
    const isFolded = collapsed.has(id);
    if (!isFolded && level !== 'card' && id !== hovered && id !== selected) return [];
    if (level === 'dots' && !isFolded) return [];
    const text = isFolded ? `+${(model.subtreeSize[id]! - 1).toLocaleString('en')}` : '−';
    const x = nodeWidth(view.k, level) + (level === 'dots' ? 9 : 4);
    const width = Math.max(16, fit.small.width(text) + 8);
    if (level === 'dots') return rowPx(view.k) < 9 ? [] : [svgElement(document, 'text', { class: 'note', x, dy: '0.35em' }, text)];
    return [
      svgElement(document, 'rect', { class: `fold${isFolded ? ' folded' : ''}`, x, y: -8, width, height: 16, rx: 8 }),
      svgElement(document, 'text', { class: 'fold-text', x: x + width / 2, dy: '0.35em' }, text),
    ];
  }
}

/** What a group shows, so that a pan or a change of selection does not build it again. */
const drawn = new WeakMap<SVGGElement, { readonly model: TreeModel; readonly shown: string }>();
