import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generatedSearch } from '../../scripts/gallery/generatedSearch.mjs';
import { readAgain } from '../../server/formats/readAgain.js';
import { readDocument } from '../../server/formats/registry.js';
import { changeBetween } from '../../server/formats/textChange.js';
import type { ReasoningDocument } from '../../server/reasoning/problem.js';

const folder = new URL('../fixtures/files/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => /\.jsonl?$/.test(name))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
  .filter(({ text }) => text.length < 20_000);

/** Texts that an edit may insert in place of some characters: words, JSON, and pieces of it. */
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

/** A uniform position in a text, as a fraction. Without `noBias`, most numbers are near the ends of their range. */
const place = fc.noBias(fc.integer({ min: 0, max: 1_000_000 })).map((millionths) => millionths / 1_000_000);

function edited(text: string, at: number, removed: number, added: string): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + added + text.slice(Math.min(text.length, start + removed));
}

describe('incremental reading after an edit (`readAgain`)', () => {
  it('returns the same document as a full read, whenever it returns one', () => {
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
    // Most edits of valid files leave the edited record valid.
    expect(again).toBeGreaterThan(80);
    expect(seen.size).toBeGreaterThan(5);
  });

  it('returns the same document as a full read after a series of edits', () => {
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

it('`changeBetween` finds a change that is no larger than the edit in a text of 200,000 characters', () => {
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

describe('incremental reading of a search tree after an edit in a node (`readAgain`)', () => {
  const tree = (options: object = {}) => ({
    question: 'What is 3 + 4?',
    mc_value: 0.5,
    children: [
      {
        partial_solution: ['First \\(3\\).', 'Then “4”.'],
        mc_value: 0.5,
        visit_count: 2,
        correct_rollouts: [['It is 7.']],
        incorrect_rollouts: [['It is 8.'], ['It is 9.']],
        children: [
          { partial_solution: ['So it is 7. The answer is 7.'], mc_value: 1, visit_count: 0, children: [], ...options },
          { partial_solution: ['So it is 8.'], mc_value: 0, correct_rollouts: [], incorrect_rollouts: [[]], children: [] },
        ],
        logprob_yes: 0.25,
      },
      { partial_solution: ['Or \\frac{1}{2}.'], mc_value: 0.25, correct_rollouts: [], incorrect_rollouts: [['No.']], children: [] },
    ],
    answer: '7',
  });
  const texts = [tree(), tree({ correct_rollouts: [] }), tree({ note: { a: [1, 2] } })].map((one) => JSON.stringify(one, null, 1));
  // A file of several records, and one with a fault elsewhere.
  texts.push(JSON.stringify([tree(), tree()]), texts[0]!.replace('"Or \\\\\\\\frac{1}{2}."', '""'));

  it('returns the same document as a full read after each edit', () => {
    let again = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.tuple(place, fc.integer({ min: 0, max: 4 }), inserted), { minLength: 1, maxLength: 3 }),
        (text, edits) => {
          let [document, present]: [ReasoningDocument | undefined, string] = [readDocument(text, 'json'), text];
          for (const [at, removed, added] of edits) {
            const after = edited(present, at, removed, added);
            const read = document && readAgain(document, present, after);
            if (read === undefined) return;
            again++;
            expect(read).toEqual(readDocument(after, 'json'));
            [document, present] = [read, after];
          }
        },
      ),
      { numRuns: 1500 },
    );
    expect(again).toBeGreaterThan(300);
  });

  it('returns the same document as a full read, and reuses what is before the edited node', () => {
    const text = generatedSearch({ nodes: 1_000 });
    const before = readDocument(text, 'json')!;
    const problem = before.problems[0]!;
    const node = problem.tree!.nodes[500]!;
    const at = problem.steps[node.steps[0]!]!.span.start + 3;
    const after = `${text.slice(0, at)}well, ${text.slice(at)}`;
    const read = readAgain(before, text, after);
    expect(read).toEqual(readDocument(after, 'json'));
    expect(read!.problems[0]!.tree!.nodes[300]!.rollouts).toBe(problem.tree!.nodes[300]!.rollouts);
    expect(read!.problems[0]!.steps[node.steps[0]! - 1]).toBe(problem.steps[node.steps[0]! - 1]);
  });
});
