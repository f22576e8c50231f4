import { describe, expect, it, vi } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { checkForest, codes, fixture, read, solutions } from './fixtures.js';

vi.setConfig({ testTimeout: 30_000 });

/** Reads a fixture, and checks the invariants of all documents and that each step's span is exactly its text. */
function readFixture(name: string): { problems: readonly Problem[]; format: string } {
  const text = fixture(name);
  const document = read(text);
  expect(codes(document)).toEqual([]);
  checkForest(document, text);
  for (const step of document.problems.flatMap((problem) => problem.steps)) {
    expect(JSON.parse(`"${text.slice(step.span.start, step.span.end)}"`)).toBe(step.text);
  }
  return document;
}

describe('the reader of MM-PRM reasoning trees', () => {
  it('reads nodes, their steps as a forest, values and rollouts', () => {
    const { format, problems } = readFixture('mm-prm-tree.json');
    expect(format).toBe('mmPrmTree');
    const problem = problems[0]!;
    expect(problem).toMatchObject({ id: 'tom-1', answer: '10', images: ['images/bags.png'] });
    const nodes = problem.tree!.nodes;
    expect(nodes.map((node) => node.children)).toEqual([[1, 4], [2, 3], [], [], []]);
    expect(nodes.map((node) => node.depth)).toEqual([0, 1, 2, 2, 1]);
    expect(nodes.map((node) => node.visits)).toEqual([4, 1, 0, 0, 0]);
    expect(nodes.map((node) => node.mc)).toEqual([
      { value: 0.5 },
      { value: 0.25 },
      { value: 0 },
      { value: 1, assumed: true },
      { value: 1, assumed: true },
    ]);
    expect(nodes[0]!.steps).toEqual([]);
    expect(nodes[0]!.rollouts.map(({ correct, steps }) => [correct, steps.length])).toEqual([
      [true, 2],
      [false, 2],
      [false, 2],
    ]);
    expect(nodes[0]!.rollouts[1]!.steps[0]).toBe('Three and four are 7 apples.');
    expect(solutions(problem)).toEqual([
      ['Three and four are 7 apples.', '7 - 2 = 5.\n<answer>5</answer>'],
      ['Three and four are 7 apples.', 'Wait: 3 × 4 = 12.', 'The answer is 10.'],
      ['Three bags of 4 are 3 × 4 = 12 apples.', 'He eats 2, so 12 - 2 = 10 are left.\n<answer>10</answer>'],
    ]);
    expect(problem.solutions.map((solution) => solution.correct)).toEqual([false, true, true]);
    expect(problem.solutions.map((solution) => solution.node)).toEqual([2, 3, 4]);
  });

  it('reads a node of several steps as a chain, with its value on the last step', () => {
    const { steps } = readFixture('mm-prm-tree.json').problems[0]!;
    expect(steps.map((step) => [step.node, step.parent, step.values.mc?.value])).toEqual([
      [1, undefined, 0.25],
      [2, 0, 0],
      [3, 0, undefined],
      [3, 2, 1],
      [4, undefined, undefined],
      [4, 4, 1],
    ]);
  });

  it('reads counts, assumed values and judge scores, and reads 0 of 0 as no value', () => {
    const problem = readFixture('steplens-trees.jsonl').problems[0]!;
    expect(problem.id).toBe('7');
    const nodes = problem.tree!.nodes;
    expect(nodes.map((node) => node.mc)).toEqual([
      { value: 0.75, correct: 6, total: 8 },
      { value: 0, correct: 0, total: 1 },
      { value: 1, assumed: true },
      undefined,
    ]);
    expect(nodes[1]!.judge).toBe(0.03125);
    expect(problem.steps[0]!.values).toEqual({ mc: { value: 0, correct: 0, total: 1 }, judge: 0.03125 });
    expect(problem.solutions.map((solution) => solution.correct)).toEqual([false, true, undefined]);
  });

  it('puts every step of a tree with 5,000 nodes into one of its 50 solutions', () => {
    const node = (i: number): string =>
      `{"partial_solution":["step ${i}"],"mc_value":0.5,"visit_count":0,"correct_rollouts":[],"incorrect_rollouts":[["x"]],"children":[`;
    let text =
      '{"question":"q","answer":"1","image_path":"","mc_value":0.5,"visit_count":1,"correct_rollouts":[],"incorrect_rollouts":[],"children":[';
    const groups = 50;
    for (let g = 0; g < groups; g++) {
      for (let i = 0; i < 100; i++) text += node(i);
      text += `]}`.repeat(100) + (g < groups - 1 ? ',' : '');
    }
    const document = read(`${text}]}`);
    expect(document.faults).toEqual([]);
    const problem = document.problems[0]!;
    expect(problem.tree!.nodes.length).toBe(5001);
    expect(problem.solutions.length).toBe(groups);
    expect(new Set(problem.solutions.flatMap((solution) => solution.steps)).size).toBe(5000);
  });
});

describe('the reader of MM-PRM samples', () => {
  it.each(['mm-prm-flattened.json', 'mm-prm-annotation.jsonl'])('reads one step and one label per <prm> from %s', (name) => {
    const { problems } = readFixture(name);
    expect(problems.map(solutions)).toEqual([
      [['Three and four are 7 apples.', '7 - 2 = 5.\n<answer>5</answer>']],
      [['Three bags of 4 are 12.\n\nHe eats 2.', 'So 10.']],
    ]);
    expect(problems.map((problem) => problem.steps.map((step) => step.values.mc))).toEqual([
      [{ value: 0.25 }, { value: 0 }],
      [{ value: 0.875 }, { value: 1 }],
    ]);
    expect(problems[0]!.question).toBe('Tom has 3 bags with 4 apples each and eats 2. How many apples are left?');
    expect(problems[0]!.images).toEqual(['images/bags.png']);
  });

  it('reads candidates with their verdicts and recorded scores, whichever keys a benchmark uses', () => {
    const { format, problems } = readFixture('mm-prm-candidates.json');
    expect(format).toBe('mmPrmCandidates');
    expect(problems[0]).toMatchObject({
      question: 'Hint: give a number.\nQuestion: How many sides has a hexagon?',
      answer: '6',
      images: ['images/hexagon.png'],
    });
    expect(problems[0]!.solutions.map((solution) => solution.correct)).toEqual([true, false]);
    expect(problems[0]!.steps.map((step) => step.values)).toEqual([
      { recordedPrm: 0.9375 },
      { recordedPrm: 0.96875 },
      { recordedPrm: 0.125 },
      { recordedPrm: 0.0625 },
    ]);
    expect(problems[1]).toMatchObject({ question: 'Which is larger?', answer: 'b', images: ['a.png', 'b.png'] });
    expect(problems[1]!.solutions[0]!.correct).toBe(true);
  });
});

describe('the VisualPRM reader', () => {
  it('reads Monte-Carlo counts, and 0 of 0 after the first failing step as missing, not wrong', () => {
    const { format, problems } = readFixture('visualprm-raw.jsonl');
    expect(format).toBe('visualPrmRaw');
    expect(problems[0]!.steps.map((step) => step.values.mc)).toEqual([
      { value: 0.8125, correct: 13, total: 16 },
      { value: 0, correct: 0, total: 16 },
      undefined,
    ]);
    expect(problems[1]!.steps[0]!.text).toBe('1 + 1 = 2 𝟚.');
    expect(problems[1]!.images).toEqual([]);
  });

  it('separates the question from the first step, and reads + and - as hard labels', () => {
    const { format, problems } = readFixture('visualprm400k.jsonl');
    expect(format).toBe('visualPrmConversations');
    expect(problems.map((problem) => problem.question)).toEqual(['Find x.', 'Find y.']);
    expect(problems[0]!.id).toBeUndefined();
    expect(solutions(problems[0]!)).toEqual([['x + 1 = 4.', 'x = 2.']]);
    expect(problems[0]!.steps.map((step) => step.values.mc)).toEqual([
      { value: 1, hard: true },
      { value: 0, hard: true },
    ]);
  });
});

describe('the reader of JSON formats', () => {
  const cases = [
    'mm-prm-tree.json',
    'mm-prm-flattened.json',
    'mm-prm-annotation.jsonl',
    'mm-prm-candidates.json',
    'visualprm-raw.jsonl',
    'visualprm400k.jsonl',
  ];
  it.each(cases)('reads %s the same as an array, JSON Lines or records in a row, with CRLF and a byte order mark', (name) => {
    const text = fixture(name);
    const records = name.endsWith('l')
      ? text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown)
      : [JSON.parse(text) as unknown].flat();
    const expected = read(text).problems.map((problem) => ({
      q: problem.question,
      s: solutions(problem),
      v: problem.steps.map((step) => step.values),
    }));
    const layouts = [
      JSON.stringify(records),
      JSON.stringify(records, null, 2).replaceAll('\n', '\r\n'),
      `\uFEFF${records.map((record) => JSON.stringify(record)).join('\r\n')}`,
      records.map((record) => JSON.stringify(record, null, 1)).join('\n'),
    ];
    for (const layout of layouts) {
      const document = read(layout);
      expect(document.faults).toEqual([]);
      expect(
        document.problems.map((problem) => ({ q: problem.question, s: solutions(problem), v: problem.steps.map((step) => step.values) })),
      ).toEqual(expected);
    }
  });
});

describe('the format for lists of problems', () => {
  it('reads question, answer and figure, without any steps', () => {
    const { format, problems } = readFixture('problems.json');
    expect(format).toBe('problemList');
    expect(problems.map(({ id, answer, images, steps, solutions }) => ({ id, answer, images, steps, solutions }))).toEqual([
      { id: 'bags-1', answer: '10', images: ['images/bags.png'], steps: [], solutions: [] },
      { id: '2', answer: '7', images: [], steps: [], solutions: [] },
      { id: '3', answer: undefined, images: [], steps: [], solutions: [] },
    ]);
    const [first] = problems;
    expect(fixture('problems.json').slice(first!.questionSpan!.start, first!.questionSpan!.end)).toBe(first!.question);
  });

  it('claims records with a final answer, but no quizzes and no solutions without a marked answer', () => {
    const claimed = (record: object) => readDocument(JSON.stringify([record]))?.format;
    expect(claimed({ question: 'q', correct_answer: '7' })).toBe('problemList');
    expect(claimed({ id: 1, question: 'q', answer: 7 })).toBe('problemList');
    expect(claimed({ question: 'q', answer: '7' })).toBeUndefined();
    expect(claimed({ id: 1, question: 'q', answer: 'First 3.\nThen 4.\n#### 7' })).toBe('problemList');
    expect(claimed({ id: 1, question: 'q', answer: 'First 3.\nThen 4.\nThat is 7.' })).toBeUndefined();
    expect(claimed({ id: 1, question: 'q', correct_answer: '7', process: 'Step 1: a' })).toBe('generic');
  });
});
