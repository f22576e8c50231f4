import { describe, expect, it } from 'vitest';
import { mathSegments } from '../../webview/shared/mathSegments.js';
import { formatValue, valueBin } from '../../webview/shared/valueScale.js';
import { firstWords, plainText } from '../../webview/shared/words.js';
import { keyIntent, neighbour } from '../../webview/tree/interact/keyboard.js';
import { markOutline, markShape } from '../../webview/tree/layout/marks.js';
import { matchNodes } from '../../webview/tree/model/matchNodes.js';
import { distinctRollouts } from '../../webview/tree/model/rollouts.js';
import { findNodes } from '../../webview/tree/model/search.js';
import { buildTreeModel, landingNode } from '../../webview/tree/model/treeModel.js';
import { makeView } from './trees.js';

const view = makeView({ nodes: 60 });
const model = buildTreeModel(view);

describe('buildTreeModel', () => {
  it('reads every node once, a parent before its children, subtrees in one run', () => {
    expect([...model.order].sort((a, b) => a - b)).toEqual(view.nodes.map((node) => node.id));
    for (const node of view.nodes) {
      const from = model.rank[node.id]!;
      const inside = [...model.order.subarray(from, from + model.subtreeSize[node.id]!)];
      for (const id of inside.slice(1)) expect(inside).toContain(view.nodes[id]!.parent);
    }
  });

  it('shares add up: the root has all, a node at least what its children have', () => {
    expect(model.share[0]).toBeCloseTo(1);
    for (const node of view.nodes) {
      expect(model.share[node.id]! + 1e-9).toBeGreaterThanOrEqual(node.children.reduce((sum, id) => sum + model.share[id]!, 0));
    }
  });

  it('counts solutions where there are no rollouts', () => {
    const trie = buildTreeModel(makeView({ nodes: 30, isSearchTree: false }));
    expect(trie.sizeMeaning).toBe('share');
    expect(trie.share[0]).toBeCloseTo(1);
    expect(Math.min(...trie.share)).toBeGreaterThan(0);
  });

  it('lands on the first low step in reading order', () => {
    const landing = landingNode(model)!;
    expect(model.firstLow.has(landing)).toBe(true);
    for (const id of model.firstLow) expect(model.rank[id]!).toBeGreaterThanOrEqual(model.rank[landing]!);
  });

  it('lands on the root when nothing is low, and nowhere in an empty view', () => {
    expect(landingNode(buildTreeModel(makeView({ nodes: 10, hasValues: false, isSearchTree: false })))).toBe(0);
    expect(landingNode(buildTreeModel({ ...view, nodes: [] }))).toBeNull();
  });

  it('takes 20,000 nodes in well under a second', () => {
    const large = makeView({ nodes: 20_000 });
    const start = performance.now();
    buildTreeModel(large);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('the values shown', () => {
  const view = makeView({ nodes: 60 });
  const scoreOf = (id: number) => Math.min(...view.nodes[id]!.steps.map((step) => step.values.prm!));

  it('flags a node by the value it is coloured by', () => {
    for (const shown of ['labels', 'model'] as const) {
      const model = buildTreeModel(view, shown);
      const isLow = (id: number) =>
        model.nodes[id]!.steps.length > 0 && model.nodes[id]!.value !== null && model.nodes[id]!.value < view.threshold;
      expect([...model.low].sort((a, b) => a - b)).toEqual(view.nodes.map(({ id }) => id).filter(isLow));
      for (const id of model.firstLow) {
        for (let at = view.nodes[id]!.parent; at !== null; at = view.nodes[at]!.parent) expect(isLow(at)).toBe(false);
      }
      for (const id of model.low) expect([...model.firstLow].some((first) => first === id || isBelow(id, first))).toBe(true);
    }
  });

  const isBelow = (id: number, above: number): boolean => {
    for (let at = view.nodes[id]!.parent; at !== null; at = view.nodes[at]!.parent) if (at === above) return true;
    return false;
  };

  it("are the labels first; the model gives the score of a node's weakest step", () => {
    const labels = buildTreeModel(view);
    const scores = buildTreeModel(view, 'model');
    expect(labels.hasChoice).toBe(true);
    expect(labels.nodes.some((node) => node.source === 'mc')).toBe(true);
    for (const node of scores.nodes) if (node.steps.length > 0) expect([node.value, node.source]).toEqual([scoreOf(node.id), 'prm']);
  });

  it('leave no choice where only one source is there', () => {
    const trie = buildTreeModel(makeView({ nodes: 20, isSearchTree: false }), 'model');
    expect(trie.hasChoice).toBe(false);
    expect(trie.nodes.some((node) => node.source === 'prm')).toBe(true);
  });
});

describe('valueBin', () => {
  it('switches hue exactly at the threshold, wherever it is', () => {
    for (const threshold of [0.1, 0.5, 0.7, 1]) {
      expect(valueBin(threshold, threshold)).toBeGreaterThanOrEqual(5);
      expect(valueBin(threshold - 1e-6, threshold)).toBe(4);
      expect(valueBin(0, threshold)).toBe(0);
    }
    expect(valueBin(1, 0.5)).toBe(9);
    expect(valueBin(0, 0)).toBe(5);
  });

  it('has no colour for a missing value', () => {
    for (const missing of [null, undefined, NaN]) {
      expect(valueBin(missing, 0.5)).toBeUndefined();
      expect(formatValue(missing)).toBe('–');
    }
  });
});

describe('marks', () => {
  it('tell low, missing, assumed and one-sample apart without colour', () => {
    expect(markShape({ value: 0.2 }, 0.5)).toBe('low');
    expect(markShape({ value: 0.5 }, 0.5)).toBe('ok');
    expect(markShape({ value: null }, 0.5)).toBe('missing');
    expect(markOutline({ assumed: true, oneSample: true })).toBe('assumed');
    expect(markOutline({ assumed: false, oneSample: true })).toBe('one-sample');
  });
});

describe('words', () => {
  it('reduces LaTeX and Markdown to what can be skimmed', () => {
    expect(plainText('So $\\frac{3}{4} \\times 8 = \\boxed{6}$, **done** \\%')).toBe('So 3/4 × 8 = 6, done %');
    expect(plainText('a\n\n  b')).toBe('a b');
  });

  it('cuts at a word', () => {
    expect(firstWords('alpha beta gamma delta', 13)).toBe('alpha beta…');
    expect(firstWords('short', 13)).toBe('short');
    expect(firstWords('x'.repeat(100_000), 10)).toBe(`${'x'.repeat(10)}…`);
  });
});

describe('mathSegments', () => {
  const kinds = (text: string) => mathSegments(text).map(({ kind, text: inner }) => `${kind}:${inner}`);

  it('finds all four delimiters', () => {
    expect(kinds('a $x$ b \\(y\\) c $$z$$ d \\[w\\]')).toEqual([
      'text:a ',
      'inline:x',
      'text: b ',
      'inline:y',
      'text: c ',
      'display:z',
      'text: d ',
      'display:w',
    ]);
  });

  it('leaves money, escapes and unclosed delimiters as text', () => {
    for (const text of ['It costs $5 and $10.', 'He pays \\$5$ now', 'open $x + 1', 'open \\[x', '$$', '$ x $']) {
      expect(
        mathSegments(text)
          .map((segment) => segment.text)
          .join(''),
      ).toBe(text);
      expect(mathSegments(text).every((segment) => segment.kind === 'text')).toBe(true);
    }
    expect(kinds('They cost $27. Let $f(x)$.')).toEqual(['text:They cost $27. Let ', 'inline:f(x)', 'text:.']);
  });

  it('loses no character outside delimiters, and ends on hostile input', () => {
    const hostile = '$'.repeat(5_000) + '\\('.repeat(5_000);
    expect(mathSegments(hostile).length).toBeGreaterThan(0);
  });
});

describe('findNodes', () => {
  it('finds by text as written and as read, and by answer, in reading order', () => {
    const written = findNodes(model, '\\frac{3}{4}X');
    const read = findNodes(model, '3/4x');
    expect(written.length).toBeGreaterThan(0);
    expect(read).toEqual(expect.arrayContaining(written));
    expect(written.map((id) => model.rank[id]!)).toEqual(written.map((id) => model.rank[id]!).sort((a, b) => a - b));
    expect(findNodes(model, '4.33').length).toBeGreaterThan(0);
    expect(findNodes(model, '  ')).toEqual([]);
    expect(findNodes(model, 'no such words')).toEqual([]);
  });
});

describe('matchNodes', () => {
  it('follows nodes whose ids shift', () => {
    const next = makeView({ nodes: 60 }).nodes;
    expect([...matchNodes(view.nodes, next)]).toEqual(view.nodes.map((node) => node.id));
    // A new node under the root, first in the file: every other id grows by one.
    const shifted = [
      { ...next[0]!, children: [1, ...next[0]!.children.map((id) => id + 1)] },
      { ...next[1]!, id: 1, parent: 0, children: [], steps: [{ ...next[1]!.steps[0]!, text: 'a new first step' }] },
      ...next.slice(1).map((node) => ({
        ...node,
        id: node.id + 1,
        parent: node.parent === 0 ? 0 : node.parent! + 1,
        children: node.children.map((id) => id + 1),
      })),
    ];
    expect([...matchNodes(view.nodes, shifted)]).toEqual(view.nodes.map((node) => (node.id === 0 ? 0 : node.id + 1)));
  });

  it('takes the one edited child for itself', () => {
    const nodes = view.nodes.map((node) =>
      node.id === view.nodes[0]!.children[0] ? { ...node, steps: node.steps.map((step) => ({ ...step, text: 'edited' })) } : node,
    );
    expect(matchNodes(view.nodes, nodes)[view.nodes[0]!.children[0]!]).toBe(view.nodes[0]!.children[0]);
  });
});

describe('distinctRollouts', () => {
  it('counts copies and keeps the first place', () => {
    const rollout = (text: string, correct = true) => ({ correct, steps: [text], range: view.range });
    const found = distinctRollouts([rollout('a'), rollout('b'), rollout('a'), rollout('a', false)]);
    expect(found.map(({ index, copies }) => [index, copies])).toEqual([
      [0, 2],
      [1, 1],
      [3, 1],
    ]);
  });
});

describe('keyIntent', () => {
  const key = (name: string, more: Partial<Record<'shiftKey' | 'ctrlKey', boolean>> = {}) => ({
    key: name,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    altKey: false,
    ...more,
  });
  const root = model.order[0]!;
  const child = view.nodes[root]!.children[0]!;

  it('walks the tree as the ARIA pattern says', () => {
    const open = { model, selected: root, collapsed: new Set<number>(), replay: null, labeling: null };
    expect(keyIntent(key('ArrowRight'), open)).toEqual({ kind: 'select', id: child });
    expect(keyIntent(key('ArrowLeft'), open)).toEqual({ kind: 'fold', id: root, isFolded: true });
    expect(keyIntent(key('ArrowRight'), { ...open, collapsed: new Set([root]) })).toEqual({ kind: 'fold', id: root, isFolded: false });
    expect(keyIntent(key('ArrowLeft'), { ...open, selected: child, collapsed: new Set([child]) })).toEqual({ kind: 'select', id: root });
    expect(keyIntent(key('ArrowLeft', { shiftKey: true }), { ...open, selected: child })).toEqual({ kind: 'select', id: root });
    expect(keyIntent(key('ArrowDown', { shiftKey: true }), { ...open, selected: child })).toEqual({
      kind: 'select',
      id: view.nodes[root]!.children[1]!,
    });
    expect(keyIntent(key('ArrowUp'), open)).toEqual({ kind: 'none' });
    expect(keyIntent(key('Enter', { ctrlKey: true }), open)).toEqual({ kind: 'reveal', focus: true });
    expect(keyIntent(key('a', { ctrlKey: true }), open)).toBeUndefined();
    expect(keyIntent(key('Tab'), open)).toBeUndefined();
  });

  it('visits exactly the unfolded nodes, down and up again', () => {
    const collapsed = new Set([child]);
    const shown = [...model.order].filter((id) => {
      for (let at = view.nodes[id]!.parent; at !== null; at = view.nodes[at]!.parent) if (collapsed.has(at)) return false;
      return true;
    });
    const walk = (from: number, step: 1 | -1) => {
      const seen = [from];
      for (let at = neighbour(model, from, collapsed, step); at !== undefined; at = neighbour(model, at, collapsed, step)) seen.push(at);
      return seen;
    };
    expect(walk(root, 1)).toEqual(shown);
    expect(walk(shown.at(-1)!, -1)).toEqual([...shown].reverse());
    expect(keyIntent(key('End'), { model, selected: root, collapsed, replay: null, labeling: null })).toEqual({
      kind: 'select',
      id: shown.at(-1),
    });
  });
});
