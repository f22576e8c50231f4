import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../server/reasoning/paths.js';
import { freeColumns, hitTest, openBlock, sceneOf } from '../../webview/tree/layout/scene.js';
import { BANDED_ABOVE, blendLayouts, type LayoutNode, layoutTree, type TreeLayout } from '../../webview/tree/layout/tidy.js';
import {
  columnPx,
  fitView,
  landingView,
  levelAt,
  nodeWidth,
  reveal,
  rowPx,
  type Size,
  screenPoint,
  type View,
  zoomAround,
} from '../../webview/tree/layout/zoomScale.js';
import { makeView, randomFrom } from './trees.js';

/** A random tree: node i hangs on an earlier node. */
function tree(parents: readonly number[]): LayoutNode[] {
  const nodes = [{ id: 0, parent: null as number | null, children: [] as number[], depth: 0 }];
  parents.forEach((pick, i) => {
    const parent = pick % (i + 1);
    nodes.push({ id: i + 1, parent, children: [], depth: nodes[parent]!.depth + 1 });
    nodes[parent]!.children.push(i + 1);
  });
  return nodes;
}

const trees = fc.array(fc.nat(1000), { maxLength: 120 }).map(tree);
/** The shown nodes of each depth, from top to bottom. */
function columnsOf(nodes: readonly LayoutNode[], { row }: TreeLayout): number[][] {
  const columns: number[][] = [];
  for (const { id, depth } of nodes) if (!Number.isNaN(row[id])) (columns[depth] ??= []).push(id);
  return columns.map((ids) => ids.sort((a, b) => row[a]! - row[b]!));
}

const size: Size = { width: 800, height: 600 };
const large = makeView({ nodes: 20_000 }).nodes;
const middling = makeView({ nodes: 5_000 }).nodes;

describe('layoutTree', () => {
  it('keeps the nodes of a column a row apart, in reading order, and parents among their children', () => {
    fc.assert(
      fc.property(trees, (nodes) => {
        const layout = layoutTree(nodes, { collapsed: new Set() });
        expect(layout.count).toBe(nodes.length);
        for (const ids of columnsOf(nodes, layout)) {
          for (let i = 1; i < ids.length; i++) expect(layout.row[ids[i]!]! - layout.row[ids[i - 1]!]!).toBeGreaterThanOrEqual(1 - 1e-9);
        }
        for (const node of nodes) {
          const rows = node.children.map((id) => layout.row[id]!);
          if (rows.length === 0) continue;
          expect(rows).toEqual([...rows].sort((a, b) => a - b));
          expect(layout.row[node.id]).toBeCloseTo((rows[0]! + rows.at(-1)!) / 2, 6);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out what is folded away and nothing else', () => {
    const nodes = tree([0, 0, 1, 1, 2]);
    const layout = layoutTree(nodes, { collapsed: new Set([1]) });
    const hidden = nodes.filter((node) => Number.isNaN(layout.row[node.id]!)).map((node) => node.id);
    expect(hidden).toEqual(nodes.filter((node) => node.parent === 1).map((node) => node.id));
    expect(hidden.length).toBeGreaterThan(0);
    expect(layout.count).toBe(nodes.length - hidden.length);
  });

  it('does not recurse: a path 50,000 deep is laid out in one row', () => {
    const nodes = tree(Array.from({ length: 50_000 }, (_, i) => i));
    const layout = layoutTree(nodes, { collapsed: new Set() });
    expect(layout.extent.columns).toBe(50_001);
    expect(layout.extent).toMatchObject({ top: 0, bottom: 0 });
  });

  it('lays 20,000 nodes out in well under a second', () => {
    const start = performance.now();
    const layout = layoutTree(large, { collapsed: new Set() });
    const ms = performance.now() - start;
    process.stdout.write(`  layout of 20,000 nodes: ${ms.toFixed(0)} ms\n`);
    expect(layout.count).toBe(20_000);
    expect(ms).toBeLessThan(1500);
  });

  it('holds an empty document', () => {
    expect(layoutTree([], { collapsed: new Set() }).count).toBe(0);
  });
});

describe('blendLayouts', () => {
  it('starts at the old rows, ends at the new ones, and lets new nodes come out of their parent', () => {
    const nodes = tree([0, 0, 1, 1, 2, 2]);
    const from = layoutTree(nodes, { collapsed: new Set([1]) });
    const to = layoutTree(nodes, { collapsed: new Set() });
    const start = blendLayouts(from, to, null, nodes, 0);
    const end = blendLayouts(from, to, null, nodes, 1);
    for (const node of nodes) {
      expect(end.row[node.id]).toBeCloseTo(to.row[node.id]!);
      expect(start.row[node.id]).toBeCloseTo(Number.isNaN(from.row[node.id]!) ? from.row[node.parent!]! : from.row[node.id]!);
    }
  });
});

describe('sceneOf', () => {
  const inSight = (nodes: readonly LayoutNode[], layout: TreeLayout, view: View) =>
    nodes.filter((node) => {
      const { x, y } = screenPoint(view, node.depth, layout.row[node.id]!);
      return x + Math.max(nodeWidth(view), 12) >= 0 && x <= size.width && y >= 0 && y <= size.height;
    });

  it('finds the nodes in sight and the edges into them', () => {
    fc.assert(
      fc.property(
        trees,
        fc.double({ min: 0.02, max: 1.5, noNaN: true }),
        fc.double({ min: -900, max: 900, noNaN: true }),
        fc.double({ min: -900, max: 900, noNaN: true }),
        (nodes, k, x, y) => {
          const layout = layoutTree(nodes, { collapsed: new Set() });
          const view = { k, stretch: 1, x, y };
          const scene = sceneOf({ nodes, layout, view, size });
          const seen = inSight(nodes, layout, view);
          const drawn = new Set(scene.nodes);
          const edges = new Set(scene.edges);
          expect(scene.blocks).toEqual([]);
          for (const node of seen) {
            expect(drawn.has(node.id)).toBe(true);
            if (node.parent !== null) expect(edges.has(node.id)).toBe(true);
          }
          // Half a row and a dot beyond the edges, no more.
          expect(scene.nodes.every((id) => layout.row[id]! * rowPx(k) + y <= size.height + rowPx(k))).toBe(true);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('draws a tree of 20,000 nodes with some hundred parts, and leaves none out', () => {
    const layout = layoutTree(large, { collapsed: new Set() });
    for (const panel of [size, { width: 1900, height: 1000 }]) {
      const view = fitView(layout.extent, panel);
      const scene = sceneOf({ nodes: large, layout, view, size: panel });
      expect(scene.nodes.length + scene.blocks.length).toBeLessThan(1_500);
      expect(scene.nodes.length + scene.blocks.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
    }
  });

  it('gives every block rows of its own, and opens it when one zooms in', () => {
    const layout = layoutTree(middling, { collapsed: new Set() });
    const view = fitView(layout.extent, size);
    const scene = sceneOf({ nodes: middling, layout, view, size });
    const blocks = [...scene.blocks].sort((a, b) => a.top - b.top);
    expect(blocks.length).toBeGreaterThan(10);
    for (let i = 1; i < blocks.length; i++) expect(blocks[i]!.top).toBeGreaterThan(blocks[i - 1]!.bottom);
    const [first] = blocks.toSorted((a, b) => b.count - a.count);
    const column = middling[first!.roots[0]!]!.depth;
    const near = sceneOf({ nodes: middling, layout, view: openBlock(first!, view, size, column), size });
    expect(near.blocks.some(({ roots, count }) => roots[0] === first!.roots[0] && count === first!.count)).toBe(false);
  });

  it('draws the path to the selection however small its branches are', () => {
    const layout = layoutTree(middling, { collapsed: new Set() });
    const path = new Set(rootPath(middling, 4_321));
    const view = fitView(layout.extent, size);
    const { nodes } = sceneOf({ nodes: middling, layout, view, size, apart: path });
    for (const id of path) expect(nodes).toContain(id);
  });
});

describe('layoutTree of many nodes', () => {
  it('gives every subtree rows to itself', () => {
    expect(middling.length).toBeGreaterThan(BANDED_ABOVE);
    const { row, top, bottom, isBanded } = layoutTree(middling, { collapsed: new Set() });
    expect(isBanded).toBe(true);
    for (const { children } of middling) {
      for (let i = 1; i < children.length; i++) expect(top[children[i]!]!).toBeGreaterThan(bottom[children[i - 1]!]!);
      for (const child of children) expect(row[child]! >= top[child]! && row[child]! <= bottom[child]!).toBe(true);
    }
  });

  it('leaves out hidden nodes, and shows a subtree alone from column 0', () => {
    const { nodes } = makeView({ nodes: 60 });
    const root = nodes.find(({ depth, children }) => depth === 2 && children.length > 1)!;
    const [hidden] = root.children;
    const layout = layoutTree(nodes, { collapsed: new Set(), root: root.id, isHidden: (id) => id === hidden });
    expect(layout.depth).toBe(2);
    expect(layout.row[hidden!]).toBeNaN();
    expect(layout.row[0]).toBeNaN();
    expect(layout.row[root.children[1]!]).not.toBeNaN();
  });
});

describe('freeColumns', () => {
  it('lets a label run on until a node or an edge is in its way', () => {
    // Node 1 is a leaf above node 2, whose two children are in the next column.
    const nodes = tree([0, 0, 2, 2]);
    const layout = layoutTree(nodes, { collapsed: new Set() });
    const view = { k: 0.5, stretch: 1, x: 20, y: 200 };
    const scene = sceneOf({ nodes, layout, view, size });
    const free = freeColumns({ nodes, layout, scene, view });
    expect(free.get(3)).toBeGreaterThan(0);
    for (const [id, columns] of free) {
      const blocked = nodes.filter((node) => Math.abs(layout.row[node.id]! - layout.row[id]!) < 0.4 && node.depth > nodes[id]!.depth);
      for (const node of blocked) expect(node.depth).toBeGreaterThan(nodes[id]!.depth + columns);
    }
  });
});

describe('hitTest', () => {
  it('finds every node at its own place, at every level', () => {
    const { nodes } = makeView({ nodes: 60 });
    const layout = layoutTree(nodes, { collapsed: new Set() });
    const random = randomFrom(3);
    for (const k of [0.15, 0.42, 1]) {
      const view = { k, stretch: 1, x: random() * 100, y: random() * 100 };
      const everywhere = { width: 20_000, height: 20_000 };
      const scene = sceneOf({ nodes, layout, view, size: everywhere, margin: 20_000 });
      const input = { nodes, layout, scene, view };
      for (const node of nodes) {
        const at = screenPoint(view, node.depth, layout.row[node.id]!);
        expect(hitTest(input, at.x, at.y)).toEqual({ id: node.id, part: 'node' });
        if (k > 0.2) expect(hitTest(input, at.x + nodeWidth(view) + 10, at.y)).toEqual({ id: node.id, part: 'toggle' });
      }
    }
  });

  it('finds a block, and nothing where nothing is', () => {
    const layout = layoutTree(middling, { collapsed: new Set() });
    const view = fitView(layout.extent, size);
    const scene = sceneOf({ nodes: middling, layout, view, size });
    const input = { nodes: middling, layout, scene, view };
    const [block] = scene.blocks.toSorted((a, b) => b.count - a.count);
    const at = screenPoint(view, middling[block!.roots[0]!]!.depth, block!.row);
    expect(hitTest(input, at.x + 100, at.y)).toEqual({ id: block!.roots[0], part: 'block' });
    expect(hitTest(input, -500, -500)).toBeNull();
  });
});

describe('the view', () => {
  it('zooming keeps the point under the pointer, there and back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.nat(800),
        fc.nat(600),
        (from, to, px, py) => {
          const view = { k: from, stretch: 1, x: 40, y: 70 };
          const near = zoomAround(view, to, px, py);
          expect((px - near.x) / columnPx(near)).toBeCloseTo((px - view.x) / columnPx(view), 6);
          expect((py - near.y) / rowPx(near.k)).toBeCloseTo((py - view.y) / rowPx(view.k), 6);
          const back = zoomAround(near, from, px, py);
          expect(back.x).toBeCloseTo(view.x, 6);
          expect(back.y).toBeCloseTo(view.y, 6);
        },
      ),
    );
  });

  it('fit brings every node into the drawing', () => {
    for (const count of [1, 3, 60, 5_000]) {
      const nodes = count === middling.length ? middling : makeView({ nodes: count }).nodes;
      const layout = layoutTree(nodes, { collapsed: new Set() });
      const view = fitView(layout.extent, size);
      for (const node of nodes) {
        const { x, y } = screenPoint(view, node.depth, layout.row[node.id]!);
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(size.width);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(size.height);
      }
    }
  });

  it('reveal moves only what it must', () => {
    const inside = { k: 0.42, stretch: 1, x: 100, y: 300 };
    expect(reveal(inside, 0, 0, size)).toBe(inside);
    const moved = reveal(inside, 3, 40, size);
    const { x, y } = screenPoint(moved, 3, 40);
    expect(x + nodeWidth(inside)).toBeLessThanOrEqual(size.width);
    expect(y).toBeCloseTo(size.height / 2);
    expect(moved.k).toBe(inside.k);
  });

  it('the first look has its target in sight, whatever the tree and the panel', () => {
    for (const count of [1, 3, 60, 400, 5_000]) {
      const nodes = count === middling.length ? middling : makeView({ nodes: count }).nodes;
      const layout = layoutTree(nodes, { collapsed: new Set() });
      for (const panel of [size, { width: 300, height: 260 }]) {
        for (const id of [0, Math.floor(count / 2), count - 1]) {
          const row = layout.row[id]!;
          const { x, y } = screenPoint(
            landingView(layout.extent, { column: nodes[id]!.depth, row, top: row - 1, bottom: row + 1 }, panel, layout.isBanded),
            nodes[id]!.depth,
            row,
          );
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(panel.width);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y).toBeLessThanOrEqual(panel.height);
        }
      }
    }
  });

  it('shows more the nearer it is', () => {
    expect([0.05, 0.3, 1].map((k) => levelAt({ k, stretch: 1 }))).toEqual(['dots', 'words', 'card']);
    // In narrow columns words have no room, however high the rows are.
    expect(levelAt({ k: 1, stretch: 0.1 })).toBe('dots');
  });
});
