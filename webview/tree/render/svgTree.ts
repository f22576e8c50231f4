import { type Selection, select } from 'd3-selection';
import { linkHorizontal } from 'd3-shape';
import { itemAt, mustHave } from '../../../server/reasoning/present.js';
import { edgeWidth, markRadius } from '../layout/marks.js';
import { type Block, ownHeight } from '../layout/scene.js';
import { columnPx, nodeWidth, rowPx, WORDS_ROW } from '../layout/zoomScale.js';
import type { TreeModel } from '../model/treeModel.js';
import { columnOf, type Frame } from './frame.js';
import { drawBlock } from './svgBlock.js';
import { drawCard } from './svgCard.js';
import type { Fits, Pen } from './svgParts.js';
import { clearDrawing, type WrittenGroup, type WrittenText, writtenTexts } from './svgRoom.js';
import { type DotName, drawDot, drawWords, namedNodes, radiusOf } from './svgWords.js';

export interface SvgTree {
  draw(frame: Frame): void;
}

type Group = Selection<SVGGElement, unknown, null, undefined>;

const link = linkHorizontal<{ source: [number, number]; target: [number, number] }, [number, number]>();

/** Draws a scene of at most some hundred nodes and blocks. A pan moves one group; a node is rebuilt only when its content changes. */
export function createSvgTree(svg: SVGSVGElement, fit: Fits): SvgTree {
  const pen: Pen = { document: svg.ownerDocument, fit };
  const root: Group = select(svg).append('g');
  const edges: Group = root.append('g').attr('class', 'edges').attr('fill', 'none');
  const blocks: Group = root.append('g').attr('class', 'blocks');
  const nodes: Group = root.append('g').attr('class', 'nodes');
  let last: Frame | undefined;
  return {
    draw(frame) {
      root.attr('transform', `translate(${frame.view.x},${frame.view.y})`);
      drawEdges(edges, frame);
      const isOther = [drawBlocks(blocks, pen, frame), drawNodes(nodes, pen, frame)].includes(true);
      // A pan does not change the room of any text.
      if (isOther || last?.scene !== frame.scene || last.selected !== frame.selected) clearDrawing(writtenGroups(blocks, nodes, frame));
      last = frame;
    },
  };
}

/** All texts of the drawing, with the places of their nodes and blocks. */
function writtenGroups(blocks: Group, nodes: Group, frame: Frame): WrittenGroup[] {
  const { model, layout, scene, view, selected } = frame;
  const column = columnPx(view);
  const height = rowPx(view.k);
  const groups: WrittenGroup[] = [];
  blocks.selectAll<SVGGElement, Block>('g.block').each(function ({ roots, row }) {
    const [x, y] = [columnOf(frame, itemAt(roots, 0)) * column, row * height];
    groups.push({ x, y, reach: 4, isSelected: false, texts: drawn.get(this)?.texts ?? [] });
  });
  nodes.selectAll<SVGGElement, number>('g.node').each(function (id) {
    const [x, y] = [columnOf(frame, id) * column, itemAt(layout.row, id) * height];
    // A card has its mark inside, and its column to itself.
    const ring = model.flagged.has(id) ? 4.5 : itemAt(model.nodes, id).oneSample ? 2.5 : 0;
    const reach = scene.level === 'card' ? 0 : radiusOf(frame, id) + ring;
    groups.push({ x, y, reach, isSelected: id === selected, texts: drawn.get(this)?.texts ?? [] });
  });
  return groups;
}

/** An edge into a node or into a block. */
interface Edge {
  readonly key: string;
  readonly id: number;
  readonly row: number;
  readonly isBlock: boolean;
}

function drawEdges(group: Group, frame: Frame): void {
  const { model, layout, scene, view, path, matches } = frame;
  const column = columnPx(view);
  const height = rowPx(view.k);
  const width = nodeWidth(view, scene.level);
  const curve = ({ id, row, isBlock }: Edge) => {
    const parent = mustHave(itemAt(model.nodes, id).parent, `parent of the node ${id}`);
    const x = columnOf(frame, id) * column;
    const inset = isBlock || scene.level === 'card' ? 8 : markRadius(itemAt(model.size, id), Math.max(height, layout.isBanded ? 7 : 0));
    return link({ source: [x - column + width, itemAt(layout.row, parent) * height], target: [x - inset, row * height] });
  };
  const all: Edge[] = [
    ...scene.blocks.map(({ roots, row }) => ({ key: `block ${roots[0]}`, id: itemAt(roots, 0), row, isBlock: true })),
    ...scene.edges.map((id) => ({ key: String(id), id, row: itemAt(layout.row, id), isBlock: false })),
  ];
  const isOnPath = ({ id, isBlock }: Edge) => !isBlock && path.has(id);
  // The path is drawn last, above its neighbors.
  const ordered = [...all.filter((edge) => !isOnPath(edge)), ...all.filter(isOnPath)];
  group
    .selectAll<SVGPathElement, Edge>('path')
    .data(ordered, ({ key }) => key)
    .join('path')
    .order()
    .attr('d', curve)
    .attr('stroke-width', ({ id }) => edgeWidth(itemAt(model.share, id), Math.max(height, 6)) * (model.shown === 'rollouts' ? 1.6 : 1))
    .attr('class', (edge) => {
      const isFaded = matches !== null && !edge.isBlock && !matches.has(edge.id);
      return `edge${isOnPath(edge) ? ' on-path' : ''}${itemAt(model.nodes, edge.id).assumed ? ' assumed' : ''}${isFaded ? ' faded' : ''}`;
    });
}

/** Returns whether a block was rebuilt. */
function drawBlocks(group: Group, pen: Pen, frame: Frame): boolean {
  const { model, scene, view, matches, hovered } = frame;
  const column = columnPx(view);
  const height = rowPx(view.k);
  let isOther = false;
  const matchCount = (block: Block) => (matches === null ? -1 : block.roots.reduce((sum, id) => sum + countWithin(model, matches, id), 0));
  group
    .selectAll<SVGGElement, Block>('g.block')
    .data([...scene.blocks], ({ roots }) => `${roots[0]} ${roots.length}`)
    .join('g')
    .attr('transform', ({ roots, row }) => `translate(${columnOf(frame, itemAt(roots, 0)) * column},${row * height})`)
    .attr('class', (block) => {
      const found = matchCount(block);
      return `block${block.roots[0] === hovered ? ' hovered' : ''}${found === 0 ? ' faded' : found > 0 ? ' match' : ''}`;
    })
    .each(function (block) {
      const shown = `block ${view.k.toFixed(4)} ${view.stretch.toFixed(3)}`;
      const known = drawn.get(this);
      if (known !== undefined && known.model === model && known.shown === shown) return;
      isOther = true;
      const parts = drawBlock(pen, frame, block);
      drawn.set(this, { model, shown, texts: writtenTexts(parts, pen.fit) });
      this.replaceChildren(...parts);
    });
  return isOther;
}

/** Matches in a node's subtree. */
function countWithin({ rank, subtreeSize }: TreeModel, matches: ReadonlySet<number>, root: number): number {
  const from = itemAt(rank, root);
  const to = from + itemAt(subtreeSize, root);
  let count = 0;
  for (const id of matches) if (itemAt(rank, id) >= from && itemAt(rank, id) < to) count++;
  return count;
}

/** Returns whether a node was rebuilt. */
function drawNodes(group: Group, pen: Pen, frame: Frame): boolean {
  const { model, layout, scene, view, selected, hovered, collapsed, display } = frame;
  const column = columnPx(view);
  const height = rowPx(view.k);
  const named = namedNodes(frame);
  let isOther = false;
  const looks = `${scene.level} ${view.k.toFixed(4)} ${view.stretch.toFixed(4)}`;
  group
    .selectAll<SVGGElement, number>('g.node')
    .data([...scene.nodes], (id) => id)
    .join('g')
    .attr('transform', (id) => `translate(${columnOf(frame, id) * column},${itemAt(layout.row, id) * height})`)
    .attr('data-node', (id) => id)
    .attr('class', (id) => nodeClass(frame, id))
    .each(function (id) {
      const fold = `${collapsed.has(id)} ${display.stacks.has(id)} ${display.opened.has(id)} ${id === hovered || id === selected}`;
      const shown = `${looks} ${fold} ${named.get(id) ?? ''} ${frame.free.get(id) ?? 0}`;
      const known = drawn.get(this);
      if (known !== undefined && known.model === model && known.shown === shown) return;
      isOther = true;
      const parts = drawNode(pen, frame, id, named.get(id));
      drawn.set(this, { model, shown, texts: writtenTexts(parts, pen.fit) });
      this.replaceChildren(...parts);
    });
  return isOther;
}

/** Draws a node in as much detail as its rows have room for. */
function drawNode(pen: Pen, frame: Frame, id: number, name: DotName | undefined): SVGElement[] {
  const { level } = frame.scene;
  if (level === 'card') return drawCard(pen, frame, id);
  const hasRoom = ownHeight(frame.layout, frame.view, id) >= WORDS_ROW - 1;
  return level === 'words' && (hasRoom || id === frame.selected) ? drawWords(pen, frame, id) : drawDot(pen, frame, id, name);
}

function nodeClass({ scene, path, selected, event, hovered, matches, display }: Frame, id: number): string {
  const classes = ['node', scene.level];
  if (path.has(id)) classes.push('on-path');
  if (id === selected) classes.push('selected');
  if (id === event) classes.push('event');
  if (id === hovered) classes.push('hovered');
  if (display.stacks.has(id)) classes.push('stacked');
  if (matches !== null && !matches.has(id) && id !== selected) classes.push('faded');
  else if (matches?.has(id) === true) classes.push('match');
  return classes.join(' ');
}

/** The content of each group, so that a pan or a change of selection does not rebuild it. */
const drawn = new WeakMap<SVGGElement, { readonly model: TreeModel; readonly shown: string; readonly texts: readonly WrittenText[] }>();
