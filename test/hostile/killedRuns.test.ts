import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom } from '../../server/reasoning/random.js';
import { done } from './figures.js';
import { labelProgram } from './labelProgram.js';

let root: string;
let program: string;
beforeAll(async () => {
  ({ root, program } = await labelProgram('steplens-kill-'));
});
afterAll(() => rm(root, { recursive: true }));

/** Runs the program and kills it after `after` events. Resolves with the number of events and how the program ended. */
function run(folder: string, after = Infinity): Promise<{ events: number; signal: NodeJS.Signals | null; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let events = 0;
    child.stdout.on('data', (data: Buffer) => {
      events += data.length;
      if (events >= after) process.kill(child.pid!, 'SIGKILL');
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ events, signal, code }));
  });
}

const filesOf = async (folder: string): Promise<Record<string, string>> =>
  Object.fromEntries<string>(
    await Promise.all((await readdir(folder)).sort().map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );

it('each of 20 labeling runs killed with SIGKILL at a random point ends with the files of an unbroken run', async () => {
  const whole = await run(join(root, 'whole'));
  expect(whole).toMatchObject({ signal: null, code: 0 });
  const expected = await filesOf(join(root, 'whole'));
  expect(Object.keys(expected)).toHaveLength(13);
  const random = createRandom(20, 'kill');
  let killed = 0;
  for (let i = 0; i < 20; i++) {
    const folder = join(root, `killed-${i}`);
    const { signal } = await run(folder, 1 + Math.floor(random() * (whole.events - 1)));
    if (signal === 'SIGKILL') killed++;
    expect(await run(folder)).toMatchObject({ signal: null, code: 0 });
    expect(await filesOf(folder)).toEqual(expected);
  }
  done('runKills', killed);
  // A run may finish before the signal arrives.
  expect(killed).toBeGreaterThan(10);
}, 300_000);
