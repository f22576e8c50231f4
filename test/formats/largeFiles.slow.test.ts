import { describe, expect, it } from 'vitest';
import { checkForest, codes, read, treeRecord } from './fixtures.js';

describe('the reader of large files', () => {
  it('reads 60 MB with a truncated last line', () => {
    const row = `{"question":"q","answer":"1","image_path":"","process":"${'Then we add \\"one\\" and “two”. '.repeat(60)}<prm>","labels":[0.5]}\n`;
    const text = row.repeat(Math.ceil(60e6 / row.length)) + row.slice(0, 90);
    const document = read(text);
    expect(document.problems.length).toBeGreaterThan(30_000);
    expect(codes(document)).toEqual(['truncated-json']);
  });

  it.each([
    ['brackets', '{"question":"q","mc_value":1,"children":[' + '[]{'.repeat(30_000)],
    ['quotes', '{"question":"q","mc_value":1,"children":[{' + '"a'.repeat(30_000)],
    ['open formulas', `Question: a\n\n${'\\[ x \\begin{aa}\n\n'.repeat(20_000)}`],
    ['open steps', `Question: a\n\n${'<step>\n\nabc'.repeat(20_000)}`],
    ['open steps in a line', `Question: a\n\n${'<step>'.repeat(20_000)}`],
    ['questions', 'Question: a\n\nb\n\nSolution: c\n\n'.repeat(10_000)],
    ['open images', `Question: ${'!['.repeat(20_000)}\n\nb\n\nc`],
    ['blanks', `Question: a\n\nb${' '.repeat(100_000)}</step>${'\t '.repeat(100_000)}c`],
    ['lists', `Question: a\n\n${'1. x\n2. y\n'.repeat(20_000)}`],
    ['loose lists', `Question: a\n\n${Array.from({ length: 20_000 }, (_, i) => `${i + 1}. x\n\ny\n\n`).join('')}`],
    ['bullets', `Question: a\n\n${'- x\n'.repeat(40_000)}`],
    ['thoughts', `Question: a\n\n${'<think>a</think>'.repeat(20_000)}`],
    ['markers in a line', `Question: a\n\n${Array.from({ length: 20_000 }, (_, i) => `Step ${i + 1}: a. `).join('')}`],
    ['marks', `Question: a\n\n${'a ки\n'.repeat(20_000)}`],
    ['front matter without end', `---\n${'a\n'.repeat(100_000)}Step 1: 1 + 1 = 2?\n\nStep 2: b`],
    ['quoted lines', `> Question: a\n${'> '.repeat(50_000)}\n\nStep 1: b`],
    ['a table by column', JSON.stringify({ question: Array(20_000).fill('q'), steps: Array(20_000).fill(['a']) })],
    ['records of others', `${'{"event":"x","time":1}\n'.repeat(50_000)}{"question":"q","steps":["a"]}\n`],
    ['single quotes', "{'question': 'q', 'steps': ['a']}\n".repeat(20_000)],
    [
      'prefixes',
      JSON.stringify({
        question: 'q',
        reasoning_steps: Array.from({ length: 1500 }, (_, i) => ({ solution_prefix: `q\n\n${'a\n\n'.repeat(i)}`, mc_value: 1 })),
      }),
    ],
    ['a .tree file', `${treeRecord}${'----[SQ: Q: 1.0; N: 1; V: 0.5; UCT: 1.0] Q: x\n'.repeat(20_000)}`],
    ['boxes', `Question: a\n\n${'\\boxed{'.repeat(50_000)}`],
  ])('takes less than 10 s of processor time, not quadratic time: %s', (_, text) => {
    // Processor time, which other work on the machine does not change. Quadratic time would be minutes.
    const start = process.cpuUsage();
    checkForest(read(text), text);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(10);
  });
});
