import { describe, expect, it } from 'vitest';
import { compareTrees, sameProblem } from '../../server/debug/compareTrees.js';
import { runsPage } from '../../server/debug/comparisonPage.js';
import { readDocument } from '../../server/formats/registry.js';
import type { Problem } from '../../server/reasoning/problem.js';

interface Node {
  readonly step?: string;
  readonly right: number;
  readonly wrong: number;
  readonly children?: readonly Node[];
}

/** A search tree as a run writes it, read from its file. */
function treeOf(root: Node, question = 'How many apples?'): Problem {
  const written = ({ step, right, wrong, children = [] }: Node): unknown => ({
    ...(step !== undefined && { partial_solution: [step] }),
    mc_value: right / (right + wrong),
    num_correct: right,
    num_incorrect: wrong,
    visit_count: 1,
    correct_rollouts: right > 0 ? [['So it is 7.', 'The answer is 7.']] : [],
    incorrect_rollouts: wrong > 0 ? [['The answer is 8.']] : [],
    children: children.map(written),
  });
  const text = JSON.stringify({ question, answer: '7', image_path: '', ...(written(root) as object) });
  return readDocument(text, 'json')!.problems[0]!;
}

const compared = (problem: Problem) => ({ problem, values: [] });

describe('two runs of one problem', () => {
  const first = treeOf({
    right: 8,
    wrong: 8,
    children: [
      { step: '3 + 4 = 7.', right: 14, wrong: 2, children: [{ step: 'Done.', right: 16, wrong: 0 }] },
      { step: '3 * 4 = 12.', right: 0, wrong: 16 },
    ],
  });
  const second = treeOf({
    right: 8,
    wrong: 8,
    children: [
      { step: '3 + 4 = 7.', right: 6, wrong: 10 },
      { step: '4 - 3 = 1.', right: 1, wrong: 15 },
    ],
  });

  it('are matched by the steps up to each node, and the matches are counted', () => {
    const { counts, nodes, answers } = compareTrees(compared(first), compared(second));
    expect(counts).toEqual({ same: 1, changed: 1, onlyFirst: 2, onlySecond: 1 });
    expect(nodes.map(({ prefix, first: one, second: other }) => [prefix.at(-1) ?? '', one?.value, other?.value])).toEqual([
      ['', 0.5, 0.5],
      ['3 + 4 = 7.', 0.875, 0.375],
      ['Done.', 1, undefined],
      ['3 * 4 = 12.', 0, undefined],
      ['4 - 3 = 1.', undefined, 1 / 16],
    ]);
    expect(answers.map(({ answer, first: one, second: other }) => [answer, one, other])).toEqual([
      ['7', 3, 3],
      ['8', 3, 3],
    ]);
  });

  it('give a page that names both files and begins with the largest change', () => {
    const page = runsPage({ first: 'seed_1.json', second: 'seed|2.json' }, compareTrees(compared(first), compared(second)));
    expect(page).toContain('1 have the same in both, 1 another, 2 are only in the first and 1 only in the second.');
    expect(page).toContain('| Steps | Ends with | seed&#95;1.json | seed&#124;2.json | Change |');
    const rows = page
      .split('## ')[1]!
      .split('\n')
      .filter((line) => /^\| \d+ \|.*node \d/.test(line));
    expect(rows[0]).toMatch(/3 &#43; 4 = 7\. \| node 1: 0\.88 \(14\/16\) \| node 1: 0\.38 \(6\/16\) \| -0\.50 \|$/);
    expect(rows).toHaveLength(4);
  });

  it('show a different wording of a step or an answer word by word', () => {
    const run = (step: string, below: string, answer: string) => {
      const tree = treeOf({
        right: 8,
        wrong: 8,
        children: [{ step, right: 8, wrong: 8, children: [{ step: below, right: 0, wrong: 16 }] }],
      });
      return compared({
        ...tree,
        tree: {
          ...tree.tree!,
          nodes: tree.tree!.nodes.map((node) => ({ ...node, rollouts: node.rollouts.map((one) => ({ ...one, steps: [answer] })) })),
        },
      });
    };
    const [one, other] = [
      run('Add 3 | 4 to get <7>.', 'Done.', 'The answer is 7.'),
      run('Add 3 | 4 to get <8>.', 'Finished.', 'The answer is 8.'),
    ];
    const page = runsPage({ first: 'a.json', second: 'b.json' }, compareTrees(one, other));
    expect(page).toContain('Words only in the first are <del>struck through</del>, words only in the second are <ins>underlined</ins>.');
    const rows = page.split('\n').filter((line) => /<del>\d/.test(line));
    expect(rows).toEqual([
      '| 1 | Add 3 &#124; 4 to get &#60;<del>7</del> <ins>8</ins>&#62;. | node 1: 0.50 (8/16) | node 1: 0.50 (8/16) |',
      'The most frequent answer is another one: <del>7</del> <ins>8</ins>.',
    ]);
    // Steps after differing steps have no counterpart and are not shown as added.
    expect(page).not.toContain('<ins>Finished');
  });

  it('shorten common text around a change, and escape all markup', () => {
    const step = (end: string) => `${'The same words again. '.repeat(30)}So <img src=x> is ${end}.`;
    const [one, other] = ['*7*', '`8`'].map((end) =>
      compared(treeOf({ right: 8, wrong: 8, children: [{ step: step(end), right: 8, wrong: 8 }] })),
    );
    const page = runsPage({ first: 'a', second: 'b' }, compareTrees(one!, other!));
    const [row] = page.split('\n').filter((line) => line.startsWith('| 1 | ') && line.includes('<del>'));
    expect(row!.length).toBeLessThan(400);
    expect(row).toContain('…');
    expect(page).not.toMatch(/<img|\*7|`8/);
  });

  it('have no Wording section when only one run has steps, or when steps share few words', () => {
    expect(runsPage({ first: 'a', second: 'b' }, compareTrees(compared(first), compared(treeOf({ right: 8, wrong: 8 }))))).not.toContain(
      '## Wording',
    );
    const other = treeOf({ right: 8, wrong: 8, children: [{ step: 'Nothing alike here at all', right: 1, wrong: 15 }] });
    expect(runsPage({ first: 'a', second: 'b' }, compareTrees(compared(first), compared(other)))).not.toContain('## Wording');
  });

  it('report that nothing differs, or that neither has a value', () => {
    const same = compareTrees(compared(first), compared(first));
    expect(same.counts).toEqual({ same: 4, changed: 0, onlyFirst: 0, onlySecond: 0 });
    expect(runsPage({ first: 'a', second: 'b' }, same)).toContain('All values are the same.');
    const text = JSON.stringify([{ question: 'q', solutions_splits: [['a', 'b']] }]);
    const bare = readDocument(text, 'json')!.problems[0]!;
    expect(runsPage({ first: 'a', second: 'b' }, compareTrees(compared(bare), compared(bare)))).toContain('Neither run has a value.');
  });

  it('can also be candidates with the scores of two models', () => {
    const text = JSON.stringify([
      {
        question: 'q',
        solutions_splits: [
          ['a', 'b'],
          ['a', 'c'],
        ],
        labels: [1, 0],
      },
    ]);
    const problem = readDocument(text, 'json')!.problems[0]!;
    const { nodes } = compareTrees({ problem, values: [0.9, 0.2, 0.9, 0.4] }, { problem, values: [0.9, 0.6, 0.9, undefined] });
    expect(nodes.map(({ prefix, first: one, second: other }) => [prefix.join(), one?.value, other?.value])).toEqual([
      ['a', 0.9, 0.9],
      ['a,b', 0.2, 0.6],
      ['a,c', 0.4, undefined],
    ]);
  });

  it('are found by their question, first at the same index', () => {
    const at = (question: string, index: number): Problem => ({ ...treeOf({ right: 1, wrong: 1 }, question), index });
    const problems = [at('one', 0), at('two', 1), at('one', 2)];
    expect(sameProblem(problems, at('one', 2))).toBe(2);
    expect(sameProblem(problems, at(' two ', 0))).toBe(1);
    expect(sameProblem(problems, at('three', 0))).toBeUndefined();
  });
});
