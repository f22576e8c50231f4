import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FORMATS, JSON_FORMATS } from '../../server/formats/registry.js';
import { checkForest, codes, read } from './fixtures.js';

const page = readFileSync('docs/formats.md', 'utf8');
const sections = page.split(/^## /m).slice(1);
/** The record of a format in docs/formats.md. */
const recordOf = (id: string): string =>
  /```json\n([\s\S]*?)\n```/.exec(sections.find((section) => section.includes(`(\`${id}\`)`)) ?? '')?.[1] ?? '';

describe('the documentation of the formats', () => {
  it('has a section in docs/formats.md with the title and id of every format', () => {
    for (const { id, title } of FORMATS) expect(page, id).toContain(`## ${title} (\`${id}\`)`);
  });

  it('has one row per format in the table of the README', () => {
    const rows = FORMATS.map(({ title, recognizedBy, shown }) => `| ${title} | ${recognizedBy} | ${shown} |`);
    const table = readFileSync('README.md', 'utf8')
      .split(/^## /m)
      .find((part) => part.startsWith('Formats'))!
      .split('\n')
      .filter((line) => line.startsWith('| '));
    expect(table.slice(1)).toEqual(rows);
  });

  it.each(JSON_FORMATS.map((format) => [format.id, format] as const))('shows a record that is read as %s, in any layout', (id, format) => {
    const record = recordOf(id);
    expect(record).not.toBe('');
    const value: unknown = JSON.parse(record);
    for (const text of [
      record,
      JSON.stringify(value),
      JSON.stringify([value, value], null, 2),
      `${JSON.stringify(value)}\n${JSON.stringify(value)}\n`,
    ]) {
      const document = read(text, 'json');
      expect(document.format).toBe(id);
      expect(codes(document)).toEqual([]);
      checkForest(document, text);
      expect(document.problems.length).toBeGreaterThan(0);
      if (format.hasNoSteps !== true) expect(document.problems.flatMap((problem) => problem.steps).length).toBeGreaterThan(0);
    }
  });

  it.each(JSON_FORMATS.map((format) => format.id))('shows a record of %s in which the range of a step is its text', (id) => {
    const text = JSON.stringify(JSON.parse(recordOf(id)));
    for (const step of read(text, 'json').problems.flatMap((problem) => problem.steps)) {
      const raw = text.slice(step.span.start, step.span.end);
      // The range of a step with several values (lines, a call and its result) extends from the first to the last one.
      const parts = step.text.split('\n').map((line) => JSON.stringify(line).slice(1, -1));
      if (!raw.includes('","') && !raw.includes('":')) expect(JSON.parse(`"${raw}"`)).toBe(step.text);
      else
        for (const part of parts)
          expect(raw.replaceAll('\\"', '"').replaceAll('\\\\', '\\')).toContain(part.replaceAll('\\"', '"').split('(')[0]);
    }
  });
});
