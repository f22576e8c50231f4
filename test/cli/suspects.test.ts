import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './runner.js';

const node = (text: string, right: number, children: object[] = []): object => ({
  partial_solution: [text],
  mc_value: right / 16,
  visit_count: 1,
  correct_rollouts: Array.from({ length: right }, (_, i) => [`r${i}`]),
  incorrect_rollouts: Array.from({ length: 16 - right }, (_, i) => [`w${i}`]),
  children,
});
/** Two steps, labeled by how many of 16 rollouts are right. */
const tree = (texts: readonly [string, string], rights: readonly [number, number]) => ({
  question: `Question of ${texts[0]}?`,
  answer: '4',
  image_path: '',
  mc_value: 0.5,
  visit_count: 1,
  correct_rollouts: [['x']],
  incorrect_rollouts: [['y']],
  children: [node(texts[0], rights[0], [node(texts[1], rights[1])])],
});

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-suspects-'));
  const plain = Array.from({ length: 20 }, (_, i) => tree([`good ${i}`, i % 2 ? `fine ${i}` : `wrong ${i}`], [14, i % 2 ? 13 : 0]));
  await writeFile(at('run.json'), JSON.stringify([...plain, tree(['good start', 'wrong but lucky'], [14, 1])]));
  await writeFile(at('plain.json'), JSON.stringify(plain));
  await writeFile(at('broken.json'), '{"question": ');
});
afterAll(() => rm(folder, { recursive: true }));

describe('steplens suspects', () => {
  it('lists a label that the model contradicts and rollouts hardly support, with its place and reason', async () => {
    const { code, out } = await run(['suspects', at('run.json')]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^.*run\.json:1: labeled right, but all sources together say \d+ % likely right: wrong but lucky\n1 suspicious label of 42\n$/,
    );
  });

  it('writes one JSON object for a suspicious label with --json', async () => {
    const { code, out } = await run(['suspects', at('run.json'), '--json', '--count', '1']);
    expect(code).toBe(1);
    const line = JSON.parse(out) as { wrong: number };
    expect(line).toMatchObject({ file: at('run.json'), line: 0, problem: 20, text: 'wrong but lucky', label: true });
    expect(line.wrong).toBeGreaterThan(0.5);
  });

  it('finds nothing when all sources agree, with and without a model', async () => {
    expect(await run(['suspects', at('plain.json')])).toMatchObject({ code: 0, out: '0 suspicious labels of 40\n' });
    const alone = await run(['suspects', at('plain.json'), '--no-model']);
    expect(alone).toMatchObject({ code: 0, created: [] });
  });

  it('ranks the readable files, and exits with 2 when a file is broken', async () => {
    const { code, out, err } = await run(['suspects', at('broken.json'), at('run.json')]);
    expect(code).toBe(2);
    expect(out).toContain('wrong but lucky');
    expect(err).toContain('broken.json');
  });

  it.each([[[]], [['none.json', '--count', '0']], [['none.json', '--threshold', '2']]])(
    'refuses %j before it reads a file',
    async (args) => {
      const { code, err } = await run(['suspects', ...args]);
      expect(code).toBe(2);
      expect(err).not.toContain('there is no such file');
    },
  );
});
