import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';

const folder = 'media/samples';
const page = readFileSync(`${folder}/README.md`, 'utf8');
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'));
const matching = (pattern: string): string[] => {
  const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
  return files.filter((file) => expression.test(file));
};
const read = (file: string, language: string) => readDocument(readFileSync(`${folder}/${file}`, 'utf8'), language)!;

it('the README of the samples names every sample file, and only files that exist', () => {
  const named = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, pattern]) => pattern!));
  const found = new Set<string>();
  for (const pattern of named) {
    expect(matching(pattern), pattern).not.toEqual([]);
    for (const file of matching(pattern)) found.add(file);
  }
  expect(files.filter((file) => file !== 'README.md' && !found.has(file))).toEqual([]);
});

it('the README of the samples states the counts and the wrong step that are in the files', () => {
  const problems = read('problems.json', 'json').problems;
  expect(page).toContain(`| \`problems.json\` | ${problems.length} problems`);
  const candidates = read('candidates.json', 'json').problems;
  expect(page).toContain(`${candidates[0]!.solutions.length} solutions each of ${candidates.length} problems`);
  expect(candidates.every(({ solutions }) => solutions.length === candidates[0]!.solutions.length)).toBe(true);
  expect(page).toContain(`${read('process-benchmark.jsonl', 'jsonl').problems.length} solutions with a verdict on every step`);
  const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'];
  const [, ordinal, sum] = /its (\w+) step says ([^.]+)\. Chosen/.exec(page)!;
  const { steps } = read('solutions/wrong.md', 'markdown').problems[0]!;
  expect(steps[ordinals.indexOf(ordinal!)]!.text).toContain(sum!);
});
