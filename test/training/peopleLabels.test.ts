import { describe, expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { applyLabels } from '../../server/review/applyLabels.js';
import type { StepLabel } from '../../server/review/labelRecord.js';
import { stepKeys } from '../../server/review/stepKeys.js';
import { EXPORT_FORMATS, exportProblems } from '../../server/training/exportFormat.js';
import { sketch } from '../language/fixture.js';

const formats = EXPORT_FORMATS.filter(({ rules }) => rules.peopleOnly);

function label(problem: Problem, step: number, value: StepLabel['value'], by = 'ann'): StepLabel {
  const keys = stepKeys(problem);
  const place = { problem: 0, step };
  return {
    v: 1,
    id: `${by}${step}`,
    at: '2026-11-27T09:30:00.000Z',
    by,
    source: 'human',
    problem: keys.problem,
    step: keys.steps[step]!,
    place,
    value,
  } as StepLabel;
}

const mc = { value: 1, correct: 4, total: 4 };
const solution = ['We read 3 and 4.', 'Their sum\n\nis <b>8</b>.', 'So the "answer" is 8.'].map((text) => ({
  text: text.replaceAll('\n', ' '),
  values: { mc },
}));
const { reasoning } = sketch([{ question: 'What is 3 + 4?', answer: '7', images: ['a.png', 'b.png'], solutions: [solution] }]);
const [problem] = reasoning.problems;

/** The export of a document with labels, read by StepLens. */
function roundTrip(id: string, values: readonly StepLabel['value'][]): { problems: readonly Problem[]; faults: number; left: number } {
  const labels = values.map((value, step) => label(problem!, step, value));
  const { document } = applyLabels(reasoning, labels);
  const { records, excluded } = exportProblems(document.problems, formats.find((one) => one.id === id)!, { seed: 1 });
  const read = readDocument(records.map((one) => `${JSON.stringify(one)}\n`).join(''), 'jsonl');
  return { problems: read?.problems ?? [], faults: read?.faults.length ?? 0, left: excluded['missing-value'] ?? 0 };
}

describe.each(formats.map(({ id }) => id))("people's labels as %s", (id) => {
  it('come back with the same texts and verdicts', () => {
    const { problems, faults } = roundTrip(id, [1, -1, 0]);
    expect(faults).toBe(0);
    const [read] = problems;
    expect(read).toMatchObject({ question: problem!.question, answer: '7' });
    expect(read!.steps.map(({ text, values }) => [text, values.human])).toEqual(problem!.steps.map(({ text }, i) => [text, [1, -1, 0][i]]));
  });

  it('end at the first error where nobody continued', () => {
    const { problems } = roundTrip(id, [1, -1]);
    expect(problems[0]!.steps.map(({ values }) => values.human)).toEqual([1, -1]);
  });

  it('take no value of another source, and no step that nobody decided', () => {
    expect(roundTrip(id, [])).toMatchObject({ problems: [], left: 1 });
    expect(roundTrip(id, [1, 'unsure', 1])).toMatchObject({ problems: [], left: 1 });
  });
});

it('VisualProcessBench keeps the images', () => {
  expect(roundTrip('visualprocessbench', [1, 1, 1]).problems[0]!.images).toEqual(['a.png', 'b.png']);
});
