import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { textsOf } from './manifest.js';

interface Visited {
  readonly path: string;
  readonly value: string;
}

/** Every string below a value of the manifest, with its path. */
function strings(value: unknown, path = ''): Visited[] {
  if (typeof value === 'string') return [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => strings(one, `${path}/${key}`));
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly contributes: Record<string, unknown>;
  readonly capabilities: unknown;
};
const all = strings({ contributes: manifest.contributes, capabilities: manifest.capabilities });
const english = textsOf('');
const chinese = textsOf('zh-cn');

/** Where VS Code shows a string to a person. The tools' schemas and model descriptions are read by models. */
const shown =
  /\/(title|shortTitle|description|markdownDescription|markdownEnumDescriptions\/\d+|enumDescriptions\/\d+|contents|displayName|userDescription|altText)$|\/(views|submenus)\/.*\/(name|label)$|\/debuggers\/\d+\/(label|(initialConfigurations\/\d+|configurationSnippets\/\d+\/body)\/name|configurationSnippets\/\d+\/label)$/;
const isForModels = ({ path }: Visited): boolean => path.includes('/languageModelTools/') && path.includes('/inputSchema/');
/** The name is the same in every language. */
const brand = 'StepLens';

describe('the texts of the manifest', () => {
  it('are all in package.nls.json: none is written into the manifest itself', () => {
    const written = all.filter((one) => shown.test(one.path) && !isForModels(one) && one.value !== brand && !/^%.+%$/.test(one.value));
    expect(written).toEqual([]);
  });

  it('are those that the manifest asks for, no more and no fewer, in both languages', () => {
    const asked = [...new Set(strings(manifest).flatMap(({ value }) => /^%(.+)%$/.exec(value)?.[1] ?? []))].sort();
    expect(Object.keys(english).sort()).toEqual(asked);
    expect(Object.keys(chinese).sort()).toEqual(asked);
  });

  it('are Chinese in package.nls.zh-cn.json, with the same links, settings and code as in English', () => {
    const marks = (text: string): string[] => [...text.matchAll(/\(command:[\w.]+\)|`[^`]+`/g)].map(([mark]) => mark).sort();
    for (const [key, text] of Object.entries(chinese)) {
      expect(text, key).toMatch(/\p{Script=Han}/u);
      expect(marks(text), key).toEqual(marks(english[key]!));
      // A sentence that was not translated.
      expect(text.replace(/`[^`]+`|\([^)]*\)/g, ''), key).not.toMatch(/(?:[A-Za-z]{2,} ){4}/);
    }
  });
});
