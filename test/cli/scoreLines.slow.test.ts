import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';
import { LineIndex } from '../../server/reasoning/span.js';
import { run, scoreLines } from './runner.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A step as models write it: any characters, no blanks around it. "wrong" gets a low score, "endless" none. */
const step = fc
  .tuple(
    fc.constantFrom('', 'wrong ', 'endless '),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.constantFrom('', '\n', '\\frac{1}{2}', '🎲"'),
  )
  .map((parts: readonly string[]) => parts.join('').trim())
  .filter((text) => text !== '');
const solution = fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 5 });
/** Records of formats with labels of different kinds, and where their labels are in the line. */
const record = fc.tuple(solution, fc.constantFrom('generic', 'trl', 'raw')).map(([steps, kind]) => {
  const texts = steps.map(([text]) => text);
  const labels = steps.map(([, isRight]) => isRight);
  if (kind === 'trl') return { kind, texts, labels, value: { prompt: 'How many?', completions: texts, labels } };
  if (kind === 'generic')
    return { kind, texts, labels, value: { question: 'How many?', steps: texts, ratings: labels.map((one) => (one ? 1 : -1)) } };
  const counts = steps.map(([text, isRight]) => ({
    step: text,
    score: isRight ? 0.75 : 0,
    num_mc_correct: isRight ? 12 : 0,
    num_mc_total: 16,
  }));
  return {
    kind,
    texts,
    labels,
    value: { image: [], question: 'How many?', answer: '4', response: texts.join('\n'), steps_with_score: counts },
  };
});
type Written = typeof record extends fc.Arbitrary<infer T> ? T : never;

/** A file with one kind of record, as JSON Lines or indented JSON, with either line ending. */
const file = fc
  .tuple(fc.array(record, { minLength: 1, maxLength: 4 }), fc.boolean(), fc.constantFrom('\n', '\r\n'))
  .map(([all, isIndented, eol]) => {
    const records = all.filter(({ kind }) => kind === all[0]!.kind);
    const values = records.map(({ value }) => value);
    const text = isIndented ? JSON.stringify(values, null, 2) : `${values.map((value) => JSON.stringify(value)).join('\n')}\n`;
    return { records, text: text.replaceAll('\n', eol), name: isIndented ? 'a.json' : 'a.jsonl' };
  });

function labelOf({ kind }: Written, isRight: boolean): object {
  if (kind === 'generic') return { human: isRight ? 1 : -1 };
  return kind === 'trl' ? { mc: { value: isRight ? 1 : 0 } } : { mc: isRight ? { correct: 12, total: 16 } : { correct: 0, total: 16 } };
}

describe('lines of steplens score --json', () => {
  it('contain every step once, at its range, with its label, score and aggregates, and can be read again', async () => {
    await fc.assert(
      fc.asyncProperty(file, fc.constantFrom(0.05, 0.5, 0.95), async ({ records, text, name }, threshold) => {
        const path = join(folder, name);
        await writeFile(path, text);
        const { code, out, err } = await run(['score', path, '--json', '--threshold', String(threshold)]);
        expect([code, err]).toEqual([0, '']);
        // Checks each line against the published schema.
        const lines = await scoreLines(out);
        expect(lines.map((line) => line.steps.map((one) => one.text))).toEqual(records.map(({ texts }) => texts));
        const index = new LineIndex(text);
        for (const [at, line] of lines.entries()) {
          const written = records[at]!;
          expect([line.problem, line.solution, line.threshold, line.file]).toEqual([at, 0, threshold, path]);
          line.steps.forEach(({ range, values, skipped, text: own }, i) => {
            const raw = text.slice(index.offset(range.start), index.offset(range.end));
            expect(JSON.parse(`"${raw}"`)).toBe(own);
            expect(values).toMatchObject(labelOf(written, written.labels[i]!));
            expect(values.prm === undefined).toBe(skipped !== undefined);
          });
          const scores = line.steps.flatMap(({ values }) => values.prm ?? []);
          if (scores.length > 0) {
            const { min, mean, last, product } = line.aggregate!;
            expect([min, last]).toEqual([Math.min(...scores), scores.at(-1)]);
            expect(mean).toBeCloseTo(scores.reduce((sum, one) => sum + one, 0) / scores.length, 12);
            expect(product).toBeCloseTo(
              scores.reduce((sum, one) => sum * one, 1),
              12,
            );
          }
          const low = line.steps.findIndex(({ values }) => values.prm !== undefined && values.prm < threshold);
          if (scores.length === line.steps.length) expect(line.firstLow).toBe(low < 0 ? null : low);
        }
        const again = readDocument(out, 'jsonl')!;
        expect([again.format, again.faults]).toEqual(['stepLensScores', []]);
        expect(again.problems.map((problem) => problem.steps.map(({ text: own, values }) => [own, values.recordedPrm]))).toEqual(
          lines.map((line) => line.steps.map(({ text: own, values }) => [own, values.prm])),
        );
      }),
      { numRuns: 150 },
    );
  });
});
