import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInputBlocks } from '../../server/files/inputBlocks.js';
import { readInput } from '../../server/files/inputFiles.js';
import { EXPORT_FORMATS, exportProblems } from '../../server/training/exportFormat.js';
import { run } from './runner.js';

const ROWS = 24_000;
let folder: string;
const at = (name: string): string => join(folder, name);

/** A solution as VisualPRM's pipeline writes it, four per problem. One line in a thousand is damaged. */
function row(i: number): string {
  const steps = Array.from({ length: 6 }, (_, j) => ({
    step: `Step ${j} of solution ${i}: “${'we add the two numbers and get a sum '.repeat(3)}”`,
    score: (i + j) % 7 === 0 ? 0 : 0.5,
    num_mc_correct: (i + j) % 7 === 0 ? 0 : 8,
    num_mc_total: 16,
  }));
  const line = JSON.stringify({ image: '', question: `What is sum number ${Math.floor(i / 4)}?`, answer: '4', steps_with_score: steps });
  return `${i % 1000 === 999 ? line.slice(0, -5) : line}\n`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-large-'));
  const file = createWriteStream(at('rows.jsonl'));
  for (let i = 0; i < ROWS; i++) if (!file.write(row(i))) await once(file, 'drain');
  await new Promise<void>((resolve) => file.end(() => resolve()));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a large JSON Lines file', () => {
  it('has the same problems, faults and lines when read in parts as when read whole', async () => {
    expect((await stat(at('rows.jsonl'))).size).toBeGreaterThan(20 * 2 ** 20);
    const whole = await readInput(at('rows.jsonl'));
    const found: [number, string, number][] = [];
    const faults: [number, string][] = [];
    let parts = 0;
    for await (const { reasoning, lines, linesBefore } of readInputBlocks(at('rows.jsonl'))) {
      parts++;
      for (const { index, question, span, steps } of reasoning.problems)
        found.push([index, `${question} ${steps.map(({ text }) => text).join(' ')}`, lines.position(span.start).line + linesBefore]);
      for (const { span, code } of reasoning.faults) faults.push([lines.position(span.start).line + linesBefore, code]);
    }
    expect(parts).toBeGreaterThan(5);
    expect(found).toEqual(
      whole.reasoning.problems.map(({ index, question, span, steps }) => [
        index,
        `${question} ${steps.map(({ text }) => text).join(' ')}`,
        whole.lines.position(span.start).line,
      ]),
    );
    expect(faults).toEqual(whole.reasoning.faults.map(({ span, code }) => [whole.lines.position(span.start).line, code]));
    expect(faults).toHaveLength(ROWS / 1000);
  });

  it.each(['mm-prm', 'trl'])('gives the same export in parts as whole (%s)', async (to) => {
    const { reasoning } = await readInput(at('rows.jsonl'));
    const expected = exportProblems(reasoning.problems, EXPORT_FORMATS.find(({ id }) => id === to)!, { seed: 1 });
    const { code } = await run(['export', at('rows.jsonl'), '--to', to, '--out', at(`${to}.out`)]);
    expect(code).toBe(2);
    expect(await readFile(at(`${to}.out`), 'utf8')).toBe(expected.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    expect(expected.records.length).toBeGreaterThan(1000);
  });
});
