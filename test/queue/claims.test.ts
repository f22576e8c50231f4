import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { QueueTest, type Worker } from './setup.js';

const test = new QueueTest(false);

/** Returns the claimed problems by the id of the claiming process. */
async function claimsOf(folder: string): Promise<Map<number, string>> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.claim'));
  const found = new Map<number, string>();
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (text !== '') found.set((JSON.parse(text) as { pid: number }).pid, name);
  }
  return found;
}

/** Resolves once each worker has claimed a problem. */
async function allBusy(folder: string, workers: readonly Worker[]): Promise<void> {
  for (;;) {
    const claims = await claimsOf(folder);
    if (workers.every(({ pid }) => claims.has(pid))) return;
    await pause(20);
  }
}

describe('processes that share a folder without a Redis server', () => {
  it('label every problem exactly once, though three of eight are killed', async () => {
    const problems = await test.problems('claims.json', 24);
    expect((await test.label(problems, 'claims-alone').ended).code).toBe(0);
    const asked = test.asked;
    test.slow(true);
    const workers = Array.from({ length: 8 }, () => test.label(problems, 'claims', '--shared'));
    await allBusy(join(test.root, 'claims'), workers.slice(0, 3));
    for (const worker of workers.slice(0, 3)) worker.kill('SIGKILL');
    test.slow(false);
    const ends = await Promise.all(workers.map(({ ended }) => ended));
    expect(ends.map(({ code, err }) => [code, err])).toEqual([
      ...Array<unknown>(3).fill(['SIGKILL', '']),
      ...Array<unknown>(5).fill([0, '']),
    ]);
    expect(await test.files('claims')).toEqual(await test.files('claims-alone'));
    // Only rollouts that a killed worker requested but did not write are requested again: one batch per worker.
    expect(test.asked - 2 * asked).toBeLessThanOrEqual(3 * 4);
    const labeled = ends.slice(3).reduce((sum, { out }) => sum + Number(/^(\d+) problem/.exec(out)![1]), 0);
    expect(labeled).toBeGreaterThanOrEqual(24 - 3);
    expect(labeled).toBeLessThanOrEqual(24);
  });

  it('are started by the --slurm script, even when folder names have special characters', async () => {
    const problems = await test.problems('array.json', 9);
    expect((await test.label(problems, 'array-alone').ended).code).toBe(0);
    const folder = "the array's 100 %";
    const metrics = join(test.root, 'array.prom');
    expect(await test.label(problems, folder, '--slurm', '3', '--metrics', metrics).ended).toMatchObject({ code: 0, err: '' });
    const script = join(test.root, folder, 'label.sbatch');
    // A replacement for Slurm's `srun`, which runs the command that follows its options.
    const bin = join(test.root, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'srun'), '#!/bin/bash\nwhile [[ $1 == --* ]]; do shift; done\nexec "$@"\n', { mode: 0o755 });
    const tasks = Array.from({ length: 3 }, (_, task) =>
      promisify(execFile)('bash', [script], {
        env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, SLURM_ARRAY_TASK_ID: String(task) },
      }),
    );
    const said = await Promise.all(tasks);
    expect(said.map(({ stderr }) => stderr)).toEqual(['', '', '']);
    expect(said.reduce((sum, { stdout }) => sum + Number(/^(\d+) problem/.exec(stdout)![1]), 0)).toBe(9);
    const { 'label.sbatch': text, ...files } = await test.files(folder);
    expect(files).toEqual(await test.files('array-alone'));
    expect(text).toContain(`#SBATCH --output="${join(test.root, folder).replace('%', '%%')}/slurm-%A_%a.log"\n`);
    for (const task of [0, 1, 2]) expect(await readFile(`${metrics}.${task}`, 'utf8')).toContain('steplens_label_running 0');
  });

  it('end on SIGTERM as on Ctrl-C, and another run can then use the folder', async () => {
    const problems = await test.problems('term.json', 4);
    test.slow(true);
    const first = test.label(problems, 'term');
    await allBusy(join(test.root, 'term'), [first]);
    const second = await test.label(problems, 'term').ended;
    expect([second.code, second.err]).toEqual([
      2,
      expect.stringMatching(
        new RegExp(`^steplens: .*term is being labeled by \\S+ on \\S+ \\(process ${first.pid}\\)\\. .*\\n$`),
      ) as string,
    ]);
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 130, err: expect.stringMatching(/^steplens: interrupted after \d/) as string });
    test.slow(false);
    expect((await readdir(join(test.root, 'term'))).filter((name) => /claim|lock|tmp/.test(name))).toEqual([]);
    const killed = test.label(problems, 'term');
    killed.kill('SIGKILL');
    await killed.ended;
    expect((await test.label(problems, 'term').ended).code).toBe(0);
  });
});
