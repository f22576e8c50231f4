import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReasoningDocument } from '../../server/reasoning/problem.js';
import { applyLabels, humanVerdict } from '../../server/review/applyLabels.js';
import { currentLabels, type LabelRecord, parseLabels, type StepLabel } from '../../server/review/labelRecord.js';
import { stepKeys } from '../../server/review/stepKeys.js';
import { sketch } from '../language/fixture.js';

const { reasoning } = sketch([
  {
    question: 'What is 2 + 3?',
    solutions: [
      ['2 + 3 = 5', 'So 5.'],
      ['2 + 3 = 6', 'So 6.'],
    ],
  },
  { question: 'What is 2 + 3 + 1?', solutions: [['2 + 3 = 5', 'So 6.']] },
]);
let ids = 0;

function label(problem: number, step: number, value: StepLabel['value'], by = 'ann', more: Partial<StepLabel> = {}): StepLabel {
  const keys = stepKeys(reasoning.problems[problem]!);
  const id = `l${ids++}`;
  const at = new Date(1_700_000_000_000 + ids * 1000).toISOString();
  const place = { problem, step };
  return {
    v: 1,
    id,
    at,
    by,
    source: 'human',
    problem: keys.problem,
    step: keys.steps[step]!,
    place,
    value,
    mode: 'every-step',
    blind: false,
    ...more,
  };
}

const write = (records: readonly LabelRecord[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const humans = (document: ReasoningDocument): (number | undefined)[][] =>
  document.problems.map(({ steps }) => steps.map(({ values }) => values.human));

describe('step keys', () => {
  it('identify a step by its question and everything before it', () => {
    const [first, second] = reasoning.problems.map(stepKeys);
    expect(new Set([...first!.steps, ...second!.steps]).size).toBe(6);
    expect(stepKeys(reasoning.problems[0]!)).toEqual(first);
  });
});

describe('a label log', () => {
  it('returns its current labels, whatever the order of its lines and even if git repeats them', () => {
    const records: LabelRecord[] = [
      label(0, 0, 1),
      label(0, 1, -1, 'ann', { kind: 'arithmetic', comment: 'añ "x"\n' }),
      label(0, 1, 0, 'bob'),
    ];
    records.push({ v: 1, id: 'u', at: '2026-01-01T00:00:00Z', by: 'ann', undo: records[0]!.id });
    fc.assert(
      fc.property(fc.shuffledSubarray([...records, ...records], { minLength: 8 }), (lines) => {
        const { records: read, faults } = parseLabels(write(lines));
        expect(faults).toEqual([]);
        expect(
          currentLabels(read)
            .map(({ by, value }) => `${by} ${value}`)
            .sort(),
        ).toEqual(['ann -1', 'bob 0']);
      }),
    );
  });

  it('loses only the line that a crash cut off, and no label in an unresolved merge', () => {
    const records = [label(0, 0, 1), label(0, 1, -1), label(1, 0, 1)];
    const text = write(records);
    for (let cut = 0; cut <= text.length; cut++) {
      const whole = text.slice(0, cut).split('\n').length - 1;
      expect(parseLabels(text.slice(0, cut)).records.length).toBeGreaterThanOrEqual(whole);
    }
    const [a, b, c] = records.map((record) => write([record]));
    const merged = parseLabels(`${a}<<<<<<< ours\n${b}=======\n${c}>>>>>>> theirs\n`);
    expect(merged.records).toEqual(records);
    expect(merged.faults.map(({ line }) => line)).toEqual([2, 4, 6]);
  });

  it('reports what is wrong with a line that is not a record', () => {
    const { value: _, ...rest } = label(0, 0, 1);
    const lines = ['[]', '{"v":2}', JSON.stringify({ ...rest, value: 5 }), '{"v":1,"id":"a","at":"yesterday","by":"ann"}', 'null'];
    const { records, faults } = parseLabels(lines.join('\n'));
    expect(records).toEqual([]);
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringContaining('Line 1 is of version undefined'),
      expect.stringContaining('Line 2 is of version 2'),
      expect.stringContaining('Line 3 is without a valid `problem`'),
      expect.stringContaining('Line 4 is without a valid `id`'),
      expect.stringContaining('Line 5 is not a JSON object'),
    ]);
  });

  it('uses the latest label of a person, and the one before it when the latest is undone', () => {
    const [first, second] = [label(0, 0, 1), label(0, 0, -1)];
    expect(currentLabels([first, second])).toEqual([second]);
    expect(currentLabels([first, second, { v: 1, id: 'u', at: second.at, by: 'ann', undo: second.id }])).toEqual([first]);
  });
});

describe('labels on a document', () => {
  it('become the human value of the step with their text, by majority if several people judged it', () => {
    const current = currentLabels([label(0, 1, -1, 'ann'), label(0, 1, -1, 'bob'), label(0, 1, 1, 'cem'), label(1, 0, 'unsure')]);
    const { document, labels, stale } = applyLabels(reasoning, current);
    expect(humans(document)).toEqual([
      [undefined, -1, undefined, undefined],
      [undefined, undefined],
    ]);
    expect(labels[0]?.get(1)).toHaveLength(3);
    expect(labels[1]?.get(0)?.[0]?.value).toBe('unsure');
    expect(stale).toEqual([]);
    expect(humanVerdict([label(0, 0, 1, 'ann'), label(0, 0, -1, 'bob')])).toBeUndefined();
  });

  it('are stale when their text has changed, and refer to the step that is in its place now', () => {
    const { reasoning: edited } = sketch([{ question: 'What is 2 + 3?', solutions: [['2 + 3 = 5', 'So five.']] }]);
    const { document, stale } = applyLabels(edited, [label(0, 0, 1), label(0, 1, 1), label(1, 0, 1)]);
    expect(humans(document)).toEqual([[1, undefined]]);
    expect(stale.map(({ label: { place }, place: now }) => [place, now])).toEqual([
      [
        { problem: 0, step: 1 },
        { problem: 0, step: 1 },
      ],
      [{ problem: 1, step: 0 }, undefined],
    ]);
  });
});
