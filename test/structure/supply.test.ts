import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entry {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

it('every package of the lock file is fetched from a registry and checked by its digest', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Readonly<Record<string, Entry>> };
  const entries = Object.entries(packages).filter(([name, { link }]) => name !== '' && link !== true);
  expect(entries.length).toBeGreaterThan(100);
  expect(entries.filter(([, { integrity }]) => !/^sha(?:512|256|1)-[\w+/]+=*$/.test(integrity ?? '')).map(([name]) => name)).toEqual([]);
  expect(entries.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://')).map(([name]) => name)).toEqual(
    [],
  );
});
