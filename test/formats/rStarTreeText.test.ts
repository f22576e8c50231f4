import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../server/formats/registry.js';
import { checkForest, read, solutions, treeRecord } from './fixtures.js';

describe('rStar search in a .tree file', () => {
  it('is read with nodes, steps, visits and confidences, each step at its place', () => {
    const document = read(treeRecord, 'plaintext');
    expect(document).toMatchObject({ format: 'rStarTreeText', faults: [] });
    checkForest(document, treeRecord);
    const [problem] = document.problems;
    expect(problem).toMatchObject({ question: 'What is 3 + 4?', answer: '7' });
    expect(treeRecord.slice(problem!.questionSpan!.start, problem!.questionSpan!.end)).toBe('What is 3 + 4?');
    expect(problem!.tree!.nodes.map(({ depth, visits, children }) => [depth, visits, children])).toEqual([
      [0, 2, [1]],
      [1, 1, [2]],
      [2, 1, []],
    ]);
    expect(solutions(problem!)).toEqual([['What do we do?\nA: We add.', 'The answer is 7.']]);
    expect(problem!.steps.map(({ values }) => values.recordedPrm)).toEqual([0.75, 0.9]);
    const [first, last] = problem!.steps.map(({ span }) => treeRecord.slice(span.start, span.end));
    expect([first, last]).toEqual(['What do we do?\n    A: We add.', 'The answer is 7.']);
  });

  it('holds several trees, branches and nodes of one level', () => {
    const twice = `${treeRecord}${treeRecord.replace('3 + 4', '5 + 6').replace('--------[[', '----[[')}`;
    const { problems } = read(twice, 'plaintext');
    expect(problems.map(({ question }) => question)).toEqual(['What is 3 + 4?', 'What is 5 + 6?']);
    expect(solutions(problems[1]!)).toEqual([['What do we do?\nA: We add.'], ['The answer is 7.']]);
  });

  it('is still one, or nothing, when it is cut off anywhere, and no other text is one', () => {
    for (let cut = 0; cut <= treeRecord.length; cut++) {
      const part = treeRecord.slice(0, cut);
      expect(['rStarTreeText', undefined], `cut at ${cut}`).toContain(detectFormat(part, 'plaintext')?.id);
      if (detectFormat(part, 'plaintext')) checkForest(read(part, 'plaintext'), part);
    }
    for (const other of ['[U: Q: x]', '--- [U: Q: 1; N: 2; V: 3] a', 'Notes\n[U: Q: 1.0; N: 2; V: None] a', '- [x] Step 1'])
      expect(detectFormat(other, 'plaintext')).toBeUndefined();
  });
});
