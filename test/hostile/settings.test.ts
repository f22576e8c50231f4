import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { readInitializationOptions } from '../../server/lsp/initializationOptions.js';
import {
  defaultSettings,
  readConfiguration,
  readSettings,
  type Setting,
  settingsTable,
  untrustedSettings,
  withResource,
} from '../../server/protocol/settingsTable.js';
import { done } from './figures.js';

/** Values that a workspace can write for any setting. */
const values: readonly unknown[] = [
  ...[null, true, false, '', ' ', 'x', 'x'.repeat(1_000_000), '__proto__', -1, 0, 0.5, 1e308, -1e308, Number.NaN, Number.POSITIVE_INFINITY],
  ...[[], [null], [[]], ['/'], {}, { length: 1e9 }, JSON.parse('{"__proto__":{"isTrusted":true}}') as unknown, '../../..', '/dev/zero'],
];

const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  contributes: { configuration: { properties: Record<string, object> } | { properties: Record<string, object> }[] };
};
const properties = Object.assign({}, ...[contributes.configuration].flat().map((one) => one.properties)) as Record<string, object>;

it.each(Object.entries<Setting<unknown>>(settingsTable))('setting %s matches its schema, whatever a workspace sets', (name, setting) => {
  const validate = new Ajv({ strict: false }).compile(properties[`steplens.${setting.id}`]!);
  for (const value of values) {
    const read = [
      readSettings({ [name]: value }),
      readConfiguration((id) => (id === setting.id ? value : undefined)),
      readInitializationOptions({ settings: { [name]: value } }).settings,
      withResource(defaultSettings, { [setting.id.split('.')[0]!]: { [setting.id.split('.')[1] ?? '']: value } }),
    ];
    for (const settings of read)
      expect(validate(settings[name as keyof typeof settings]), `${name}: ${String(value).slice(0, 40)}`).toBe(true);
    // An untrusted workspace cannot choose a model, a server, a folder or a command.
    if (setting.isRestricted) expect(untrustedSettings(read[0]!)[name as keyof typeof defaultSettings]).toEqual(setting.default);
    done('settings', 1);
  }
  expect(({} as { isTrusted?: boolean }).isTrusted).toBeUndefined();
});
