import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hitTest, sceneOf } from '../../webview/tree/layout/scene.js';
import { blendLayouts, type LayoutNode, layoutTree } from '../../webview/tree/layout/tidy.js';
import {
  centreView,
  columnPx,
  fitView,
  landingView,
  levelAt,
  nodeWidth,
  reveal,
  rowPx,
  type Size,
  screenPoint,
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
const size: Size = { width: 800, height: 600 };
const large = makeView({ nodes: 20_000 }).nodes;
const middling = makeView({ nodes: 5_000 }).nodes;

describe('layoutTree', () => {
  it('keeps the nodes of a column a row apart, in reading order, and parents among their children', () => {
    fc.assert(
      fc.property(trees, (nodes) => {
        const layout = layoutTree(nodes, new Set());
        expect(layout.count).toBe(nodes.length);
        for (const ids of layout.columns) {
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
    const layout = layoutTree(nodes, new Set([1]));
    const hidden = nodes.filter((node) => Number.isNaN(layout.row[node.id]!)).map((node) => node.id);
    expect(hidden).toEqual(nodes.filter((node) => node.parent === 1).map((node) => node.id));
    expect(hidden.length).toBeGreaterThan(0);
    expect(layout.count).toBe(nodes.length - hidden.length);
  });

  it('does not recurse: a path 50,000 deep is laid out in one row', () => {
    const nodes = tree(Array.from({ length: 50_000 }, (_, i) => i));
    const layout = layoutTree(nodes, new Set());
    expect(layout.columns.length).toBe(50_001);
    expect(layout.extent).toMatchObject({ top: 0, bottom: 0 });
  });

  it('lays 20,000 nodes out in well under a second', () => {
    const start = performance.now();
    const layout = layoutTree(large, new Set());
    const ms = performance.now() - start;
    process.stdout.write(`  layout of 20,000 nodes: ${ms.toFixed(0)} ms\n`);
    expect(layout.count).toBe(20_000);
    expect(ms).toBeLessThan(1500);
  });

  it('holds an empty document', () => {
    expect(layoutTree([], new Set()).count).toBe(0);
  });
});

describe('blendLayouts', () => {
  it('starts at the old rows, ends at the new ones, and lets new nodes come out of their parent', () => {
    const nodes = tree([0, 0, 1, 1, 2, 2]);
    const from = layoutTree(nodes, new Set([1]));
    const to = layoutTree(nodes, new Set());
    const start = blendLayouts(from, to, null, nodes, 0);
    const end = blendLayouts(from, to, null, nodes, 1);
    for (const node of nodes) {
      expect(end.row[node.id]).toBeCloseTo(to.row[node.id]!);
      expect(start.row[node.id]).toBeCloseTo(Number.isNaN(from.row[node.id]!) ? from.row[node.parent!]! : from.row[node.id]!);
    }
  });
});

describe('sceneOf', () => {
  it('finds exactly the nodes and edges that a look at every node finds', () => {
    fc.assert(
      fc.property(
        trees,
        fc.double({ min: 0.02, max: 1.5, noNaN: true }),
        fc.double({ min: -900, max: 900, noNaN: true }),
        fc.double({ min: -900, max: 900, noNaN: true }),
        (nodes, k, x, y) => {
          const layout = layoutTree(nodes, new Set());
          const view = { k, x, y };
          const scene = sceneOf(layout, (id) => nodes[id]!.parent!, view, size);
          const inRows = (low: number, high: number) =>
            high >= (-rowPx(k) / 2 - y) / rowPx(k) && low <= (size.height + rowPx(k) / 2 - y) / rowPx(k);
          const inColumns = (depth: number) =>
            x + depth * columnPx(k) + Math.max(nodeWidth(k), 12) >= 0 && x + depth * columnPx(k) <= size.width + 12;
          const seen = nodes.filter((node) => inColumns(node.depth) && inRows(layout.row[node.id]!, layout.row[node.id]!));
          expect(new Set(scene.nodes)).toEqual(new Set(seen.map((node) => node.id)));
          const edges = new Set(scene.edges);
          for (const node of seen) if (node.parent !== null) expect(edges.has(node.id)).toBe(true);
          for (const id of edges) {
            const ends = [layout.row[id]!, layout.row[nodes[id]!.parent!]!];
            expect(inRows(Math.min(...ends), Math.max(...ends))).toBe(true);
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it('asks for a few hundred nodes of 20,000 at reading distance', () => {
    const layout = layoutTree(large, new Set());
    const scene = sceneOf(layout, (id) => large[id]!.parent!, centreView(0.42, 8, layout.row[500]!, size), size, 160);
    expect(scene.level).toBe('words');
    expect(scene.nodes.length).toBeLessThan(400);
  });
});

describe('hitTest', () => {
  it('finds every node at its own place, at every level', () => {
    const { nodes } = makeView({ nodes: 60 });
    const layout = layoutTree(nodes, new Set());
    const random = randomFrom(3);
    for (const k of [0.15, 0.42, 1]) {
      const view = { k, x: random() * 100, y: random() * 100 };
      for (const node of nodes) {
        const at = screenPoint(view, node.depth, layout.row[node.id]!);
        expect(hitTest(layout, view, levelAt(k), at.x, at.y)).toEqual({ id: node.id, part: 'node' });
        if (k > 0.2) expect(hitTest(layout, view, levelAt(k), at.x + nodeWidth(k) + 10, at.y)).toEqual({ id: node.id, part: 'toggle' });
      }
    }
  });

  it('finds nothing between the nodes', () => {
    const layout = layoutTree(tree([0, 0]), new Set());
    expect(hitTest(layout, { k: 1, x: 0, y: 300 }, 'card', 400, 20)).toBeNull();
  });
});

describe('views', () => {
  it('zooming keeps the point under the pointer, there and back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.nat(800),
        fc.nat(600),
        (from, to, px, py) => {
          const view = { k: from, x: 40, y: 70 };
          const near = zoomAround(view, to, px, py);
          expect((px - near.x) / columnPx(near.k)).toBeCloseTo((px - view.x) / columnPx(view.k), 6);
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
      const layout = layoutTree(nodes, new Set());
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
    const inside = { k: 0.42, x: 100, y: 300 };
    expect(reveal(inside, 0, 0, size)).toBe(inside);
    const moved = reveal(inside, 3, 40, size);
    const { x, y } = screenPoint(moved, 3, 40);
    expect(x + nodeWidth(0.42)).toBeLessThanOrEqual(size.width);
    expect(y).toBeCloseTo(size.height / 2);
    expect(moved.k).toBe(inside.k);
  });

  it('the first look has its target in sight, whatever the tree and the panel', () => {
    for (const count of [1, 3, 60, 400, 5_000]) {
      const nodes = count === middling.length ? middling : makeView({ nodes: count }).nodes;
      const layout = layoutTree(nodes, new Set());
      for (const panel of [size, { width: 300, height: 260 }]) {
        for (const id of [0, Math.floor(count / 2), count - 1]) {
          const row = layout.row[id]!;
          const { x, y } = screenPoint(
            landingView(layout.extent, { depth: nodes[id]!.depth, row, top: row - 1, bottom: row + 1 }, panel),
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
    expect([0.05, 0.3, 1].map(levelAt)).toEqual(['dots', 'words', 'card']);
  });
});
