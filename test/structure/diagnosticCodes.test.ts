import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULTS } from '../../server/formats/faults.js';

const page = readFileSync('docs/diagnostics.md', 'utf8');
const source = readFileSync('server/language/diagnostics.ts', 'utf8');
const headings = [...page.matchAll(/^## `([\w-]+)`$/gm)].map((match) => match[1]!);

it('every fault code has a heading in docs/diagnostics.md, with its severity', () => {
  for (const [code, { severity }] of Object.entries(FAULTS)) {
    const section = page.split(`## \`${code}\``)[1];
    expect(section, code).toBeDefined();
    expect(section!.trimStart().toLowerCase(), code).toMatch(new RegExp(`^\\*${severity}`));
  }
});

it('every heading in docs/diagnostics.md is a code that the server can send', () => {
  for (const code of headings) expect(code in FAULTS || source.includes(`'${code}'`), code).toBe(true);
});

it('every code that the server can send has a heading in docs/diagnostics.md', () => {
  const codes = [...source.matchAll(/(?:code: |finding\(document, step, |\badd\(|\? )'([a-z]+(?:-[a-z]+)+)'/g)].map((match) => match[1]!);
  expect(codes.length).toBeGreaterThan(4);
  for (const code of codes) expect(headings, code).toContain(code);
});
