import { describe, expect, it } from 'vitest';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import {
  defaultSettings,
  extensionSettings,
  readSettings,
  type Setting,
  settingsTable,
  untrustedSettings,
  withResource,
} from '../../server/protocol/settingsTable.js';
import { readManifest } from './manifest.js';

type Property = Readonly<Record<string, unknown>> & { readonly markdownDescription: string; readonly order: number };
interface Manifest {
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: { readonly configuration: { readonly properties: Readonly<Record<string, Property>> } };
}

const { capabilities, contributes } = readManifest<Manifest>();
const { properties } = contributes.configuration;
const table: [name: string, setting: Setting<unknown>][] = Object.entries({ ...settingsTable, ...extensionSettings });

describe('the table of settings', () => {
  it('has the ids, types, ranges, defaults, scopes and order of the manifest', () => {
    const prose = new Set(['markdownDescription', 'markdownEnumDescriptions', 'order']);
    const described = Object.entries(properties).map(([id, property]) => [
      id,
      Object.fromEntries(Object.entries(property).filter(([key]) => !prose.has(key))),
    ]);
    expect(described).toEqual(
      table.map(([, { id, schema, default: value, scope }]) => [`steplens.${id}`, { ...schema, default: value, scope }]),
    );
    const orders = Object.values(properties).map(({ order }) => order);
    expect(orders).toEqual([...new Set(orders)].sort((a, b) => a - b));
    for (const [id, { markdownDescription }] of Object.entries(properties)) expect(markdownDescription.length, id).toBeGreaterThan(60);
  });

  it('restricts the same settings in an untrusted workspace as the manifest', () => {
    const restricted = table.filter(([, { isRestricted }]) => isRestricted).map(([, { id }]) => `steplens.${id}`);
    expect([...capabilities.untrustedWorkspaces.restrictedConfigurations].sort()).toEqual(restricted.sort());
    const chosen = { ...defaultSettings, modelPath: '/m', labelingJudge: 'http://x', labelingFolder: '/f', threshold: 0.3 };
    expect(untrustedSettings(chosen)).toEqual({ ...defaultSettings, threshold: 0.3 });
  });

  it('has the same defaults for labeling as the command line', () => {
    const { rollouts, searches, budget } = defaultLabelSettings.mcts;
    const { labelingRollouts, labelingSearches, labelingBudget } = defaultSettings;
    expect([labelingRollouts, labelingSearches, labelingBudget]).toEqual([rollouts, searches, budget]);
    expect(defaultLabelSettings['monte-carlo'].continuations).toBe(labelingRollouts);
  });

  it('clamps every number to its range, and uses the default for anything that is not a number', () => {
    for (const [name, { schema, default: value, read }] of table) {
      const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
      if (minimum === undefined || maximum === undefined) continue;
      expect([read(-1e9), read(1e9), read(minimum), read(maximum)], name).toEqual([minimum, maximum, minimum, maximum]);
      for (const wrong of [NaN, Infinity, '3', {}, [], true, undefined]) expect(read(wrong), name).toBe(value);
    }
    expect(readSettings({ threads: 2.7, threshold: 1.5, labelingRollouts: 0 })).toEqual({
      ...defaultSettings,
      threads: 2,
      threshold: 1,
      labelingRollouts: 1,
    });
  });

  it('uses only settings with resource scope from a resource', () => {
    const section = { device: 'cpu', labeling: { method: 'monte-carlo', rollouts: 4, policy: 'http://evil', budget: 1e9 } };
    expect(withResource(defaultSettings, section)).toEqual({
      ...defaultSettings,
      labelingMethod: 'monte-carlo',
      labelingRollouts: 4,
      labelingBudget: 1_000_000,
    });
    for (const nothing of [null, undefined, 'x', [], {}, { labeling: null }, { labeling: { rollouts: null } }])
      expect(withResource(defaultSettings, nothing)).toEqual(defaultSettings);
  });
});
