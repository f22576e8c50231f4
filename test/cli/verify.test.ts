import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './runner.js';

let folder: string;
let pairs: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-verify-'));
  pairs = join(folder, 'pairs.jsonl');
  const lines = [
    { reference: '1/2', answer: '0.5', verdict: 'right' },
    { reference: '1 L', answer: '1000 cm^3', verdict: 'right' },
    { reference: '5', answer: '5!', verdict: 'wrong' },
    { reference: 'Tom', answer: 'Tom Smith', verdict: 'right' },
    { reference: '3', answer: '4', verdict: 'right' },
    { reference: '1, 2', answer: '2, 1', question: 'Name them in ascending order.' },
    { reference: 7, answer: null },
  ];
  await writeFile(pairs, lines.map((line) => JSON.stringify(line)).join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('steplens verify', () => {
  it('prints verdict, method and reason of one pair', async () => {
    expect(await run(['verify', '2^{60}', '1152921504606846976'])).toMatchObject({
      code: 0,
      out: 'right (number): The exact numbers are equal.\n',
      err: '',
    });
    const { out } = await run(['verify', '12 blorps', '12', '--json']);
    expect(JSON.parse(out)).toEqual({ verdict: 'undecided', method: 'unit', reason: '"blorps" may change the value.' });
  });

  it('prints one JSON object per line for each pair, in order', async () => {
    const { code, out } = await run(['verify', '--pairs', pairs, '--json']);
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    const verdicts = lines.map((line) => (JSON.parse(line) as { verdict: string }).verdict);
    expect(verdicts).toEqual(['right', 'right', 'wrong', 'undecided', 'wrong', 'wrong', 'undecided']);
    expect(JSON.parse(lines[6]!)).toMatchObject({ method: 'not found' });
  });

  it('prints counts, and how many differ from the known verdicts', async () => {
    expect((await run(['verify', '--pairs', pairs])).out).toBe(
      '7 pairs: 2 right, 3 wrong, 2 undecided\n5 with a known verdict: 0 (0.0 %) false accepts, 1 (20.0 %) false rejects, 1 (20.0 %) undecided\n',
    );
  });

  it('names the line that cannot be read, and keeps the other results in their places', async () => {
    const file = join(folder, 'broken.jsonl');
    await writeFile(file, '{"reference":"1","answer":"1"}\n{"reference":\n{"reference":"2","answer":"2"}\n');
    const { code, out, err } = await run(['verify', '--pairs', file, '--json']);
    expect([code, err]).toEqual([2, `steplens: ${file}, line 2: the line is not JSON\n`]);
    expect(out.trim().split('\n')).toHaveLength(3);
  });

  it.each([[['verify']], [['verify', '1']], [['verify', '1', '2', '3']], [['verify', '--pairs', 'none.jsonl']]])(
    'refuses %j',
    async (args) => {
      expect((await run(args)).code).toBe(2);
    },
  );
});
