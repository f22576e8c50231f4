import { describe, expect, it } from 'vitest';
import { checkForest, codes, read } from './fixtures.js';

describe('large files', () => {
  it('reads 60 MB, broken at the end', () => {
    const row = `{"question":"q","answer":"1","image_path":"","process":"${'Then we add \\"one\\" and “two”. '.repeat(60)}<prm>","labels":[0.5]}\n`;
    const text = row.repeat(Math.ceil(60e6 / row.length)) + row.slice(0, 90);
    const start = performance.now();
    const document = read(text);
    process.stdout.write(`60 MB in ${Math.round(performance.now() - start)} ms, ${document.problems.length} problems\n`);
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
    ['boxes', `Question: a\n\n${'\\boxed{'.repeat(50_000)}`],
  ])('takes time in proportion to its length: %s', (_, text) => {
    const start = performance.now();
    checkForest(read(text), text);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
