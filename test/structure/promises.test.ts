import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { figures } from '../hostile/figures.js';

const security = readFileSync('SECURITY.md', 'utf8');
const pages = ['SECURITY.md', 'ARCHITECTURE.md', 'README.md', 'docs/labeling.md'];

/** The rows of a page's table below a heading. */
function rows(heading: string, page = security): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => /^\| (?!---)/.test(line))
    .slice(1);
}

describe('SECURITY.md', () => {
  it('names a test for each promise', () => {
    expect(rows('Promises').length).toBeGreaterThan(20);
    expect(rows('Promises').filter((row) => !/`test\/[\w./]+\.(?:test\.ts|spec\.mjs)` *(?:\||,)/.test(row))).toEqual([]);
  });

  it('quotes sentences of the README with their tests, exactly as they are written there', () => {
    const readme = readFileSync('README.md', 'utf8').replace(/\s+/g, ' ');
    const sentences = security.split(/^## /m).find((part) => part.startsWith('What the README says')) ?? '';
    const quoted = [...sentences.matchAll(/^\| ([^|]+) \| `test\/.*\|$/gm)]
      .map(([, sentence]) => sentence!.trim())
      .filter((one) => !one.startsWith('--'));
    expect(quoted.length).toBeGreaterThan(10);
    expect(quoted.filter((sentence) => !readme.includes(sentence))).toEqual([]);
  });

  it('states the figures of the tests with hostile input', () => {
    const stated = Object.values(figures).map(({ count, what }) => `| ${count.toLocaleString('en-US')} | ${what} |`);
    expect(rows('Figures')).toEqual(stated);
  });
});

it('every promise in docs/labeling.md names its test', () => {
  const promises = rows('What is promised, and its test', readFileSync('docs/labeling.md', 'utf8'));
  expect(promises.length).toBeGreaterThan(20);
  expect(promises.filter((row) => !/`test\/[\w./]+\.test\.ts` *(?:\||,)/.test(row))).toEqual([]);
});

it('every invariant in ARCHITECTURE.md names its test', () => {
  const section = readFileSync('ARCHITECTURE.md', 'utf8').split('## Invariants\n')[1]!.split('\nWhat is promised')[0]!;
  const invariants = section.split(/^- (?=\*\*)/m).slice(1);
  expect(invariants.length).toBeGreaterThan(18);
  expect(invariants.filter((one) => !/`test\/[\w./]+\.(?:test\.ts|spec\.mjs)`/.test(one))).toEqual([]);
});

it.each(pages)('every test file that %s names exists', (page) => {
  const named = [...readFileSync(page, 'utf8').matchAll(/`(test\/[\w./]+\.(?:test\.ts|spec\.mjs))`/g)].map(([, file]) => file!);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((file) => !existsSync(file))).toEqual([]);
});
