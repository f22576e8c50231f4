// Over 400 lines: short cases about the model of a tree, which all of them build in the same way.
import { describe, expect, it } from 'vitest';
import { mathSegments } from '../../webview/shared/mathSegments.js';
import { formatValue, valueBin } from '../../webview/shared/valueScale.js';
import { firstWords, plainText } from '../../webview/shared/words.js';
import { keyIntent, neighbor } from '../../webview/tree/interact/keyboard.js';
import { markOutline, markShape } from '../../webview/tree/layout/marks.js';
import { summarize } from '../../webview/tree/model/branches.js';
import { displayOf, NO_DISPLAY, stackWords } from '../../webview/tree/model/display.js';
import { nodeTitle } from '../../webview/tree/model/labels.js';
import { matchNodes } from '../../webview/tree/model/matchNodes.js';
import { distinctRollouts } from '../../webview/tree/model/rollouts.js';
import { findNodes, parseQuery, whyMatches } from '../../webview/tree/model/search.js';
import { buildTreeModel, landingNode } from '../../webview/tree/model/treeModel.js';
import { makeView } from './trees.js';

const view = makeView({ nodes: 60 });
const model = buildTreeModel(view);

describe('the tree model (`buildTreeModel`)', () => {
  it('orders every node once, with each subtree in one run and parents first', () => {
    expect([...model.order].sort((a, b) => a - b)).toEqual(view.nodes.map((node) => node.id));
    for (const node of view.nodes) {
      const from = model.rank[node.id]!;
      const inside = [...model.order.subarray(from, from + model.subtreeSize[node.id]!)];
      for (const id of inside.slice(1)) expect(inside).toContain(view.nodes[id]!.parent);
    }
  });

  it('gives the root the whole share, and each node at least the sum of its children', () => {
    expect(model.share[0]).toBeCloseTo(1);
    for (const node of view.nodes) {
      expect(model.share[node.id]! + 1e-9).toBeGreaterThanOrEqual(node.children.reduce((sum, id) => sum + model.share[id]!, 0));
    }
  });

  it('computes shares from solutions if there are no rollouts', () => {
    const trie = buildTreeModel(makeView({ nodes: 30, isSearchTree: false }));
    expect(trie.sizeMeaning).toBe('share');
    expect(trie.share[0]).toBeCloseTo(1);
    expect(Math.min(...trie.share)).toBeGreaterThan(0);
  });

  it('has the first low step in reading order as its initial node', () => {
    const landing = landingNode(model)!;
    expect(model.firstLow.has(landing)).toBe(true);
    for (const id of model.firstLow) expect(model.rank[id]!).toBeGreaterThanOrEqual(model.rank[landing]!);
  });

  it('has the root as its initial node if nothing is low, and none in an empty view', () => {
    expect(landingNode(buildTreeModel(makeView({ nodes: 10, hasValues: false, isSearchTree: false })))).toBe(0);
    expect(landingNode(buildTreeModel({ ...view, nodes: [] }))).toBeNull();
  });
});

describe('the values shown', () => {
  const view = makeView({ nodes: 60 });
  const scoreOf = (id: number) => Math.min(...view.nodes[id]!.steps.map((step) => step.values.prm!));

  it('flag each node by the value that sets its color', () => {
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

  it('are the labels by default, or the score of the weakest step of each node', () => {
    const labels = buildTreeModel(view);
    const scores = buildTreeModel(view, 'model');
    expect(labels.choices).toEqual(['labels', 'model', 'both', 'rollouts']);
    expect(labels.nodes.some((node) => node.source === 'mc')).toBe(true);
    for (const node of scores.nodes) if (node.steps.length > 0) expect([node.value, node.source]).toEqual([scoreOf(node.id), 'prm']);
  });

  it('leave no choice if there is only one source', () => {
    const trie = buildTreeModel(makeView({ nodes: 20, isSearchTree: false }), 'model');
    expect(trie.choices).toEqual(['labels']);
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

  it('returns no color for a missing value', () => {
    for (const missing of [null, undefined, NaN]) {
      expect(valueBin(missing, 0.5)).toBeUndefined();
      expect(formatValue(missing)).toBe('–');
    }
  });
});

describe('the marks of nodes', () => {
  it('distinguish low, missing, assumed and one-sample nodes without color', () => {
    expect(markShape({ value: 0.2 }, 0.5)).toBe('low');
    expect(markShape({ value: 0.5 }, 0.5)).toBe('ok');
    expect(markShape({ value: null }, 0.5)).toBe('missing');
    expect(markOutline({ assumed: true, oneSample: true })).toBe('assumed');
    expect(markOutline({ assumed: false, oneSample: true })).toBe('one-sample');
  });
});

describe('the short text of a step', () => {
  it('has LaTeX and Markdown reduced to plain text', () => {
    expect(plainText('So $\\frac{3}{4} \\times 8 = \\boxed{6}$, **done** \\%')).toBe('So 3/4 × 8 = 6, done %');
    expect(plainText('a\n\n  b')).toBe('a b');
  });

  it.each([
    ['an angle of $47^\\circ$ or $90^{\\circ}$', 'an angle of 47° or 90°'],
    ['$x^2 + y^{10} = z_1$', 'x² + y¹⁰ = z₁'],
    ['$e^{-x}$ and $2^{a+b}$', 'e^(-x) and 2^(a+b)'],
    ['$\\frac{x+1}{2}$, $\\sqrt{2}$, $\\sqrt{a+b}$', '(x+1)/2, √2, √(a+b)'],
    ['$\\text{area} = 3\\,\\text{cm}^2$', 'area = 3 cm²'],
    ['$\\angle ABC \\perp \\overline{CD}$', '∠ ABC ⊥ CD'],
    ['$\\frac{BC}{\\sin 40^\\circ} = \\frac{\\sqrt{a^{2}+1}}{3}$', 'BC/(sin 40°) = (√(a²+1))/3'],
    ['$\\boxed{\\text{no}}$ and $\\frac{\\frac{1}{2}}{x^{\\circ}}$', 'no and (1/2)/(x°)'],
    ['$\\arctan\\left(\\frac{3}{4}\\right)$ and $\\gcd(a, b)$', 'arctan(3/4) and gcd(a, b)'],
    ['$n \\equiv 3 \\pmod{7}$, $\\binom{n+2}{3}$', 'n ≡ 3 (mod 7), (n+2 over 3)'],
    ['$\\omega \\in \\mathbb{R}$, $\\bigl\\lfloor x \\bigr\\rfloor$', 'ω ∈ R, ⌊ x ⌋'],
    ['$\\constructor$', 'constructor'],
    ['R&D costs \\$5', 'R&D costs $5'],
  ])('shows %s as %s', (latex, plain) => {
    expect(plainText(latex)).toBe(plain);
  });

  it('is cut at the end of a word', () => {
    expect(firstWords('alpha beta gamma delta', 13)).toBe('alpha beta…');
    expect(firstWords('short', 13)).toBe('short');
    expect(firstWords('x'.repeat(100_000), 10)).toBe(`${'x'.repeat(10)}…`);
  });
});

describe('mathSegments', () => {
  const kinds = (text: string) => mathSegments(text).map(({ kind, text: inner }) => `${kind}:${inner}`);

  it('finds math in all four kinds of delimiters', () => {
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

  it('ends on 10,000 unclosed delimiters', () => {
    const hostile = '$'.repeat(5_000) + '\\('.repeat(5_000);
    expect(mathSegments(hostile).length).toBeGreaterThan(0);
  });
});

describe('findNodes', () => {
  it('finds nodes by source text, displayed text and answer, in reading order', () => {
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
  it('matches nodes whose ids have shifted', () => {
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

  it('matches the only edited child with itself', () => {
    const nodes = view.nodes.map((node) =>
      node.id === view.nodes[0]!.children[0] ? { ...node, steps: node.steps.map((step) => ({ ...step, text: 'edited' })) } : node,
    );
    expect(matchNodes(view.nodes, nodes)[view.nodes[0]!.children[0]!]).toBe(view.nodes[0]!.children[0]);
  });
});

describe('distinctRollouts', () => {
  it('counts copies and keeps the index of the first one', () => {
    const rollout = (text: string, correct = true) => ({ correct, steps: [text] });
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
  const rest = { display: NO_DISPLAY, root: null, replay: null, isReplayShown: false, labeling: null };
  const root = model.order[0]!;
  const child = view.nodes[root]!.children[0]!;

  it('moves through the tree as the ARIA tree pattern specifies', () => {
    const open = { model, selected: root, collapsed: new Set<number>(), ...rest };
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
      const state = { collapsed, ...rest };
      for (let at = neighbor(model, from, state, step); at !== undefined; at = neighbor(model, at, state, step)) seen.push(at);
      return seen;
    };
    expect(walk(root, 1)).toEqual(shown);
    expect(walk(shown.at(-1)!, -1)).toEqual([...shown].reverse());
    expect(keyIntent(key('End'), { model, selected: root, collapsed, ...rest })).toEqual({
      kind: 'select',
      id: shown.at(-1),
    });
  });
});

describe('displayOf', () => {
  /** A root with leaves of these texts; `assumed` ones are marked by a star. */
  const fan = (texts: readonly string[]) => {
    const base = makeView({ nodes: 2 });
    const leaf = base.nodes[1]!;
    const leaves = texts.map((text, i) => ({
      ...leaf,
      id: i + 1,
      children: [],
      value: text.startsWith('low') ? 0.1 : 0.9,
      assumed: text.startsWith('*'),
      correct: true,
      steps: [{ ...leaf.steps[0]!, text }],
    }));
    return buildTreeModel({ ...base, nodes: [{ ...base.nodes[0]!, children: leaves.map(({ id }) => id) }, ...leaves] });
  };
  const closed = { stacks: new Set<number>(), hasAssumed: false };

  it('stacks the assumed leaves of a parent, and opens one stack or all', () => {
    const model = fan(['*a', '*b', 'c', '*d']);
    const display = displayOf(model, closed);
    expect([...display.hidden]).toEqual([2, 4]);
    expect(stackWords(model, display.stacks.get(1)!)).toBe('3 assumed right');
    expect(displayOf(model, { ...closed, stacks: new Set([1]) }).hidden.size).toBe(0);
    expect(displayOf(model, { ...closed, hasAssumed: true }).opened.has(1)).toBe(true);
  });

  it('stacks leaves with the same text', () => {
    const model = fan(['a', 'b', 'a', 'a']);
    const display = displayOf(model, closed);
    expect(stackWords(model, display.stacks.get(1)!)).toBe('3 times the same');
    expect([...display.hidden]).toEqual([3, 4]);
  });

  it('stacks the middle of a wide fan-out, but no low step', () => {
    const model = fan(Array.from({ length: 30 }, (_, i) => (i === 20 ? 'low 20' : `text ${i}`)));
    const { stacks, hidden } = displayOf(model, closed);
    expect(hidden.has(21)).toBe(false);
    expect([...stacks.values()].map(({ members }) => members.length)).toEqual([23]);
  });
});

describe('nodeTitle', () => {
  const withSteps = (groups: readonly (readonly string[])[], prm: readonly (readonly number[])[] = []) => {
    const base = makeView({ nodes: 2 });
    const leaf = base.nodes[1]!;
    const leaves = groups.map((texts, i) => ({
      ...leaf,
      id: i + 1,
      children: [],
      steps: texts.map((text, j) => ({ ...leaf.steps[0]!, text, low: false, values: prm[i]?.[j] === undefined ? {} : { prm: prm[i][j] } })),
    }));
    return buildTreeModel({ ...base, nodes: [{ ...base.nodes[0]!, children: leaves.map(({ id }) => id) }, ...leaves] });
  };

  it('leaves out the words that siblings begin with in common', () => {
    const model = withSteps([['The price of one notebook is 3 dollars.'], ['The price of one notebook is 4 dollars.'], ['Let us see.']]);
    expect([1, 2, 3].map((id) => nodeTitle(model, id))).toEqual(['…3 dollars.', '…4 dollars.', 'Let us see.']);
  });

  it('keeps a short common beginning, and texts that are identical', () => {
    const model = withSteps([['So x = 3.'], ['So x = 4.'], ['A step that is twice there.'], ['A step that is twice there.']]);
    expect([1, 2, 3].map((id) => nodeTitle(model, id))).toEqual(['So x = 3.', 'So x = 4.', 'A step that is twice there.']);
  });

  it('shows the step with the lowest score of several', () => {
    const model = withSteps([['First.', 'The wrong one.', 'Last.']], [[0.9, 0.2, 0.6]]);
    expect(nodeTitle(model, 1)).toBe('…The wrong one.');
  });
});

describe('summarize', () => {
  it('counts nodes, colors and first low steps of some subtrees, and finds the worst node', () => {
    for (const roots of [[0], model.nodes[0]!.children]) {
      const below = model.nodes.filter(({ id }) => roots.some((root) => rootPathOf(id).includes(root)));
      const found = summarize(model, roots);
      expect(found.count).toBe(below.length);
      expect(found.bins.reduce((sum, one) => sum + one, found.missing)).toBe(below.length);
      expect(found.flagged).toBe(below.filter(({ id }) => model.flagged.has(id)).length);
      const values = below.flatMap(({ value }) => (value === null ? [] : [value]));
      expect(found.range).toEqual([Math.min(...values), Math.max(...values)]);
      expect(model.nodes[found.worst!]!.value).toBe(Math.min(...values));
    }
  });
  const rootPathOf = (id: number): number[] => {
    const path: number[] = [];
    for (let at: number | null = id; at !== null; at = model.nodes[at]!.parent) path.push(at);
    return path;
  };
});

describe('search queries', () => {
  const ids = (query: string) => findNodes(model, query);

  it('filter by value, visits, rollouts, depth, source and answer, and also by words', () => {
    const by = (test: (node: (typeof model.nodes)[number]) => boolean) => [...model.order].filter((id) => test(model.nodes[id]!));
    expect(ids('value<0.5')).toEqual(by(({ value }) => value !== null && value < 0.5));
    expect(ids('value:0.25..0.5')).toEqual(by(({ value }) => value !== null && value >= 0.25 && value < 0.5));
    expect(ids('visits>10')).toEqual(by(({ visits }) => (visits ?? 0) > 10));
    expect(ids('depth:2')).toEqual(by(({ depth }) => depth === 2));
    expect(ids('source:assumed')).toEqual(by(({ assumed }) => assumed));
    expect(ids('rollouts=0')).toEqual(by(({ rollouts }) => rollouts.length === 0));
    expect(ids('answer:4.33')).toEqual(by(({ rollouts }) => rollouts.some(({ answer }) => answer === '4.33')));
    expect(ids('value<0.5 boxed')).toEqual(ids('boxed').filter((id) => ids('value<0.5').includes(id)));
    expect(ids('value<')).toEqual([]);
  });

  it('explain why a node matches', () => {
    const [first] = ids('discount');
    expect(whyMatches(model, first!, parseQuery('discount'))).toMatch(/^step: .*discount/);
    const [answered] = ids('answer:3');
    expect(whyMatches(model, answered!, parseQuery('answer:3'))).toMatch(/^\d+ rollouts end with 3$/);
  });
});

describe('the comparison of labels and model', () => {
  it('finds the nodes where labels and model disagree', () => {
    const both = buildTreeModel(view, 'both');
    expect(both.disagreements.length).toBeGreaterThan(0);
    for (const { id, value, steps } of both.nodes) {
      const scores = steps.flatMap(({ values }) => values.prm ?? []);
      const differs =
        steps.length > 0 && value !== null && scores.length > 0 && value < view.threshold !== Math.min(...scores) < view.threshold;
      if (both.nodes[id]!.source === 'mc') expect(both.disagreements.includes(id)).toBe(differs);
    }
  });
});
