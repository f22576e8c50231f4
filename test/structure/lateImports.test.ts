import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { sourcesIn } from './sources.js';

/** Whether `import` loads a package as CommonJS. A bundle of such a package has only a default export. */
function isCommonJs(name: string): boolean {
  const path = createRequire(import.meta.url)
    .resolve.paths(name)!
    .map((folder) => `${folder}/${name}/package.json`);
  const text = path
    .map((one) => {
      try {
        return readFileSync(one, 'utf8');
      } catch {
        return undefined;
      }
    })
    .find((one) => one !== undefined);
  const { type, exports } = JSON.parse(text!) as { type?: string; exports?: unknown };
  return type !== 'module' && !JSON.stringify(exports ?? '').includes('"import"');
}

it('a dynamic import of a CommonJS package uses its default export, the only one in a bundle', () => {
  const found: string[] = [];
  for (const { file, text } of sourcesIn('server')) {
    for (const [whole, name] of text.matchAll(/\(?await import\('([^'./][^']*)'\)\)?(?:\.default)?/g)) {
      // These are not bundled.
      if (name!.startsWith('node:') || name === 'onnxruntime-node' || name === 'sharp') continue;
      if (isCommonJs(name!) && !whole.endsWith('.default')) found.push(`${file}: ${whole}`);
    }
  }
  expect(found).toEqual([]);
});
