import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The literals that the extension translates, with where they are. */
function translated(): Map<string, string> {
  const found = new Map<string, string>();
  const files = readdirSync('extension', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files) {
    const source = readFileSync(join('extension', file), 'utf8');
    for (const [, single, double] of source.matchAll(/l10n\.t\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g))
      found.set((single ?? double!).replace(/\\(.)/g, '$1'), file);
    // A text that is put together at run time is found in no bundle.
    expect(source, file).not.toMatch(/l10n\.t\(\s*`/);
  }
  return found;
}

describe('the messages of the extension', () => {
  const bundle = JSON.parse(readFileSync('l10n/bundle.l10n.zh-cn.json', 'utf8')) as Readonly<Record<string, string>>;

  it('are all in the Chinese bundle, and nothing else is', () => {
    expect(Object.keys(bundle).sort()).toEqual([...translated().keys()].sort());
  });

  it('keep their places for numbers and names in Chinese', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\d\}/g)].map(([place]) => place).sort();
    for (const [message, text] of Object.entries(bundle)) {
      expect(text, message).toMatch(/\p{Script=Han}/u);
      expect(places(text), message).toEqual(places(message));
    }
  });
});
