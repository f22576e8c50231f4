import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS, exportProblems } from '../../server/training/exportFormat.js';
import { checkForest, read } from '../formats/fixtures.js';

/** Texts of steps: any characters, but no blank lines, which separate steps, and no marks of the formats. */
const step = fc.stringMatching(/^[a-z0-9é😀"\\$ ,.=+]{1,24}$/u).map((text) => `So ${text.trim()} and so on for some more words.`);
const { node } = fc.letrec((tie) => ({
  node: fc.record({
    partial_solution: fc.tuple(step),
    mc_value: fc.constantFrom(0, 0.25, 0.5, 1),
    visit_count: fc.constant(1),
    correct_rollouts: fc.constant([]),
    incorrect_rollouts: fc.constant([]),
    children: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('node'), { maxLength: 3 })),
  }),
}));
const tree = fc.record({
  question: step,
  answer: fc.constant('7'),
  image_path: fc.constant(''),
  mc_value: fc.constant(0.5),
  visit_count: fc.constant(1),
  correct_rollouts: fc.constant([]),
  incorrect_rollouts: fc.constant([]),
  children: fc.array(node, { minLength: 1, maxLength: 3 }),
});

const squeezed = (texts: readonly string[]): string => texts.join('\n').replace(/\s+/g, ' ').trim();

describe.each(EXPORT_FORMATS.filter(({ rules }) => rules.peopleOnly !== true).map((format) => [format.id, format] as const))(
  'an export as %s',
  (_, format) => {
    it('is read back with the written steps, each with a label', () => {
      let written = 0;
      fc.assert(
        fc.property(fc.array(tree, { minLength: 1, maxLength: 3 }), (trees) => {
          const { problems } = read(JSON.stringify(trees), 'json');
          const { records } = exportProblems(problems, format, { seed: 1 });
          written += records.length;
          if (records.length === 0) return;
          const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
          const document = read(text, 'jsonl');
          expect(document.faults).toEqual([]);
          checkForest(document, text);
          const paths = problems.flatMap((problem) =>
            problem.solutions.map(({ steps }) => squeezed(steps.map((i) => problem.steps[i]!.text))),
          );
          for (const problem of document.problems)
            for (const { steps } of problem.solutions) {
              const found = squeezed(steps.map((i) => problem.steps[i]!.text));
              expect(
                paths.some((path) => path.startsWith(found)),
                found,
              ).toBe(true);
              for (const i of steps) expect(Object.keys(problem.steps[i]!.values)).not.toEqual([]);
            }
          expect(document.problems.flatMap(({ solutions }) => solutions)).toHaveLength(records.length);
        }),
        { numRuns: 15 },
      );
      expect(written).toBeGreaterThan(5);
    });
  },
);

describe.each(EXPORT_FORMATS.filter(({ rules }) => rules.peopleOnly === true).map((format) => [format.id, format] as const))(
  'an export as %s',
  (_, format) => {
    const judged = fc.record({
      question: step,
      answer: fc.constant('7'),
      image: fc.constant(['figure.png']),
      labeled: fc.array(fc.tuple(step, fc.constantFrom(-1, 0, 1)), { minLength: 1, maxLength: 6 }),
    });

    it('is read back with the human label of every step', () => {
      fc.assert(
        fc.property(fc.array(judged, { minLength: 1, maxLength: 4 }), (all) => {
          const rows = all.map(({ labeled, ...rest }) => ({
            ...rest,
            response: { steps: labeled.map(([text]) => text), process_correctness: labeled.map(([, rating]) => rating) },
          }));
          const { problems } = read(JSON.stringify(rows), 'json');
          const { records } = exportProblems(problems, format, { seed: 1 });
          const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
          const document = read(text, 'jsonl');
          expect(document.faults).toEqual([]);
          checkForest(document, text);
          const stepsOf = (list: typeof problems) =>
            list.map(({ question, answer, images, steps }) => [
              question,
              answer,
              images,
              steps.map(({ text: words, values }) => [words, values.human]),
            ]);
          // The same solution twice is written once.
          const distinct = [...new Map(stepsOf(problems).map((one) => [JSON.stringify(one), one])).values()];
          expect(stepsOf(document.problems)).toEqual(distinct);
        }),
        { numRuns: 60 },
      );
    });
  },
);
