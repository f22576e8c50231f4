import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { report } from '../../scripts/gpu-check/report.mjs';
import { critiqueScripts } from '../../server/scoring/critiques/scripts.js';
import { families } from '../../server/scoring/families/families.js';

const page = readFileSync('docs/families.md', 'utf8');

/** Cells of the rows of the table below a heading. */
function table(heading: string): string[][] {
  const section = page.slice(page.indexOf(`## ${heading}\n`) + 3).split('\n## ')[0]!;
  return [...section.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) => row!.split(' | ')).filter(([id]) => id !== '`family`');
}

/** Returns the ids in a cell. `name-*` means all ids that begin with `name-`. */
function idsOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, id]) =>
    id!.endsWith('*') ? families.flatMap((family) => (family.id.startsWith(id!.slice(0, -1)) ? [family.id] : [])) : [id!],
  );
}

describe('docs/families.md', () => {
  it('names every family once, with its marker, threshold and aggregation', () => {
    const rows = table('Families').flatMap((cells) => idsOf(cells[0]!).map((id) => [id, cells] as const));
    expect(rows.map(([id]) => id).sort()).toEqual(families.map(({ id }) => id).sort());
    const cellsOf = new Map(rows);
    for (const { id, profile } of families) {
      const [, , text, , value, solution] = cellsOf.get(id)!;
      expect(value, id).toMatch(new RegExp(`(?:^|\\D)${profile.threshold}$`));
      expect(solution, id).toBe(profile.aggregation);
      if ('marker' in profile.layout) expect(text, id).toContain(`${JSON.stringify(profile.layout.marker).slice(1, -1)}\``);
    }
  });

  it('names every family that writes critiques, with its source, sampling and aggregation', () => {
    const section = page.slice(page.indexOf('### `critique`')).split('\n### ')[0]!;
    const rows = [...section.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) => row!.split(' | ')).filter(([id]) => id !== '`family`');
    expect(rows.map(([id, , source, , , drawn, solution]) => [id, source, drawn, solution])).toEqual(
      critiqueScripts.map(({ id, source, samples, temperature, aggregation }) => [
        `\`${id}\``,
        source,
        `${samples}, ${temperature}`,
        aggregation,
      ]),
    );
  });

  it('states how every family reads blanks', () => {
    const rows = table('Blanks around a text').flatMap(([ids, trim]) => idsOf(ids!).map((id) => [id, trim]));
    expect(rows.sort()).toEqual(families.map(({ id, profile }) => [id, `\`${profile.trim}\``]).sort());
  });

  it('lists every published value that a copy is verified with, and its tolerance', () => {
    const rows = table('Verifying your copy').map(([id, , published, tolerance]) => [idsOf(id!)[0], published, Number(tolerance)]);
    const golden = families.flatMap(({ id, golden: examples = [] }) =>
      examples.map(({ values, tolerance }) => [id, values.map((value) => round(value!)).join(', '), tolerance]),
    );
    expect(rows).toEqual(golden);
  });
});

it('docs/gpu.md is made from test/bench/gpuResults.json', () => {
  const results: unknown = JSON.parse(readFileSync('test/bench/gpuResults.json', 'utf8'));
  expect(readFileSync('docs/gpu.md', 'utf8')).toBe(report(results));
});

function round(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : value.toFixed(4);
}
