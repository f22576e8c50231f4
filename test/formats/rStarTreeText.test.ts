import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../server/formats/registry.js';
import { checkForest, read, solutions, treeRecord } from './fixtures.js';

describe('an rStar search in a .tree file', () => {
  it('is read with nodes, steps, visits and confidences, and the exact span of each step', () => {
    const document = read(treeRecord, 'plaintext');
    expect(document).toMatchObject({ format: 'rStarTreeText', faults: [] });
    checkForest(document, treeRecord);
    const [problem] = document.problems;
    expect(problem).toMatchObject({ question: 'What is 3 + 4?', answer: '7' });
    expect(treeRecord.slice(problem!.questionSpan!.start, problem!.questionSpan!.end)).toBe('What is 3 + 4?');
    expect(problem!.tree!.nodes.map(({ depth, visits, children }) => [depth, visits, children])).toEqual([
      [0, 2, [1]],
      [1, 1, [2]],
      [2, 0, []],
    ]);
    expect(solutions(problem!)).toEqual([['What do we do?\nA: We add.', 'The answer is 7.']]);
    expect(problem!.steps.map(({ values }) => values.recordedPrm)).toEqual([0.75, 0.9]);
    const [first, last] = problem!.steps.map(({ span }) => treeRecord.slice(span.start, span.end));
    expect([first, last]).toEqual([`What do we do?\n${' '.repeat(48)}A: We add.`, 'The answer is 7.']);
  });

  it('is read as the code of rStar prints it, with every kind of node', () => {
    // Printed by `print_tree_from_root` of run_src/rstar_utils.py.
    const printed = `[U-0: Q: 2.0; N: 3; V: None; UCT: 666] User: Ann has 3 apples.
She buys 4. How many has she?
                                       Ground truth: 7 apples
----[RU-1: Q: 0; N: 0; V: None; UCT: 999] Reph-User: Given 3 apples and 4 more, how many?
----[SQ-2: Q: 1.12; N: 1; V: 0.76; UCT: 1.41] Q:  How many does she buy?
                                              A: She buys 4.
The answer is 4.
--------[RS-3: Q: 0; N: 0; V: 1.0; UCT: 999] Re-Ans: 4 apples. The answer is 4.
----[TS-4: Q: 0.9; N: 1; V: None; UCT: 1.41] OST: 3 + 4 = 7.
--------[[(T) DA-5: Q: 0.9; N: 1; V: 0.9; UCT: 1.41]] Ans: The answer is 7.

==================================================

`;
    const document = read(printed, 'plaintext');
    checkForest(document, printed);
    const [problem] = document.problems;
    expect(problem).toMatchObject({ question: 'Ann has 3 apples.\nShe buys 4. How many has she?', answer: '7 apples' });
    expect(solutions(problem!)).toEqual([
      ['Given 3 apples and 4 more, how many?'],
      ['How many does she buy?\nA: She buys 4.\nThe answer is 4.', '4 apples. The answer is 4.'],
      ['3 + 4 = 7.', 'The answer is 7.'],
    ]);
    expect(problem!.tree!.nodes.map(({ visits }) => visits)).toEqual([3, 0, 1, 0, 1, 1]);
    expect(problem!.steps.map(({ values }) => values.recordedPrm)).toEqual([undefined, 0.76, 1, undefined, 0.9]);
  });

  it('is read with several trees, and with several nodes on one level', () => {
    const twice = `${treeRecord}${treeRecord.replace('3 + 4', '5 + 6').replace('--------[[', '----[[')}`;
    const { problems } = read(twice, 'plaintext');
    expect(problems.map(({ question }) => question)).toEqual(['What is 3 + 4?', 'What is 5 + 6?']);
    expect(solutions(problems[1]!)).toEqual([['What do we do?\nA: We add.'], ['The answer is 7.']]);
  });

  it('is not taken for another format when it is cut off anywhere, and similar texts are not recognized', () => {
    for (let cut = 0; cut <= treeRecord.length; cut++) {
      const part = treeRecord.slice(0, cut);
      expect(['rStarTreeText', undefined], `cut at ${cut}`).toContain(detectFormat(part, 'plaintext')?.id);
      if (detectFormat(part, 'plaintext')) checkForest(read(part, 'plaintext'), part);
    }
    for (const other of ['[U: Q: x]', '--- [U: Q: 1; N: 2; V: 3] a', 'Notes\n[U: Q: 1.0; N: 2; V: None] a', '- [x] Step 1'])
      expect(detectFormat(other, 'plaintext')).toBeUndefined();
  });
});
