import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isUnfinished } from '../../server/disk/writeWhole.js';
import { done } from './figures.js';
import { labelProgram } from './labelProgram.js';

/** Number of runs, each with a different amount of free space. */
const levels = 14;

let root: string;
let program: string;
beforeAll(async () => {
  ({ root, program } = await labelProgram('steplens-full-'));
});
afterAll(async () => {
  for (const folder of new Set(mounts)) spawnSync('umount', [folder]);
  await rm(root, { recursive: true });
});

/**
 * Labels into a folder. No file can grow beyond `kilobytes` (RLIMIT_FSIZE, which needs no privileges): a write beyond
 * that fails after a part, as on a full disk.
 */
async function run(folder: string, kilobytes?: number): Promise<{ readonly code: number | null; readonly err: string }> {
  const limit = kilobytes === undefined ? '' : `trap '' XFSZ; ulimit -f ${kilobytes}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$0" "$@"`, process.execPath, program, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, err };
}

const mounts: string[] = [];

/** Mounts an in-memory file system on a folder. Returns whether that worked, because only root can. */
function mount(folder: string, options: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  if (status === 0) mounts.push(folder);
  return status === 0;
}

const filesOf = async (folder: string): Promise<Record<string, string>> =>
  Object.fromEntries<string>(
    await Promise.all((await readdir(folder)).sort().map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const)),
  );

it('a labeling run on a full disk ends with a message, keeps its files, and continues when there is space', async () => {
  expect(await run(join(root, 'whole'))).toMatchObject({ code: 0 });
  const whole = await filesOf(join(root, 'whole'));
  const largest = Math.ceil(Math.max(...Object.values(whole).map((text) => text.length)) / 1024);
  expect(largest).toBeGreaterThan(4);
  for (let level = 0; level < levels; level++) {
    const folder = join(root, `full-${level}`);
    await mkdir(folder);
    // Every second run has its own file system, if this user may mount one.
    const isMounted = level % 2 === 1 && mount(folder, `size=${4 * (level + 1)}k`);
    const { code, err } = await run(folder, isMounted ? undefined : Math.floor((level * largest) / levels));
    expect([level, code]).not.toEqual([level, 0]);
    expect(err).toMatch(/FolderError: .* cannot be read or written \(.*\)\./);
    const left = await filesOf(folder);
    for (const name of Object.keys(left)) {
      expect(isUnfinished(name), name).toBe(false);
      // Every existing file is complete, or is the beginning of a log.
      if (name.endsWith('.events.jsonl')) expect(whole[name]!.startsWith(left[name]!), name).toBe(true);
      else expect(left[name], name).toBe(whole[name]);
    }
    if (isMounted) mount(folder, 'remount,size=64m');
    expect(await run(folder)).toMatchObject({ code: 0 });
    expect(await filesOf(folder)).toEqual(whole);
  }
  done('fullDisk', levels);
});
