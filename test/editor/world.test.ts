import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInitializationOptions } from '../../server/lsp/initializationOptions.js';
import { readInEditor } from '../../server/lsp/world.js';
import { defaultSettings, readSettings } from '../../server/protocol/settingsTable.js';
import { defaultCacheFolder } from '../../server/scoring/openScorer.js';

describe('settings from the client', () => {
  it('use the default for each missing or wrong value', () => {
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

  it('treat a workspace as trusted unless the client says otherwise', () => {
    expect(readInitializationOptions(undefined)).toEqual({
      isTrusted: true,
      allowedServers: [],
      allowedLabelingServers: [],
      settings: defaultSettings,
    });
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

  it('reports an empty file only if its language is JSON Lines', () => {
    for (const language of ['json', 'markdown', 'plaintext']) expect(readInEditor(' \n', source(language))).toBeUndefined();
    expect(readInEditor('', source('jsonl'))?.faults).toMatchObject([{ code: 'empty-file' }]);
  });

  it('reads a record that a format recognizes', () => {
    expect(
      readInEditor('{"question":"q","steps_with_score":[{"step":"a","score":1,"num_mc_correct":1,"num_mc_total":1}]}', source('json'))
        ?.problems,
    ).toHaveLength(1);
  });
});

it('`defaultCacheFolder` is in the cache folder of the platform', () => {
  expect(defaultCacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'steplens', 'scores'));
  expect(defaultCacheFolder({ LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'steplens', 'scores'));
  expect(defaultCacheFolder({}, 'darwin')).toContain('Caches');
});
