import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAgain } from '../../server/formats/readAgain.js';
import { readDocument } from '../../server/formats/registry.js';
import { changeBetween } from '../../server/formats/textChange.js';
import type { ReasoningDocument } from '../../server/reasoning/problem.js';

const folder = new URL('../fixtures/files/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => /\.jsonl?$/.test(name))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
  .filter(({ text }) => text.length < 20_000);

/** What an editor may put in the place of some characters: words, JSON, and pieces of it. */
const inserted = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    ' ',
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\n',
    '//',
    '\ufffd',
    '0.5',
    'null',
    '\\n',
    'ки',
    '", "',
    '"},{"a": "',
  ),
  fc.string({ maxLength: 6 }),
);

/** Anywhere in a text; numbers are otherwise drawn mostly from the ends of their range. */
const place = fc.noBias(fc.integer({ min: 0, max: 1_000_000 })).map((millionths) => millionths / 1_000_000);

function edited(text: string, at: number, removed: number, added: string): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + added + text.slice(Math.min(text.length, start + removed));
}

describe('reading a text again after an edit', () => {
  it('gives exactly what reading all of it gives, wherever it gives anything', () => {
    let again = 0;
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...files), place, fc.integer({ min: 0, max: 4 }), inserted, ({ name, text }, at, removed, added) => {
        const before = readDocument(text, 'json');
        const after = edited(text, at, removed, added);
        const read = before && readAgain(before, text, after);
        if (read === undefined) return;
        again++;
        seen.add(name);
        expect(read).toEqual(readDocument(after, 'json'));
      }),
      { numRuns: 500 },
    );
    // Most edits of sound files leave their record sound.
    expect(again).toBeGreaterThan(80);
    expect(seen.size).toBeGreaterThan(5);
  });

  it('goes on from edit to edit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(place, fc.constantFrom('x', ' y', '7')), { maxLength: 8 }),
        ({ text }, edits) => {
          let [document, present]: [ReasoningDocument | undefined, string] = [readDocument(text, 'json'), text];
          for (const [at, added] of edits) {
            const after = edited(present, at, 0, added);
            const read = document && readAgain(document, present, after);
            if (read === undefined) return;
            [document, present] = [read, after];
          }
          expect(document).toEqual(readDocument(present, 'json'));
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('finds the smallest change between two texts, across the pieces that are compared', () => {
  const long = 'abcdefghij'.repeat(20_000);
  fc.assert(
    fc.property(fc.nat({ max: long.length }), fc.nat({ max: 70_000 }), fc.string({ maxLength: 5 }), (at, removed, added) => {
      const after = long.slice(0, at) + added + long.slice(at + removed);
      const { start, endBefore, endAfter } = changeBetween(long, after);
      expect(long.slice(0, start) + after.slice(start, endAfter) + long.slice(endBefore)).toBe(after);
      expect(after.length - endAfter).toBe(long.length - endBefore);
      expect(Math.max(endAfter, endBefore) - start).toBeLessThanOrEqual(Math.max(added.length, Math.min(removed, long.length - at)));
    }),
    { numRuns: 100 },
  );
});
