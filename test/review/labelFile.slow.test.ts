import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../server/reasoning/random.js';
import { appendLabels, readLabelFile } from '../../server/review/labelFile.js';
import type { StepLabel } from '../../server/review/labelRecord.js';

let folder: string;
const label = (id: number, comment = ''): StepLabel => ({
  v: 1,
  id: String(id),
  at: new Date(id).toISOString(),
  by: 'ann',
  source: 'human',
  problem: 'p',
  step: `s${id}`,
  place: { problem: 0, step: id },
  value: 1,
  comment,
  mode: 'every-step',
  blind: false,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-labels-'));
  // A process that appends labels in an endless loop and reports each label that is on the disk.
  const contents = `
    import { appendLabels } from './server/review/labelFile.ts';
    const comment = 'c'.repeat(3000);
    for (let id = Number(process.argv[3]); ; id++) {
      await appendLabels(process.argv[2], [{ ...${JSON.stringify(label(0))}, id: String(id), comment }]);
      process.send(id);
    }`;
  await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'writer.mjs'),
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a process that appends labels from `first` on, and kills it after `reports` reports. Returns the last one. */
async function killedWriter(file: string, first: number, reports: number): Promise<number> {
  const child = fork(join(folder, 'writer.mjs'), [file, String(first)]);
  let last = first - 1;
  await new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('message', (id: number) => {
      last = id;
      if (id - first + 1 >= reports) child.kill('SIGKILL');
    });
  });
  return last;
}

describe('a label log on disk', () => {
  it('has every label that was reported as written before kill -9, at 50 random points', async () => {
    const file = join(folder, 'killed.jsonl');
    const random = createRandom(5, 'kill');
    let acknowledged = 0;
    let first = 0;
    for (let kill = 0; kill < 50; kill++) {
      const last = await killedWriter(file, first, 1 + Math.floor(random() * 6));
      acknowledged += last - first + 1;
      first = last + 1000;
    }
    const { records, faults } = await readLabelFile(file);
    expect(records.length).toBeGreaterThanOrEqual(acknowledged);
    // The file may also have a label that was written but not reported. A torn label is one faulty line.
    expect(records.length + faults.length).toBeLessThanOrEqual(acknowledged + 50);
    process.stdout.write(`  50 kills: ${acknowledged} labels reported, ${records.length} read, ${faults.length} torn lines\n`);
  }, 300_000);

  it('continues after a torn last line without losing the next label', async () => {
    const file = join(folder, 'torn.jsonl');
    await appendLabels(file, [label(1)]);
    const whole = await readFile(file, 'utf8');
    await writeFile(file, whole + whole.slice(0, 40));
    await appendLabels(file, [label(2), label(3)]);
    const { records, faults } = await readLabelFile(file);
    expect(records.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(faults).toHaveLength(1);
  });

  it('does not mix the lines of 40 concurrent writes', async () => {
    const file = join(folder, 'both.jsonl');
    await Promise.all(Array.from({ length: 40 }, (_, i) => appendLabels(file, [label(i, 'x'.repeat(20_000))])));
    const { records, faults } = await readLabelFile(file);
    expect(faults).toEqual([]);
    expect(records).toHaveLength(40);
  });

  it('is empty if there is no file, and reports why a folder cannot be read', async () => {
    expect(await readLabelFile(join(folder, 'none.jsonl'))).toEqual({ records: [], faults: [] });
    await expect(readLabelFile(folder)).rejects.toThrow('is not a regular file');
  });
});
