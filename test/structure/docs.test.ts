import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readManifest } from './manifest.js';

interface Setting {
  readonly default: unknown;
  readonly markdownDescription: string;
}
interface Manifest {
  readonly scripts: Record<string, string>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly configuration: { readonly properties: Record<string, Setting> };
  };
}

const read = (file: string): string => readFileSync(file, 'utf8');
const manifest = readManifest<Manifest>();
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('the documentation', () => {
  it('lists the settings and defaults of the manifest in the README', () => {
    const rows = [...read('README.md').matchAll(/^\| `(steplens\.[\w.]+)` \| `(.*?)` \|/gm)].map((row) => [row[1], row[2]]);
    const settings = Object.entries(manifest.contributes.configuration.properties).map(([name, setting]) => [
      name,
      JSON.stringify(setting.default),
    ]);
    expect(rows).toEqual(settings);
  });

  it('names only npm scripts that exist', () => {
    for (const page of pages) {
      for (const [, name] of read(page).matchAll(/npm run ([\w:]+(?:-\w+)*)/g)) expect(manifest.scripts, page).toHaveProperty([name!]);
    }
  });

  it('links only to files that exist', () => {
    for (const page of pages) {
      for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
        expect(existsSync(join(dirname(page), target!)), `${page} -> ${target}`).toBe(true);
      }
    }
  });

  it('names only existing sample files in the README', () => {
    for (const [, file] of read('README.md').matchAll(/`((?:trees|solutions)\/[\w.-]+|candidates\.json)`/g)) {
      expect(existsSync(join('media/samples', file!)), file).toBe(true);
    }
  });
});
