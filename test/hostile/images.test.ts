import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findImages, imagePlace, problemImages } from '../../server/files/images.js';
import { ImageError } from '../../server/models/images/imageFile.js';
import { done } from './figures.js';

const heads = {
  png: '\x89PNG\r\n\x1a\n',
  jpg: '\xff\xd8\xff\xe0',
  gif: 'GIF89a',
  webp: 'RIFF\x04\0\0\0WEBP',
  bmp: 'BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0',
} as const;

let top: string;
/** The workspace, whose document is `data/tree.json`. */
let workspace: string;
const at = (...names: string[]) => join(workspace, ...names);
const uri = (...names: string[]) => pathToFileURL(at(...names)).href;

beforeAll(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'images-')));
  workspace = join(top, 'workspace');
  await mkdir(at('data', 'figures'), { recursive: true });
  await mkdir(join(top, 'outside'));
  const image = async (path: string, head: string = heads.png) => writeFile(path, `${head} and more`, 'latin1');
  for (const [type, head] of Object.entries(heads)) await image(at('data', `a.${type}`), head);
  await image(at('data', 'figures', 'a b.png'));
  await image(at('top.png'));
  await image(at('data', 'named.txt'));
  await image(join(top, 'outside', 'secret.png'));
  await writeFile(at('data', 'secret.png'), 'root:x:0:0:root');
  await symlink(join(top, 'outside', 'secret.png'), at('data', 'link.png'));
  await symlink(join(top, 'outside'), at('data', 'folder'));
  await symlink(at('top.png'), at('data', 'inside.png'));
  await symlink('/proc/self/environ', at('data', 'environ.png'));
  await link(at('top.png'), at('data', 'hard.png'));
  await symlink(at('data', 'link.png'), at('data', 'chain.png'));
  await symlink(at('data', 'loop.png'), at('data', 'loop.png'));
  await symlink('/proc/self/cwd', at('data', 'self'));
  execFileSync('mkfifo', [at('data', 'pipe.png')]);
});
afterAll(() => rm(top, { recursive: true }));

const alone = () => imagePlace(uri('data', 'tree.json'), []);
const inWorkspace = () => imagePlace(uri('data', 'tree.json'), [uri()]);

async function read(name: string, place = inWorkspace()): Promise<string> {
  const [image] = problemImages(place, [name]);
  return (await image!.read()).type;
}

describe('an image is found', () => {
  it('beside the document, above it in the workspace, in the workspace folder, and by an absolute path', async () => {
    const names = [
      'figures/a b.png',
      'top.png',
      'data/a.png',
      at('top.png'),
      uri('top.png'),
      'inside.png',
      'hard.png',
      './figures/../a.png',
    ];
    const found = await findImages(inWorkspace(), names);
    const expected = [
      ['data', 'figures', 'a b.png'],
      ['top.png'],
      ['data', 'a.png'],
      ['top.png'],
      ['top.png'],
      ['top.png'],
      ['data', 'hard.png'],
      ['data', 'a.png'],
    ];
    expect(found).toEqual({ uris: expected.map((path) => uri(...path)), refusals: [] });
    for (const name of names) expect(await read(name)).toBe('image/png');
  });

  it('in another folder that the user named', async () => {
    expect(await read('secret.png', imagePlace(uri('none', 'tree.json'), [join(top, 'outside')]))).toBe('image/png');
    expect(await read('top.png', imagePlace('untitled:Untitled-1', [workspace]))).toBe('image/png');
  });

  it('and its type recognized by its first bytes, whatever its name', async () => {
    for (const type of ['png', 'gif', 'webp', 'bmp']) expect(await read(`a.${type}`)).toBe(`image/${type}`);
    expect([await read('a.jpg'), await read('named.txt')]).toEqual(['image/jpeg', 'image/png']);
  });
});

describe('an image is refused', () => {
  const refused = async (name: string, reason: RegExp, place = inWorkspace()) => {
    const error: unknown = await read(name, place).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ImageError);
    expect((error as Error).message).toMatch(reason);
    const { uris } = await findImages(place, [name]);
    expect(uris).toEqual([]);
    done('images', 1);
  };

  it('outside the folder of the document and the workspace, whatever its path', async () => {
    const outside = join(top, 'outside', 'secret.png');
    const ways = [
      outside,
      pathToFileURL(outside).href,
      '../../outside/secret.png',
      'link.png',
      'folder/secret.png',
      'folder/../outside/secret.png',
    ];
    for (const way of ways) await refused(way, /is outside the folder|was not found/);
    await refused('top.png', /is outside the folder/, alone());
    const { refusals } = await findImages(inWorkspace(), [outside, 'missing.png']);
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toContain('--images DIR');
  });

  it('when it is a system file, a device, a pipe or a folder', async () => {
    for (const path of [
      '/etc/passwd',
      'file:///etc/passwd',
      '/proc/self/environ',
      'environ.png',
      '/dev/zero',
      '/dev/stdin',
      '../../../../../../etc/passwd',
    ])
      await refused(path, /is outside the folder|was not found|is not a regular file/);
    await refused('pipe.png', /is not a regular file/);
    for (const way of [
      'chain.png',
      'loop.png',
      'self/../../../outside/secret.png',
      `figures/${'../'.repeat(400)}etc/passwd`,
      '/dev/fd/0',
      '/proc/self/fd/0',
      '/proc/self/root/etc/passwd',
      '/proc/self/cwd/package.json',
    ])
      await refused(way, /is outside the folder|was not found|is not a regular file/);
    await refused('figures', /is not a regular file/);
  });

  it('when its bytes are not those of an image, even in an allowed folder', async () => {
    await refused('secret.png', /is not a PNG, JPEG, GIF, WebP or BMP file/);
    await refused('/etc/hostname', /is outside the folder/, imagePlace('file:///tree.json', ['/']));
  });

  it('when it is not on this machine, not a path, missing or too large', async () => {
    for (const name of [
      'https://host/a.png',
      'data:text/html,x',
      '\\\\host\\a.png',
      '//host/a.png',
      'file://host/a.png',
      'ftp:a.png',
      'vscode-vfs://x/a.png',
    ])
      await refused(name, /not on this machine, and images are not fetched/);
    await refused('data:image/png;base64,AA', /in the record is not a PNG/);
    for (const name of ['', ' ', 'a\0.png']) await refused(name, /is not a path/);
    await refused('missing.png', /was not found\. Put it beside the file that names it/);
    await refused('top.png', /was not found/, imagePlace('untitled:Untitled-1', []));
    await refused(`x${'y'.repeat(100_000)}`, /was not found/);
    await refused(`data:image/png;base64,${'A'.repeat(50_000_000)}`, /in the record is not a PNG|is too large/);
    await refused(`data:image/png;base64,${Buffer.from(heads.png, 'latin1').toString('base64')}${'A'.repeat(120_000_000)}`, /is too large/);
  });
});
