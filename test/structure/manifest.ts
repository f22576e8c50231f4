import { readFileSync } from 'node:fs';

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** The texts of a language, by key; `''` = English. */
export function textsOf(language: '' | 'zh-cn'): Readonly<Record<string, string>> {
  return read(`package.nls${language === '' ? '' : `.${language}`}.json`) as Readonly<Record<string, string>>;
}

/** The manifest as VS Code shows it in English: every `%key%` is its text. */
export function readManifest<T>(): T {
  const texts = textsOf('');
  return JSON.parse(readFileSync('package.json', 'utf8'), (_, value: unknown) => {
    const key = typeof value === 'string' ? /^%(.+)%$/.exec(value)?.[1] : undefined;
    return key === undefined ? value : texts[key];
  }) as T;
}
