import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreLines } from '../cli/runner.js';
import { ensureBuilt } from './built.js';

let folder: string;
beforeAll(async () => {
  ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'steplens-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

function steplens(...args: string[]) {
  const child = spawn(process.execPath, ['dist/cli.js', ...args], { env: { ...process.env, XDG_CACHE_HOME: folder } });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const done = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  return { child, done };
}

describe('the bundled steplens command', () => {
  it('scores the samples in the documented JSON format, from the cache the second time', async () => {
    const first = await steplens('score', 'media/samples', '--json', '--device', 'cpu').done;
    expect([first.code, first.err]).toEqual([0, '']);
    const lines = await scoreLines(first.out);
    expect(lines.length).toBeGreaterThan(10);
    const steps = lines.flatMap((line) => line.steps);
    // Rare gibberish of the policy and formulas written by people are outside the bundled model's scope.
    const unscored = steps.filter(({ values }) => values.prm === undefined);
    expect(unscored.every(({ skipped }) => skipped?.startsWith('StepLens mini PRM knows only '))).toBe(true);
    expect(unscored.length / steps.length).toBeLessThan(0.05);
    expect(lines.filter(({ file }) => file.endsWith('formulas.md'))[0]!.steps.every(({ values }) => values.prm === undefined)).toBe(true);
    expect(await steplens('score', 'media/samples', '--json', '--device', 'cpu').done).toEqual(first);
    const table = await steplens('score', 'media/samples', '--device', 'cpu').done;
    expect(table.out).toMatch(/▼ first low/);
    expect(table.out).toMatch(/steps \([\d,]+ from the cache\) in/);
  });

  it('ends with exit code 2 if it can read nothing, and with 130 on Ctrl+C', async () => {
    expect(await steplens('score', join(folder, 'missing.json')).done).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('missing.json: there is no such file') as string,
    });
    const record = (index: number) =>
      JSON.stringify({
        question: `There are ${index % 9} plums in a box. Maya buys 4 boxes, eats 9 plums and shares the rest among 5 friends. How many plums does each get?`,
        steps_with_score: [
          {
            step: `Without the ${index % 1000} broken ones there are ${index % 999} apples.`,
            score: 1,
            num_mc_correct: 1,
            num_mc_total: 1,
          },
        ],
      });
    await writeFile(join(folder, 'many.jsonl'), Array.from({ length: 20_000 }, (_, index) => record(index)).join('\n'));
    const long = steplens('score', join(folder, 'many.jsonl'), '--json', '--no-cache', '--device', 'cpu');
    await once(long.child.stdout, 'data');
    long.child.kill('SIGINT');
    const { code, out } = await long.done;
    expect(code).toBe(130);
    expect((await scoreLines(out)).length).toBeLessThan(20_000);
  });

  it('ends with exit code 0 and no error output when its reader closes the pipe', async () => {
    const { child, done } = steplens('score', join(folder, 'many.jsonl'), '--json', '--no-cache', '--device', 'cpu');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await done).toMatchObject({ code: 0, err: '' });
  });
});
