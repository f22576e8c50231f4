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

/** Exports a document with labels, and reads the result with StepLens. */
function roundTrip(id: string, values: readonly StepLabel['value'][]): { problems: readonly Problem[]; faults: number; left: number } {
  const labels = values.map((value, step) => label(problem!, step, value));
  const { document } = applyLabels(reasoning, labels);
  const { records, excluded } = exportProblems(document.problems, formats.find((one) => one.id === id)!, { seed: 1 });
  const read = readDocument(records.map((one) => `${JSON.stringify(one)}\n`).join(''), 'jsonl');
  return { problems: read?.problems ?? [], faults: read?.faults.length ?? 0, left: excluded['missing-value'] ?? 0 };
}

describe.each(formats.map(({ id }) => id))("people's labels as %s", (id) => {
  it('are read back with the same texts and verdicts', () => {
    const { problems, faults } = roundTrip(id, [1, -1, 0]);
    expect(faults).toBe(0);
    const [read] = problems;
    expect(read).toMatchObject({ question: problem!.question, answer: '7' });
    expect(read!.steps.map(({ text, values }) => [text, values.human])).toEqual(problem!.steps.map(({ text }, i) => [text, [1, -1, 0][i]]));
  });

  it('end at the first error when later steps have no label', () => {
    const { problems } = roundTrip(id, [1, -1]);
    expect(problems[0]!.steps.map(({ values }) => values.human)).toEqual([1, -1]);
  });

  it('leave out solutions with values of other sources only or with an undecided step', () => {
    expect(roundTrip(id, [])).toMatchObject({ problems: [], left: 1 });
    expect(roundTrip(id, [1, 'unsure', 1])).toMatchObject({ problems: [], left: 1 });
  });
});

it('VisualProcessBench keeps the images', () => {
  expect(roundTrip('visualprocessbench', [1, 1, 1]).problems[0]!.images).toEqual(['a.png', 'b.png']);
});

interface Prm800kRecord {
  readonly label: {
    readonly steps: readonly { readonly completions: readonly { readonly text: string }[]; readonly chosen_completion: number | null }[];
  };
}

describe('alternative steps in PRM800K', () => {
  const prm800k = formats.find(({ id }) => id === 'prm800k')!;
  const node = (partial_solution: string, children: readonly object[] = []): object => ({
    partial_solution: [partial_solution],
    mc_value: 0.5,
    visit_count: 1,
    correct_rollouts: [],
    incorrect_rollouts: [],
    children,
  });
  const tree = {
    question: 'What is 3 + 4?',
    answer: '7',
    image_path: '',
    mc_value: 0.5,
    visit_count: 1,
    correct_rollouts: [],
    incorrect_rollouts: [],
    children: [
      node('We read 3 and 4.', [node('Their sum is 8.'), node('Their sum is 7.'), node('Their sum is 8.'), node('Their sum is 34.')]),
      node('We read 3 and 5.', [node('Their sum is 9.')]),
      node('We see no number.', [node('It is 7.')]),
    ],
  };
  /** Exports the tree with these judgments by text, and reads it again. Returns texts and verdicts by prefix. */
  function exported(judgments: Readonly<Record<string, StepLabel['value']>>) {
    const document = readDocument(JSON.stringify(tree), 'json')!;
    const [first] = document.problems;
    const labels = first!.steps.flatMap(({ text, index }) => (text in judgments ? [label(first!, index, judgments[text]!)] : []));
    const { records } = exportProblems(applyLabels(document, labels).document.problems, prm800k, { seed: 1 });
    const read = readDocument(records.map((one) => `${JSON.stringify(one)}\n`).join(''), 'jsonl');
    expect(read?.faults ?? []).toEqual([]);
    const main = (records as Prm800kRecord[]).map(({ label: { steps } }) =>
      steps.map(({ completions, chosen_completion }) => completions[chosen_completion ?? 0]!.text),
    );
    const said = (read?.problems ?? []).map(({ steps }) =>
      steps.map(({ text, parent, values }) => [parent === undefined ? '' : steps[parent]!.text, text, values.human]),
    );
    return { records, main, said };
  }

  it('are the judged steps after the same prefix, and the path follows the chosen one', () => {
    const { main, said } = exported({ 'We read 3 and 4.': 1, 'Their sum is 7.': 1, 'Their sum is 34.': 0, 'We read 3 and 5.': -1 });
    expect(main).toEqual([['We read 3 and 4.', 'Their sum is 7.'], ['We read 3 and 4.', 'Their sum is 34.'], ['We read 3 and 5.']]);
    const first = [
      ['', 'We read 3 and 4.', 1],
      ['', 'We read 3 and 5.', -1],
    ];
    expect(said.map((steps) => steps.toSorted())).toEqual([
      [...first, ['We read 3 and 4.', 'Their sum is 34.', 0], ['We read 3 and 4.', 'Their sum is 7.', 1]],
      [...first, ['We read 3 and 4.', 'Their sum is 34.', 0], ['We read 3 and 4.', 'Their sum is 7.', 1]],
      first,
    ]);
  });

  it('contain each text once, and no text without a judgment', () => {
    const { said } = exported({ 'We read 3 and 4.': 1, 'Their sum is 8.': -1 });
    expect(said).toEqual([
      [
        ['', 'We read 3 and 4.', 1],
        ['We read 3 and 4.', 'Their sum is 8.', -1],
      ],
    ]);
  });

  it('are the same after they are read and exported again', () => {
    const { records } = exported({ 'We read 3 and 4.': 1, 'Their sum is 7.': 1, 'Their sum is 34.': 0 });
    const again = readDocument(records.map((one) => `${JSON.stringify(one)}\n`).join(''), 'jsonl')!;
    expect(exportProblems(again.problems, prm800k, { seed: 1 }).records).toEqual(records);
  });
});
