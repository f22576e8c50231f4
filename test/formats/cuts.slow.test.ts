import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { JSON_FORMATS, readDocument } from '../../server/formats/registry.js';
import { checkForest, codes, fixture, read } from './fixtures.js';

const sections = readFileSync('docs/formats.md', 'utf8').split(/^## /m);
/** The record of a format in docs/formats.md. */
const recordOf = (id: string): string =>
  /```json\n([\s\S]*?)\n```/.exec(sections.find((section) => section.includes(`(\`${id}\`)`)) ?? '')?.[1] ?? '';

describe('a file that is cut off at any character', () => {
  it.each(JSON_FORMATS.map((format) => format.id))('is never read as a format other than %s', (id) => {
    const text = JSON.stringify(JSON.parse(recordOf(id)));
    const found = new Set<string | undefined>();
    for (let cut = 1; cut < text.length; cut++) found.add(readDocument(text.slice(0, cut), 'json')?.format);
    expect([...found].filter((format) => format !== id && format !== undefined)).toEqual([]);
  });

  it('keeps every step of an MM-PRM tree that is complete before the cut', () => {
    const text = fixture('mm-prm-tree.json');
    const whole = read(text).problems[0]!;
    for (let cut = 0; cut < text.trimEnd().length; cut++) {
      const part = text.slice(0, cut);
      const document = readDocument(part);
      const complete = whole.steps.filter((step) => text.indexOf('"', step.span.end) < cut);
      if (complete.length > 0 && document?.problems.length !== 1) throw new Error(`cut at ${cut}: the problem is lost`);
      if (document === undefined) continue;
      checkForest(document, part);
      const found = document.problems[0]?.steps ?? [];
      complete.forEach((step, i) => expect(found[i], `cut at ${cut}`).toMatchObject({ text: step.text, span: step.span }));
      if (cut > 0 && document.problems.length > 0) expect(codes(document), `cut at ${cut}`).toContain('truncated-json');
    }
  });
});
