import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeColumns, hitTest, sceneOf } from '../../webview/tree/layout/scene.js';
import { blendLayouts, type LayoutNode, layoutTree, type TreeLayout } from '../../webview/tree/layout/tidy.js';
import {
  columnPx,
  fitView,
  landingView,
  levelAt,
  nodeWidth,
  revealNode,
  rowPx,
  type Size,
  screenPoint,
  type View,
  zoomAround,
} from '../../webview/tree/layout/zoomScale.js';
import { bareTree, makeView, randomFrom } from './trees.js';

const trees = fc.array(fc.nat(1000), { maxLength: 120 }).map(bareTree);

/** The shown nodes of each depth, from top to bottom. */
function columnsOf(nodes: readonly LayoutNode[], { row }: TreeLayout): number[][] {
  const columns: number[][] = [];
  for (const { id, depth } of nodes) if (!Number.isNaN(row[id])) (columns[depth] ??= []).push(id);
  return columns.map((ids) => ids.sort((a, b) => row[a]! - row[b]!));
}

const size: Size = { width: 800, height: 600 };

describe('layoutTree', () => {
  it('keeps the nodes of a column a row apart in reading order, and centers parents on their children', () => {
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

  it('leaves out only folded nodes', () => {
    const nodes = bareTree([0, 0, 1, 1, 2]);
    const layout = layoutTree(nodes, { collapsed: new Set([1]) });
    const hidden = nodes.filter((node) => Number.isNaN(layout.row[node.id]!)).map((node) => node.id);
    expect(hidden).toEqual(nodes.filter((node) => node.parent === 1).map((node) => node.id));
    expect(hidden.length).toBeGreaterThan(0);
    expect(layout.count).toBe(nodes.length - hidden.length);
  });

  it('supports an empty tree', () => {
    expect(layoutTree([], { collapsed: new Set() }).count).toBe(0);
  });
});

describe('blendLayouts', () => {
  it('starts at the old rows, ends at the new ones, and starts new nodes at their parent', () => {
    const nodes = bareTree([0, 0, 1, 1, 2, 2]);
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

  it('has the nodes in sight and the edges to them', () => {
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
          // Nodes are drawn at most half a row and a dot beyond the edges.
          expect(scene.nodes.every((id) => layout.row[id]! * rowPx(k) + y <= size.height + rowPx(k))).toBe(true);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('layoutTree for a part of a tree', () => {
  it('leaves out hidden nodes, and starts a single subtree at column 0', () => {
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
  it('lets a label extend until a node or an edge is in its way', () => {
    // Node 1 is a leaf above node 2, whose two children are in the next column.
    const nodes = bareTree([0, 0, 2, 2]);
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
  it('finds every node at its own position, at every zoom level', () => {
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
});

describe('the view of a tree', () => {
  it('keeps the point under the pointer when it zooms in and back', () => {
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

  it('has every node in the drawing after a fit', () => {
    for (const count of [1, 3, 60, 400]) {
      const { nodes } = makeView({ nodes: count });
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

  it('stays if a node is in sight, and moves without zooming to reveal another', () => {
    const inside = { k: 0.42, stretch: 1, x: 100, y: 300 };
    expect(revealNode(inside, 0, 0, size)).toBe(inside);
    const moved = revealNode(inside, 3, 40, size);
    const { x, y } = screenPoint(moved, 3, 40);
    expect(x + nodeWidth(inside)).toBeLessThanOrEqual(size.width);
    expect(y).toBeCloseTo(size.height / 2);
    expect(moved.k).toBe(inside.k);
  });

  it('has its target in sight at first, whatever the tree and the panel size', () => {
    for (const count of [1, 3, 60, 400]) {
      const { nodes } = makeView({ nodes: count });
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

  it('shows dots, words or cards, depending on zoom and column width', () => {
    expect([0.05, 0.3, 1].map((k) => levelAt({ k, stretch: 1 }))).toEqual(['dots', 'words', 'card']);
    // Words do not fit into narrow columns, however high the rows are.
    expect(levelAt({ k: 1, stretch: 0.1 })).toBe('dots');
  });
});
