import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAs } from '../../server/formats/jsonFile.js';
import { JSON_FORMATS, readDocument } from '../../server/formats/registry.js';
import { checkForest, fixture } from '../formats/fixtures.js';
import { modelOutputs } from '../formats/modelOutputs.js';
import { done, seed } from './figures.js';

/** Reading that takes longer than this counts as a hang, in ms. */
const LIMIT = 2000;

/** The record of every format in docs/formats.md. */
const records = new Map(
  readFileSync('docs/formats.md', 'utf8')
    .split(/^## /m)
    .flatMap((section): [string, string][] => {
      const id = /\(`(\w+)`\)/.exec(section)?.[1];
      const record = /```json\n([\s\S]*?)\n```/.exec(section)?.[1];
      return id === undefined || record === undefined ? [] : [[id, record]];
    }),
);

const sources = [
  ...records.values(),
  ...['mm-prm-tree.json', 'steplens-trees.jsonl', 'visualprm-raw.jsonl', 'several.md', 'tagged.txt'].map(fixture),
  ...modelOutputs().map(({ text }) => text),
];

const change = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat({ max: 40 }),
  fc.constantFrom(
    '',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    '\n',
    '\r',
    '\t',
    '\0',
    '1',
    '-',
    'null',
    '//',
    '/*',
    '\ufffd',
    '\ud83d',
    '<step>',
    '<think>',
    '</think>',
    '```',
    '$$',
    '\\[',
    '\\begin{a}',
    'Step 1: ',
    '1. ',
    '> ',
    'ки',
    '<prm>',
    '{"children":[',
  ),
);

function mutated(text: string, changes: readonly (readonly [number, number, string])[]): string {
  let result = text;
  for (const [where, length, put] of changes) {
    const at = Math.floor(where * result.length);
    result = result.slice(0, at) + put + result.slice(at + length);
  }
  return result;
}

describe('3,000 damaged files', () => {
  it('never make a reader throw or hang, and have only ranges inside the file', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.constantFrom(...JSON_FORMATS),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (source, format, changes) => {
          const text = mutated(source, changes);
          const start = performance.now();
          for (const document of [readDocument(text), readAs(format, text)]) if (document !== undefined) checkForest(document, text);
          expect(performance.now() - start).toBeLessThan(LIMIT);
        },
      ),
      { numRuns: 3000, seed },
    );
    done('files', 3000, seed);
  });

  it('keep their format, or have none, if the damage is not in the names of keys', () => {
    // Only values are damaged here, because another format may claim a record whose keys are damaged.
    fc.assert(
      fc.property(
        fc.constantFrom(...records),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('"', ' ', '\\', '7', 'é', '\ud83d', 'null'),
        ([id, record], where, put) => {
          const values = [...record.matchAll(/: "((?:[^"\\]|\\.)*)"/g)];
          const value = values[Math.floor(where * values.length)];
          if (value === undefined || /ATIF|^begin$|<|ки|\+|^-$|user|assistant|agent|human|gpt/.test(value[1]!)) return;
          const at = value.index + 3 + Math.floor(where * value[1]!.length);
          const text = record.slice(0, at) + put + record.slice(at);
          expect([id, undefined]).toContain(readDocument(text, 'json')?.format);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a written record', () => {
  const word = fc.stringMatching(/^[a-z0-9é😀"\\ \n\t/]{1,20}$/u).filter((text) => /\S/.test(text) && !/\n\s*\n/.test(text));
  const steps = fc.array(
    word.map((text) => text.trim()),
    { minLength: 1, maxLength: 5 },
  );

  it.each([
    ['processBench', (question: string, list: string[]) => ({ id: 'a-1', generator: 'm', problem: question, steps: list, label: -1 })],
    ['trl', (question: string, list: string[]) => ({ prompt: question, completions: list, labels: list.map(() => true) })],
    ['generic', (question: string, list: string[]) => ({ query: question, response: list, labels: list.map(() => 1) })],
    [
      'mrMath',
      (question: string, list: string[]) => ({ question, model_output_steps: list, model_output_solution_correctness: 'correct' }),
    ],
    [
      'visualProcessBench',
      (question: string, list: string[]) => ({ question, response: { steps: list, process_correctness: list.map(() => 1) } }),
    ],
  ])('in the format %s is read again with exact ranges', (id, write) => {
    fc.assert(
      fc.property(word, steps, fc.constantFrom(undefined, 1), (question, list, indent) => {
        const text = JSON.stringify([write(question, list)], null, indent);
        const document = readDocument(text, 'json')!;
        expect(document.format).toBe(id);
        expect(document.problems[0]!.question).toBe(question.trim());
        expect(document.problems[0]!.steps.map((step) => step.text)).toEqual(list);
        for (const { span, text: step } of document.problems[0]!.steps)
          expect(JSON.parse(`"${text.slice(span.start, span.end)}"`)).toBe(step);
      }),
      { numRuns: 200 },
    );
  });
});
