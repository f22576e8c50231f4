import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findImages } from '../../server/files/images.js';
import { readInitializationOptions } from '../../server/lsp/initializationOptions.js';
import { readInEditor } from '../../server/lsp/world.js';
import { defaultSettings, readSettings } from '../../server/protocol/settingsTable.js';
import { defaultCacheFolder } from '../../server/scoring/openScorer.js';

describe('images of a problem', () => {
  let folder: string;
  const uri = (name: string) => pathToFileURL(join(folder, name)).href;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steplens-images-'));
    await mkdir(join(folder, 'data/images'), { recursive: true });
    for (const name of ['data/images/a b.png', 'top.jpg', 'data/secret.txt']) await writeFile(join(folder, name), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are looked for beside the document, above it, in the workspace, and where an absolute path says', async () => {
    const found = await findImages(
      uri('data/tree.json'),
      [uri('data/images')],
      ['images/a b.png', 'top.jpg', 'a b.png', join(folder, 'top.jpg')],
    );
    expect(found).toEqual([uri('data/images/a b.png'), uri('top.jpg'), uri('data/images/a b.png'), uri('top.jpg')]);
  });

  it('are left out when missing, no image, on the network, or without a folder to look in', async () => {
    expect(
      await findImages(
        uri('data/tree.json'),
        [],
        ['b.png', 'secret.txt', 'images', '\\\\host\\a.png', '//host/a.png', 'https://host/a.png', ''],
      ),
    ).toEqual([]);
    expect(await findImages('untitled:Untitled-1', [], ['top.jpg'])).toEqual([]);
    expect(await findImages('untitled:Untitled-1', [uri('')], ['top.jpg'])).toEqual([uri('top.jpg')]);
  });
});

describe('settings from the wire', () => {
  it('have defaults for whatever is missing or wrong', () => {
    for (const nothing of [
      undefined,
      null,
      'x',
      3,
      [],
      { threads: '2', device: 'tpu', threshold: 'high', scoreOnOpen: 'yes', modelPath: 7, labelingRollouts: NaN },
    ]) {
      expect(readSettings(nothing)).toEqual(defaultSettings);
    }
    expect(readSettings({ threshold: 1.5, threads: 2.7, device: 'cpu' })).toEqual({
      ...defaultSettings,
      threshold: 1,
      threads: 2,
      device: 'cpu',
    });
  });

  it('count a workspace as trusted unless the client says otherwise', () => {
    expect(readInitializationOptions(undefined)).toEqual({ isTrusted: true, allowedServers: [], settings: defaultSettings });
    expect(readInitializationOptions({ allowedServers: ['https://a', 3] }).allowedServers).toEqual(['https://a']);
    expect(readInitializationOptions({ isTrusted: false, cacheFolder: '/c', explanations: 'file:///d.md' })).toMatchObject({
      isTrusted: false,
      cacheFolder: '/c',
      explanations: 'file:///d.md',
    });
  });
});

describe('reading in the editor', () => {
  const source = (languageId: string) => ({ uri: 'file:///a', languageId });

  it('claims an empty file only where it must be meant for records', () => {
    for (const language of ['json', 'markdown', 'plaintext']) expect(readInEditor(' \n', source(language))).toBeUndefined();
    expect(readInEditor('', source('jsonl'))?.faults).toMatchObject([{ code: 'empty-file' }]);
  });

  it('reads what a format claims', () => {
    expect(
      readInEditor('{"question":"q","steps_with_score":[{"step":"a","score":1,"num_mc_correct":1,"num_mc_total":1}]}', source('json'))
        ?.problems,
    ).toHaveLength(1);
  });
});

it("scores of the command line are kept in the platform's folder for caches", () => {
  expect(defaultCacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'steplens', 'scores'));
  expect(defaultCacheFolder({ LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'steplens', 'scores'));
  expect(defaultCacheFolder({}, 'darwin')).toContain('Caches');
});
