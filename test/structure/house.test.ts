import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withTable } from '../../scripts/houseTable.mjs';
import { roomOf, wallBetween } from '../../scripts/rooms.mjs';
import { type Import, importsOf, sourcesIn } from './sources.js';

describe('the folder structure', () => {
  const sources = ['server', 'extension', 'webview'].flatMap(sourcesIn);

  it('has a row in scripts/rooms.mjs for every source file', () => {
    const homeless = sources.filter(({ file }) => !roomOf(file)).map(({ file }) => file);
    expect(homeless, 'add its folder to scripts/rooms.mjs').toEqual([]);
  });

  it('has no import that scripts/rooms.mjs forbids', () => {
    const through: string[] = [];
    for (const source of sources) {
      for (const { to } of importsOf(source)) {
        const wall = wallBetween(source.file, to);
        if (wall !== undefined) through.push(`${source.file}: ${wall}`);
      }
    }
    expect(through).toEqual([]);
  });

  it('matches the table in ARCHITECTURE.md', () => {
    const page = readFileSync('ARCHITECTURE.md', 'utf8');
    expect(withTable(page), 'run: npm run house').toBe(page);
  });

  it('has no import cycle, except type imports inside one folder', () => {
    const graph = new Map(sources.map((source) => [source.file, importsOf(source)]));
    expect(circles(graph, ({ isType }) => !isType)).toEqual([]);
    const acrossFolders = circles(graph, () => true).filter((files) => new Set(files.map((file) => roomOf(file)?.folder)).size > 1);
    expect(acrossFolders).toEqual([]);
  });
});

/** Groups of files that import each other (Tarjan's strongly connected components), over the edges that count. */
function circles(graph: ReadonlyMap<string, readonly Import[]>, counts: (edge: Import) => boolean): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    stack.push(file);
    for (const edge of graph.get(file) ?? []) {
      if (!counts(edge) || !graph.has(edge.to)) continue;
      if (!index.has(edge.to)) visit(edge.to);
      if (stack.includes(edge.to)) low.set(file, Math.min(low.get(file)!, low.get(edge.to)!));
    }
    if (low.get(file) !== own) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return found;
}
