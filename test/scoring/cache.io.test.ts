import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScoreCache } from '../../server/scoring/cache.js';

let folder: string;
const warnings: string[] = [];
const open = () => createScoreCache(folder, (message) => warnings.push(message));

beforeEach(async () => {
  warnings.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'scores-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function files(): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const isFile = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).isFile()));
  return names.filter((_, i) => isFile[i]);
}

describe('createScoreCache', () => {
  it('adds scores to a problem, and keeps them across a restart', async () => {
    const cache = open();
    expect((await cache.read('p')).size).toBe(0);
    await cache.write(
      'p',
      new Map([
        ['a', 0.25],
        ['b', 1],
      ]),
    );
    await cache.write(
      'p',
      new Map([
        ['b', 0.5],
        ['c', 0],
      ]),
    );
    await cache.write('other', new Map([['a', 0.75]]));
    for (const again of [cache, open()]) {
      expect(Object.fromEntries(await again.read('p'))).toEqual({ a: 0.25, b: 0.5, c: 0 });
      expect(Object.fromEntries(await again.read('other'))).toEqual({ a: 0.75 });
    }
    const contents = (await files()).filter((name) => name.startsWith('content'));
    expect(contents, 'the replaced entry leaves nothing behind').toHaveLength(2);
  });

  it('ignores entries that are damaged, and writes them again', async () => {
    await open().write('p', new Map([['a', 0.25]]));
    for (const name of await files()) if (name.startsWith('content')) await truncate(join(folder, name), 3);
    const cache = open();
    expect((await cache.read('p')).size).toBe(0);
    await cache.write('p', new Map([['a', 0.5]]));
    expect((await open().read('p')).get('a')).toBe(0.5);
    for (const name of await files()) if (name.startsWith('index')) await writeFile(join(folder, name), 'garbage');
    expect((await open().read('p')).size).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('keeps scores in memory without a folder, and warns when the folder cannot be written', async () => {
    const memory = createScoreCache(undefined, () => expect.unreachable());
    await memory.write('p', new Map([['a', 0.25]]));
    expect((await memory.read('p')).get('a')).toBe(0.25);
    const file = join(folder, 'file');
    await writeFile(file, '');
    const broken = createScoreCache(join(file, 'below'), (message) => warnings.push(message));
    await broken.write('p', new Map([['a', 0.25]]));
    expect((await broken.read('p')).get('a')).toBe(0.25);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(join(file, 'below'));
  });

  it('clears memory and disk', async () => {
    const cache = open();
    await cache.write('p', new Map([['a', 0.25]]));
    await cache.clear();
    expect((await cache.read('p')).size).toBe(0);
    expect((await open().read('p')).size).toBe(0);
  });

  it('drops the least recently used problem beyond its limit', async () => {
    const cache = createScoreCache(undefined, () => undefined);
    const many = (prefix: string) => new Map(Array.from({ length: 90_000 }, (_, i) => [`${prefix}${i}`, 0.5]));
    await cache.write('one', many('x'));
    await cache.write('two', many('y'));
    await cache.read('one');
    await cache.write('three', many('z'));
    expect((await cache.read('two')).size).toBe(0);
    expect((await cache.read('one')).size).toBe(90_000);
  });
});

it('the score cache keeps only the problems scored last on disk, up to its limit', async () => {
  for (let i = 0; i < 20; i++) {
    const cache = createScoreCache(folder, (message) => warnings.push(message), 40_000);
    await cache.write(`problem ${i}`, new Map(Array.from({ length: 100 }, (_, step) => [`${'k'.repeat(60)}${i} ${step}`, 0.5])));
    await cache.close();
  }
  const found = [];
  const cache = open();
  for (let i = 0; i < 20; i++) found.push((await cache.read(`problem ${i}`)).size);
  const kept = found.filter((size) => size > 0).length;
  expect(kept).toBeGreaterThan(2);
  expect(kept).toBeLessThan(8);
  expect(found.slice(-kept).every((size) => size === 100)).toBe(true);
  expect(warnings).toEqual([]);
});
