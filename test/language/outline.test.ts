import { describe, expect, it } from 'vitest';
import type { DocumentSymbol } from 'vscode-languageserver-types';
import { documentSymbols, symbolsLimit } from '../../server/language/documentSymbols.js';
import { nodeOfStep, nodePlace, problemView } from '../../server/language/problemView.js';
import { type NodeSketch, scored, sketch } from './fixture.js';

type Outline = [string, ...Outline[]];
const outline = (symbols: readonly DocumentSymbol[]): Outline[] => symbols.map((one) => [one.name, ...outline(one.children ?? [])]);

describe('document symbols', () => {
  it('nest problem, solution and step, with values', () => {
    const document = scored(sketch([{ question: 'How many?', solutions: [['a', 'b'], ['c']] }]), [[0.9, 0.1, NaN]]);
    expect(outline(documentSymbols(document))).toEqual([
      ['Problem 1: How many?', ['Solution 1', ['Step 1 · 0.90'], ['Step 2 · 0.10 ▼ first low']], ['Solution 2', ['Step 1 · –']]],
    ]);
  });

  it('nest the nodes of a tree', () => {
    const tree = { children: [{ steps: ['a', 'b'], children: [{ steps: ['c'] }] }, { steps: ['d'] }] };
    const document = scored(sketch([{ question: 'q', tree }]), [[0.9, 0.8, 0.1, 0.7]]);
    expect(outline(documentSymbols(document))).toEqual([
      ['Problem 1: q', ['Node 1 · 0.80', ['Node 2 · 0.10 ▼ first low']], ['Node 3 · 0.70']],
    ]);
  });

  it('end with a note after 1,000 entries, and are less than 120 levels deep for a very deep tree', () => {
    let deep: NodeSketch = { steps: ['end'] };
    for (let i = 0; i < 600; i++) deep = { steps: [`s${i}`], children: [deep] };
    const shallow = documentSymbols(scored(sketch([{ question: 'q', tree: { children: [deep] } }])));
    let depth = 0;
    for (let at: DocumentSymbol | undefined = shallow[0]; at; at = at.children?.[0]) depth++;
    expect(depth).toBeLessThan(120);
    expect(JSON.stringify(shallow)).toContain('Node 601 ');

    const wide = documentSymbols(scored(sketch([{ question: 'q', solutions: Array.from({ length: 6000 }, () => ['a']) }])));
    expect(wide.at(-1)!.name).toBe('… the outline ends after 1,000 entries');
    expect(JSON.stringify(wide).match(/"selectionRange"/g)).toHaveLength(symbolsLimit + 1);
  });

  it('list every problem of a long file, but solutions and steps only around the visible ones', () => {
    const solutions = Array.from({ length: 16 }, () => ['a', 'b', 'c']);
    const document = scored(sketch(Array.from({ length: 200 }, (_, i) => ({ question: `q${i}`, solutions }))));
    for (const [seen, first] of [
      [undefined, 0],
      [{ from: 100, to: 103 }, 100],
      [{ from: 198, to: 200 }, 198],
    ] as const) {
      const symbols = documentSymbols(document, seen);
      const problems = symbols.slice(0, 200);
      expect(problems.map(({ name }) => name)).toEqual(document.problems.map((_, i) => `Problem ${i + 1}: q${i}`));
      const opened = problems.flatMap(({ children }, i) => (children!.length > 0 ? [i] : []));
      expect(opened).toContain(first);
      expect(opened.length).toBeGreaterThan(10);
      expect(problems[first]!.children).toHaveLength(16);
      expect(symbols[200]!.name).toBe(
        `… steps of problems ${opened[0]! + 1} to ${opened.at(-1)! + 1} only; those elsewhere after an edit there`,
      );
      expect(JSON.stringify(symbols).match(/"selectionRange"/g)!.length).toBeLessThanOrEqual(symbolsLimit + 1);
    }
  });
});

describe('the problem view', () => {
  it('merges the equal prefixes of solutions into one path', () => {
    const document = scored(
      sketch([
        {
          question: 'q',
          answer: '4',
          solutions: [
            ['a', 'b', 'c'],
            ['a', 'b', 'd'],
            ['a', 'x'],
          ],
        },
      ]),
      [[0.9, 0.2, 0.3, 0.9, 0.2, 0.7, 0.9, 0.8]],
    );
    const view = problemView(document, 0, ['file:///w/i.png'])!;
    expect(view).toMatchObject({
      uri: document.uri,
      version: 3,
      problem: 0,
      problemCount: 1,
      titles: ['q'],
      answer: '4',
      images: ['file:///w/i.png'],
      model: 'mini',
      threshold: 0.5,
      isSearchTree: false,
    });
    expect(view.nodes.map(({ id, parent, children, depth, value, steps }) => [id, parent, children, depth, value, steps[0]?.text])).toEqual(
      [
        [0, null, [1], 0, null, undefined],
        [1, 0, [2, 5], 1, 0.9, 'a'],
        [2, 1, [3, 4], 2, 0.2, 'b'],
        [3, 2, [], 3, 0.3, 'c'],
        [4, 2, [], 3, 0.7, 'd'],
        [5, 1, [], 2, 0.8, 'x'],
      ],
    );
    expect(view.nodes[2]!.steps[0]).toMatchObject({ low: true, firstLow: true });
    expect(view.nodes[3]!.steps[0]).toMatchObject({ low: true, firstLow: false });
  });

  it('gives the place of a node in the file and the texts on its path (`nodePlace`)', () => {
    const rollouts = [{ correct: false, steps: ['so', 'The answer is 5.'] }];
    const document = scored(
      sketch([{ question: 'q', tree: { children: [{ steps: ['a', 'b'], rollouts, children: [{ steps: ['c'] }] }] } }]),
    );
    const line = (node: number, wanted = {}) => nodePlace(document, 0, node, wanted)?.range.start.line;
    expect(nodePlace(document, 0, 2)).toMatchObject({ steps: [{ index: 2, text: 'c' }], path: ['a', 'b', 'c'], isSearchTree: true });
    const whole = nodePlace(document, 0, 1)!.range;
    expect([whole.start.line, whole.end.line]).toEqual([1, 2]);
    expect([line(1), line(1, { step: 1 }), line(1, { step: 9 }), line(1, { rollout: 0 }), line(1, { rollout: 7 })]).toEqual([
      1, 2, 1, 3, 1,
    ]);
    const { range: root, path } = nodePlace(document, 0, 0)!;
    expect([root.start, path]).toEqual([root.end, []]);
    expect([nodePlace(document, 0, 99), nodePlace(document, 9, 0)]).toEqual([null, null]);
  });

  it('has one node for equal steps of candidates, and finds it from each of them', () => {
    const document = scored(
      sketch([
        {
          question: 'q',
          solutions: [
            ['a', 'b'],
            ['a', 'c'],
          ],
        },
      ]),
    );
    expect([0, 1, 2, 3].map((step) => nodeOfStep(document, 0, step))).toEqual([1, 2, 1, 3]);
    expect([nodeOfStep(document, 0, 9), nodeOfStep(document, 9, 0)]).toEqual([null, null]);
    expect(nodePlace(document, 0, 3)).toMatchObject({ path: ['a', 'c'], isSearchTree: false });
  });

  it('keeps the nodes of a search tree, with what their values are based on', () => {
    const rollouts = [{ correct: false, steps: ['so', 'The answer is 5.'] }];
    const tree = {
      mc: { value: 0.5, correct: 8, total: 16 },
      children: [
        { steps: ['a', 'b'], mc: { value: 0.25, correct: 4, total: 16 }, visits: 3, rollouts },
        { steps: ['c'], mc: { value: 1, assumed: true } },
        { steps: ['d'], mc: { value: 0, correct: 0, total: 1 } },
      ],
    };
    const view = problemView(scored(sketch([{ question: 'q', tree }]), [[0.9, 0.8, 0.3, 0.7]]), 0, [])!;
    expect(view.isSearchTree).toBe(true);
    expect(view.nodes.map(({ value, source, assumed, oneSample }) => [value, source, assumed, oneSample])).toEqual([
      [0.5, 'mc', false, false],
      [0.25, 'mc', false, false],
      [1, 'mc', true, false],
      [0, 'mc', false, true],
    ]);
    expect(view.nodes[1]).toMatchObject({
      parent: 0,
      depth: 1,
      visits: 3,
      rollouts: [{ correct: false, answer: '5', steps: 2, count: 1, distinct: 1 }],
    });
    expect(view.nodes[1]!.interval!.map((bound) => bound.toFixed(2))).toEqual(['0.10', '0.49']);
    expect(view.nodes[1]!.steps.map(({ text, values }) => [text, values.prm])).toEqual([
      ['a', 0.9],
      ['b', 0.8],
    ]);
    expect(view.nodes[2]!.steps[0]).toMatchObject({ firstLow: true });
  });

  it('is null for a problem that does not exist', () => {
    expect(problemView(scored(sketch([])), 0, [])).toBeNull();
  });
});
