/** Builds the programs of the hostile suite once for all test files, and prints its figures after the last test. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../lsp/built.js';
import { type Figure, figures, seed } from './figures.js';

const folder = mkdtempSync(join(tmpdir(), 'steplens-figures-'));
const file = join(folder, 'figures.jsonl');

export function setup(): void {
  ensureBuilt();
  writeFileSync(file, '');
  process.env['STEPLENS_FIGURES'] = file;
}

export function teardown(): void {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const notes = lines.map((line) => JSON.parse(line) as { readonly figure: Figure; readonly count: number });
  const sums = Object.entries(figures).map(([figure, { count, what }]) => {
    const sum = notes.filter((note) => note.figure === figure).reduce((total, note) => total + note.count, 0);
    return sum === 0 ? '' : `  ${sum.toLocaleString('en-US').padStart(6)} of ${count.toLocaleString('en-US')} ${what}\n`;
  });
  process.stdout.write(`\nHostile suite, seed ${seed}:\n${sums.join('')}`);
  rmSync(folder, { recursive: true });
}
