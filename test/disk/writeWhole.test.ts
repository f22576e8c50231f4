import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSameFile, isUnfinished, WriteError, writeWhole } from '../../server/disk/writeWhole.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (...names: string[]): string => join(folder, ...names);

describe('the atomic file writer `writeWhole`', () => {
  it('replaces the old file, keeps its mode, and leaves no other file behind', async () => {
    await writeFile(at('a.json'), 'old', { mode: 0o640 });
    await writeWhole(at('a.json'), 'new');
    expect([await readFile(at('a.json'), 'utf8'), (await stat(at('a.json'))).mode & 0o777]).toEqual(['new', 0o640]);
    await writeWhole(at('b.bin'), Uint8Array.of(1, 2));
    expect([...(await readFile(at('b.bin')))]).toEqual([1, 2]);
    expect((await readdir(folder)).sort()).toEqual(['a.json', 'b.bin']);
  });

  it('keeps the old file when the new content cannot be written completely', async () => {
    await writeFile(at('a.json'), 'old');
    const torn = async (file: { writeFile(text: string): Promise<void> }): Promise<void> => {
      await file.writeFile('half of the new');
      throw new Error('No space left on device.');
    };
    await expect(writeWhole(at('a.json'), torn)).rejects.toThrow('No space left');
    expect(await readFile(at('a.json'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it('gives the temporary file of every attempt its own name, which is recognized as unfinished', async () => {
    const seen: string[] = [];
    for (let i = 0; i < 20; i++)
      await writeWhole(at('a.json'), async () => {
        seen.push(...(await readdir(folder)).filter((name) => name !== 'a.json'));
      });
    expect(new Set(seen).size).toBe(20);
    expect(seen.every(isUnfinished)).toBe(true);
    for (const name of ['a.json', 'a.unfinished', 'a.json.tmp', 'a.0123456789abcde.unfinished']) expect(isUnfinished(name)).toBe(false);
  });

  it('does not follow a symbolic link at the file name or at that name with .tmp', async () => {
    await writeFile(at('victim'), 'precious');
    await symlink(at('victim'), at('a.json'));
    await symlink(at('victim'), at('a.json.tmp'));
    await writeWhole(at('a.json'), 'mine');
    expect([await readFile(at('victim'), 'utf8'), await readFile(at('a.json'), 'utf8')]).toEqual(['precious', 'mine']);
  });

  it('refuses a file whose real path is outside the folder it must be in', async () => {
    await mkdir(at('workspace'));
    await mkdir(at('outside'));
    await symlink(at('outside'), at('workspace', 'runs'));
    const within = at('workspace');
    for (const path of [at('workspace', 'runs', 'a.json'), at('outside', 'a.json'), at('workspace', '..', 'a.json')])
      await expect(writeWhole(path, 'x', { within })).rejects.toThrow(WriteError);
    await writeWhole(at('workspace', 'a.json'), 'x', { within });
    expect((await readdir(folder)).sort()).toEqual(['outside', 'workspace']);
    expect(await readdir(at('outside'))).toEqual([]);
  });

  it('refuses to write to anything but a regular file', async () => {
    await mkdir(at('folder'));
    await expect(writeWhole(at('folder'), 'x')).rejects.toThrow('is not a regular file');
    await expect(writeWhole('/dev/null', 'x')).rejects.toThrow('is not a regular file');
  });
});

it('`isSameFile` recognizes a file by any name, and returns false for a missing file', async () => {
  await writeFile(at('a'), '');
  await writeFile(at('b'), '');
  await symlink(at('a'), at('symbolic'));
  await link(at('a'), at('hard'));
  for (const name of ['a', 'symbolic', 'hard', '../' + folder.split('/').pop()! + '/a'])
    expect(await isSameFile(at('a'), at(name))).toBe(true);
  for (const name of ['b', 'missing']) expect(await isSameFile(at('a'), at(name))).toBe(false);
  expect(await isSameFile(at('missing'), at('missing'))).toBe(false);
});
