import { describe, expect, it } from 'vitest';
import { codeLens } from '../../server/language/codeLens.js';
import { foldingRanges } from '../../server/language/foldingRanges.js';
import { inlayHints } from '../../server/language/inlayHints.js';
import { lowSteps } from '../../server/language/lowSteps.js';
import { stepAt } from '../../server/language/stepAt.js';
import { scored, sketch } from './fixture.js';

const everything = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };
const two = sketch([
  { question: 'q', images: ['a.png'], solutions: [['aa', 'bb', 'cc'], ['dd']] },
  { question: 'p', solutions: [['e']] },
]);
const low = scored(two, [[0.94, 0.12, 0.3, 0.8], [0.7]]);

describe('inlay hints', () => {
  it('are at the end of every step, and mark low steps in words', () => {
    expect(inlayHints(low, everything).map(({ position, label }) => [position.line, position.character, label])).toEqual([
      [1, 2, '0.94'],
      [2, 2, '0.12 ▼ first low'],
      [3, 2, '0.30 low'],
      [4, 2, '0.80'],
      [6, 1, '0.70'],
    ]);
  });

  it('are at the start of every step if that position is requested', () => {
    const all = inlayHints(low, everything, 'start');
    expect(all.map(({ position, label }) => [position.line, position.character, label]).slice(0, 2)).toEqual([
      [1, 0, '0.94'],
      [2, 0, '0.12 ▼ first low'],
    ]);
    expect(all.every(({ paddingRight }) => paddingRight === true)).toBe(true);
  });

  it('are returned for the requested range only', () => {
    const range = { start: { line: 2, character: 0 }, end: { line: 3, character: 1 } };
    expect(inlayHints(low, range).map(({ label }) => label)).toEqual(['0.12 ▼ first low']);
  });

  it('show a dash where a value is missing, and nothing while no value is known', () => {
    const partly = scored(two, [[0.94, NaN, 0.6, 0.8]], { skipped: new Map([[1, 'too long']]) });
    expect(inlayHints(partly, everything).map(({ label, tooltip }) => [label, tooltip])).toEqual([
      ['0.94', 'PRM · mini · threshold 0.50'],
      ['–', 'Not scored: too long'],
      ['0.60', 'PRM · mini · threshold 0.50'],
      ['0.80', 'PRM · mini · threshold 0.50'],
    ]);
    expect(inlayHints(scored(two), everything)).toEqual([]);
  });
});

describe('code lenses', () => {
  const titles = (document: Parameters<typeof codeLens>[0]) =>
    codeLens(document).map(({ range, command }) => [range.start.line, command!.title]);

  it('show tree, image, low steps and aggregates', () => {
    expect(titles(low)).toEqual([
      [0, 'Reasoning tree'],
      [0, 'Image'],
      [0, '▼ 1 first low step, go to the first'],
      [0, '2 solutions · 4 steps'],
      [1, '▼ step 2 · min 0.12 · mean 0.45 · last 0.30 · product 0.03'],
      [4, 'chosen by every sum · min 0.80 · mean 0.80 · last 0.80 · product 0.80'],
      [5, 'Reasoning tree'],
      [5, '1 step'],
      [6, 'min 0.70 · mean 0.70 · last 0.70 · product 0.70'],
    ]);
  });

  it('pass the right arguments to their commands', () => {
    const lenses = codeLens(low);
    expect(lenses[0]!.command).toMatchObject({ command: 'steplens.openTree', arguments: ['file:///w/a.json', 0] });
    expect(lenses[1]!.command).toMatchObject({ command: 'steplens.showImage', arguments: ['file:///w/a.json', 0] });
    const range = { start: { line: 2, character: 0 }, end: { line: 2, character: 2 } };
    expect(lenses[2]!.command).toMatchObject({ command: 'steplens.goToStep', arguments: ['file:///w/a.json', range] });
    expect(lenses[4]!.command).toMatchObject({ command: 'steplens.goToStep', arguments: ['file:///w/a.json', range] });
  });

  it('are on one line for a search tree, whatever the number of its paths', () => {
    const children = Array.from({ length: 50 }, (_, at) => ({ steps: [`s${at}`] }));
    expect(titles(scored(sketch([{ question: 'q', tree: { children } }]), [children.map((_, at) => (at === 7 ? 0.1 : 0.9))]))).toEqual([
      [0, 'Reasoning tree'],
      [0, '▼ 1 first low step, go to the first'],
      [0, '51 nodes · 50 steps'],
    ]);
  });

  it('show which solutions are right, and which aggregates would choose them', () => {
    const { text, reasoning } = sketch([{ question: 'q', solutions: [['a', 'b'], ['c', 'd'], ['e']] }]);
    const [problem] = reasoning.problems;
    const solutions = problem!.solutions.map((solution, index) => ({ ...solution, correct: index === 0 }));
    const judged = { text, reasoning: { ...reasoning, problems: [{ ...problem!, solutions }] } };
    expect(titles(scored(judged, [[0.6, 0.9, 0.1, 0.95, 0.7]])).slice(3)).toEqual([
      [1, '✓ right · chosen by mean · min 0.60 · mean 0.75 · last 0.90 · product 0.54'],
      [3, '✗ wrong · chosen by last · ▼ step 1 · min 0.10 · mean 0.53 · last 0.95 · product 0.10'],
      [5, '✗ wrong · chosen by min and product · min 0.70 · mean 0.70 · last 0.70 · product 0.70'],
    ]);
  });

  it('offer to score a problem that the model has not scored', () => {
    const one = sketch([{ question: 'q', solutions: [['a']] }]);
    expect(codeLens(scored(one)).map(({ command }) => command)).toContainEqual({
      title: 'Score',
      command: 'steplens.scoreDocument',
      arguments: ['file:///w/a.json'],
    });
    expect(titles(scored(one, [[0.9]])).map(([, title]) => title)).not.toContain('Score');
  });

  it('offer to label problems with a reference answer, all problems of a list at once, and a tree again', () => {
    const list = sketch([{ question: 'q', answer: '1' }, { question: 'no answer' }, { question: 'p', answer: '2' }]);
    expect(titles(scored(list))).toEqual([
      [0, 'Label this problem'],
      [0, 'Label all problems'],
      [2, 'Label this problem'],
    ]);
    expect(codeLens(scored(list)).at(-1)!.command).toMatchObject({ command: 'steplens.labelProblem', arguments: ['file:///w/a.json', 2] });
    const tree = sketch([{ question: 'q', answer: '1', tree: { children: [{ steps: ['s'] }] } }]);
    expect(titles(scored(tree, [[0.9]])).map(([, title]) => title)).toContain('Label again');
  });

  it('name the source of the aggregated values when it is not the model', () => {
    const labeled = sketch([{ question: 'q', solutions: [[{ text: 'a', values: { mc: { value: 0.75 } } }]] }]);
    expect(titles(scored(labeled)).at(-1)).toEqual([1, 'rollouts: min 0.75 · mean 0.75 · last 0.75 · product 0.75']);
  });
});

describe('folding ranges', () => {
  it('cover problems and solutions of several lines', () => {
    expect(foldingRanges(low)).toEqual([
      { startLine: 0, endLine: 4 },
      { startLine: 1, endLine: 3 },
      { startLine: 5, endLine: 6 },
    ]);
  });

  it('cover tree nodes', () => {
    const tree = { children: [{ steps: ['a', 'b'], children: [{ steps: ['c'] }] }, { steps: ['d'] }] };
    expect(foldingRanges(scored(sketch([{ question: 'q', tree }])))).toEqual([
      { startLine: 0, endLine: 4 },
      { startLine: 1, endLine: 4 },
    ]);
  });

  it('cover only the problems of a file with 2,010 solutions', () => {
    const document = (solutions: number) =>
      scored(sketch(Array.from({ length: 10 }, () => ({ question: 'q', solutions: Array.from({ length: solutions }, () => ['a', 'b']) }))));
    expect(foldingRanges(document(200)).length).toBeGreaterThan(1000);
    expect(foldingRanges(document(201))).toHaveLength(10);
  });
});

describe('navigation to steps', () => {
  it('lists the low steps in document order', () => {
    expect(lowSteps(low).map(({ range, value, first }) => [range.start.line, value, first])).toEqual([
      [2, 0.12, true],
      [3, 0.3, false],
    ]);
  });

  it('finds the first low step after steps without a value, and none if no step is low', () => {
    const mc = (text: string, value: number) => ({ text, values: { mc: { value } } });
    const steps = lowSteps(scored(sketch([{ question: 'q', solutions: [[mc('a', 1), 'b', mc('c', 0.2), mc('d', 0)]] }])));
    expect(steps.map(({ value, first }) => [value, first])).toEqual([
      [0.2, true],
      [0, false],
    ]);
    expect(lowSteps(scored(sketch([{ question: 'q', solutions: [['a', mc('b', 1)]] }])))).toEqual([]);
  });

  it('finds problem, solution and step at a position', () => {
    expect(stepAt(low, { line: 3, character: 1 })).toEqual({ problem: 0, solution: 0, step: 2 });
    expect(stepAt(low, { line: 4, character: 2 })).toEqual({ problem: 0, solution: 1, step: 3 });
    expect(stepAt(low, { line: 0, character: 0 })).toEqual({ problem: 0 });
    expect(stepAt(low, { line: 7, character: 0 })).toBeNull();
  });

  it('finds the tree node of a step and of a rollout at a position', () => {
    const rollouts = [{ correct: false, steps: ['wrong way'] }];
    const tree = { children: [{ steps: ['a'], rollouts, children: [{ steps: ['b'] }] }] };
    const document = scored(sketch([{ question: 'q', tree }]));
    expect(stepAt(document, { line: 1, character: 0 })).toEqual({ problem: 0, solution: 0, step: 0, node: 1 });
    expect(stepAt(document, { line: 2, character: 3 })).toMatchObject({ problem: 0, node: 1 });
    expect(stepAt(document, { line: 3, character: 0 })).toEqual({ problem: 0, solution: 0, step: 1, node: 2 });
  });
});
