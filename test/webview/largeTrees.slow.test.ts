import { describe, expect, it } from 'vitest';
import { rootPath } from '../../server/reasoning/paths.js';
import { hitTest, openBlock, sceneOf } from '../../webview/tree/layout/scene.js';
import { BANDED_ABOVE, layoutTree } from '../../webview/tree/layout/tidy.js';
import { fitView, landingView, type Size, screenPoint } from '../../webview/tree/layout/zoomScale.js';
import { buildTreeModel } from '../../webview/tree/model/treeModel.js';
import { bareTree, makeView } from './trees.js';

const size: Size = { width: 800, height: 600 };
const large = makeView({ nodes: 20_000 }).nodes;
const middling = makeView({ nodes: 5_000 }).nodes;
const all = layoutTree(middling, { collapsed: new Set() });

describe('the model of a large tree', () => {
  it('supports 20,000 nodes, and a path 50,000 deep', () => {
    const view = makeView({ nodes: 20_000 });
    expect(buildTreeModel(view).order).toHaveLength(20_000);
    const [root, child] = view.nodes;
    const chain = Array.from({ length: 50_000 }, (_, id) => ({
      ...(id === 0 ? root! : child!),
      id,
      depth: id,
      parent: id === 0 ? null : id - 1,
      children: id === 49_999 ? [] : [id + 1],
    }));
    expect(buildTreeModel({ ...view, nodes: chain }).subtreeSize[0]).toBe(50_000);
  });
});

describe('the layout of a large tree', () => {
  it('puts a path 50,000 deep in one row, without recursion', () => {
    const nodes = bareTree(Array.from({ length: 50_000 }, (_, i) => i));
    const layout = layoutTree(nodes, { collapsed: new Set() });
    expect(layout.extent.columns).toBe(50_001);
    expect(layout.extent).toMatchObject({ top: 0, bottom: 0 });
  });

  it('gives every subtree its own rows', () => {
    expect(middling.length).toBeGreaterThan(BANDED_ABOVE);
    const { row, top, bottom, isBanded } = all;
    expect(isBanded).toBe(true);
    for (const { children } of middling) {
      for (let i = 1; i < children.length; i++) expect(top[children[i]!]!).toBeGreaterThan(bottom[children[i - 1]!]!);
      for (const child of children) expect(row[child]! >= top[child]! && row[child]! <= bottom[child]!).toBe(true);
    }
  });

  it('fits into the drawing, and has its target in sight in the initial view', () => {
    const isInside = ({ x, y }: { x: number; y: number }, { width, height }: Size) => x >= 0 && x <= width && y >= 0 && y <= height;
    const fit = fitView(all.extent, size);
    expect(middling.every(({ id, depth }) => isInside(screenPoint(fit, depth, all.row[id]!), size))).toBe(true);
    for (const panel of [size, { width: 300, height: 260 }]) {
      for (const { id, depth } of [middling[0]!, middling[2_500]!, middling.at(-1)!]) {
        const row = all.row[id]!;
        const view = landingView(all.extent, { column: depth, row, top: row - 1, bottom: row + 1 }, panel, all.isBanded);
        expect(isInside(screenPoint(view, depth, row), panel)).toBe(true);
      }
    }
  });
});

describe('the scene of a large tree', () => {
  it('draws 20,000 nodes with fewer than 1,500 parts, and leaves none out', () => {
    const layout = layoutTree(large, { collapsed: new Set() });
    for (const panel of [size, { width: 1900, height: 1000 }]) {
      const view = fitView(layout.extent, panel);
      const scene = sceneOf({ nodes: large, layout, view, size: panel });
      expect(scene.nodes.length + scene.blocks.length).toBeLessThan(1_500);
      expect(scene.nodes.length + scene.blocks.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
    }
  });

  it('gives every block its own rows, and opens a block on zoom', () => {
    const view = fitView(all.extent, size);
    const scene = sceneOf({ nodes: middling, layout: all, view, size });
    const blocks = [...scene.blocks].sort((a, b) => a.top - b.top);
    expect(blocks.length).toBeGreaterThan(10);
    for (let i = 1; i < blocks.length; i++) expect(blocks[i]!.top).toBeGreaterThan(blocks[i - 1]!.bottom);
    const [first] = blocks.toSorted((a, b) => b.count - a.count);
    const column = middling[first!.roots[0]!]!.depth;
    const near = sceneOf({ nodes: middling, layout: all, view: openBlock(first!, view, size, column), size });
    expect(near.blocks.some(({ roots, count }) => roots[0] === first!.roots[0] && count === first!.count)).toBe(false);
  });

  it('draws the path to the selection however small its branches are', () => {
    const path = new Set(rootPath(middling, 4_321));
    const view = fitView(all.extent, size);
    const { nodes } = sceneOf({ nodes: middling, layout: all, view, size, apart: path });
    for (const id of path) expect(nodes).toContain(id);
  });

  it('finds the block at a point, and nothing at an empty point', () => {
    const view = fitView(all.extent, size);
    const scene = sceneOf({ nodes: middling, layout: all, view, size });
    const input = { nodes: middling, layout: all, scene, view };
    const [block] = scene.blocks.toSorted((a, b) => b.count - a.count);
    const at = screenPoint(view, middling[block!.roots[0]!]!.depth, block!.row);
    expect(hitTest(input, at.x + 100, at.y)).toEqual({ id: block!.roots[0], part: 'block' });
    expect(hitTest(input, -500, -500)).toBeNull();
  });
});
