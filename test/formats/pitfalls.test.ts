// Over 400 lines: one case for each pitfall of docs/formats.md, in its order.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldsOf, looksLikeReasoning } from '../../server/formats/unrecognized.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { checkForest, codes, read, solutions } from './fixtures.js';
import { testReportedCases } from './reportedCases.js';

const lines = (...records: object[]): string => records.map((record) => JSON.stringify(record)).join('\n');
const first = (...records: object[]): Problem => read(lines(...records)).problems[0]!;
const humans = (problem: Problem) => problem.steps.map((step) => step.values.human);
const hard = (problem: Problem) => problem.steps.map((step) => step.values.mc?.value);
const recorded = (problem: Problem) => problem.steps.map((step) => step.values.recordedPrm);

describe('the PRM800K format', () => {
  const row = (steps: object[], reason = 'solution') => ({
    labeler: 'a',
    question: { problem: 'Q?', ground_truth_answer: '7' },
    label: { steps, finish_reason: reason },
  });
  const completion = (text: string, rating: number | null) => ({ text, rating, flagged: null });

  it('continues with the chosen completion, or with the human one where none was chosen', () => {
    const problem = first(
      row([
        { completions: [completion('a', -1), completion('b', 1)], human_completion: null, chosen_completion: 1 },
        { completions: [completion('c', -1), completion('d', -1)], human_completion: completion('e', null), chosen_completion: null },
        { completions: [completion('f', 0)], human_completion: null, chosen_completion: 0 },
      ]),
    );
    expect(solutions(problem)).toEqual([['a'], ['b', 'c'], ['b', 'd'], ['b', 'e', 'f']]);
    expect(humans(problem)).toEqual([-1, 1, -1, -1, undefined, 0]);
    expect(problem.answer).toBe('7');
  });

  it('keeps every completion where none was chosen, and ends where the labeler gave up', () => {
    const problem = first(
      row(
        [
          { completions: [completion('a', -1), completion('b', -1)], human_completion: null, chosen_completion: null },
          { completions: null, human_completion: null, chosen_completion: null },
        ],
        'give_up',
      ),
    );
    expect(solutions(problem)).toEqual([['a'], ['b']]);
  });
});

describe('the reader of a question with steps', () => {
  it('reads steps that are objects, lists of lines or agent turns, and reports values that are not steps', () => {
    const document = read(
      lines(
        { question: 'Q is what?', steps: ['Add.', { text: 'Then.' }, ['a', 'b'], 7, null], labels: [1, 1, 0, 1, 1] },
        { question: 'Q is what?', steps: [{ thought: 'Add.', action: 'calc(3+4)', observation: '7' }, { thought: 'So 7.' }] },
      ),
    );
    expect(document.problems.map(solutions)).toEqual([[['Add.', 'Then.', 'a\nb']], [['Add.\ncalc(3+4)\n7', 'So 7.']]]);
    expect(humans(document.problems[0]!)).toEqual([1, 1, -1]);
    expect(codes(document).sort()).toEqual(['empty-step', 'wrong-type']);
  });

  it('uses a list of verdicts beside the steps as their labels', () => {
    expect(humans(first({ question: 'Q is what?', steps: ['a', 'b'], is_correct: [true, false] }))).toEqual([1, -1]);
    expect(first({ question: 'Q is what?', steps: ['a', 'b'], labels: [1, 1], is_correct: true }).solutions[0]!.correct).toBe(true);
  });

  it.each(['generated_solution', 'prediction', 'completion', 'cot'])('reads a solution under the key %s', (key) => {
    expect(solutions(first({ question: 'What is 3 + 4?', [key]: 'Step 1: Add.\nStep 2: \\boxed{7}.' }))).toEqual([['Add.', '\\boxed{7}.']]);
  });
});

describe('the ShareGPT format', () => {
  it('reads the turns of a chat with reasoning, and does not claim small talk', () => {
    const chat = (answer: string) => ({
      conversations: [
        { from: 'system', value: 'Think.' },
        { from: 'human', value: 'What is 3 + 4?' },
        { from: 'gpt', value: answer },
      ],
    });
    const problem = first(chat('Step 1: Add.\nStep 2: So 7.'));
    expect([problem.question, solutions(problem)]).toEqual(['What is 3 + 4?', [['Add.', 'So 7.']]]);
    const talk = chat('Hello!');
    talk.conversations.push({ from: 'human', value: 'Thanks' }, { from: 'gpt', value: 'Welcome.' });
    expect(() => read(JSON.stringify(talk), 'json')).toThrow('no format');
  });
});

describe('the Math-Shepherd format', () => {
  it('aligns labels with the input, even if the arithmetic contains + and -', () => {
    const problem = first({
      input: 'Q: 1 + 1? Step 1: 1 + 1 = 2 ки\nStep 2: 2 - 1 ки\nStep 3: + ки',
      label: 'Q: 1 + 1? Step 1: 1 + 1 = 2 -\nStep 2: 2 - 1 +\nStep 3: + -',
      task: 'MATH',
    });
    expect(problem.question).toBe('Q: 1 + 1?');
    expect(hard(problem)).toEqual([0, 1, 0]);
  });

  it('keeps the labels that it can align, and reports the others', () => {
    const document = read(lines({ input: 'Q? Step 1: a ки\nStep 2: b ки', label: 'Q? Step 1: a +\nStep 2: changed -', task: 'MATH' }));
    expect(codes(document)).toEqual(['count-mismatch']);
    expect(hard(document.problems[0]!)).toEqual([1, undefined]);
  });

  it('reads "Step 1:" inside the question as part of the question', () => {
    expect(
      first({
        input: 'What does "Step 1: add" mean? Step 1: It adds. ки',
        label: 'What does "Step 1: add" mean? Step 1: It adds. +',
        task: 'MATH',
      }).question,
    ).toBe('What does "Step 1: add" mean?');
  });
});

describe('the OpenR reader', () => {
  it('reads + and - as labels, and splits steps at five line breaks', () => {
    const problem = first({ question: 'Q?', process: 'a\n\nb\n\n\n\n\nc\n\n\n\n\n', label: ['+', '-'] });
    expect(problem.steps.map((step) => step.text)).toEqual(['a\n\nb', 'c']);
    expect(hard(problem)).toEqual([1, 0]);
  });

  it('reads a tree whose children are keyed by their text, and a null value as missing', () => {
    const problem = first({
      visit_cnt: 3,
      value: 0.5,
      children: { 'We add.': { visit_cnt: 2, value: null, children: {} }, 'We stop.': { visit_cnt: 1, value: 0.25, children: {} } },
    });
    expect(solutions(problem)).toEqual([['We add.'], ['We stop.']]);
    expect(recorded(problem)).toEqual([undefined, 0.25]);
  });

  it('builds the tree from solution prefixes in any order', () => {
    const prefixes = ['Q?\n\na\n\nb', 'Q?\n\nc', 'Q?', 'Q?\n\na'].map((solution_prefix, i) => ({ solution_prefix, mc_value: i / 4 }));
    const problem = first({ question: 'Q?', final_answer: '1', reasoning_steps: prefixes });
    expect(solutions(problem)).toEqual([['a', 'b'], ['c']]);
    expect(hard(problem)).toEqual([0.75, 0, 0.25]);
    expect(problem.tree!.nodes[0]!.mc?.value).toBe(0.5);
  });
});

describe('the reader of MR-GSM8K and ReasonEval', () => {
  const row = { uuid: 'u', question: 'Q?', ground_truth_answer: '7', model_output_answer_correctness: 'incorrect' };
  const wrong = { ...row, model_output_solution_correctness: 'wrong' };

  it('counts the step of the first error from 1', () => {
    expect(humans(first({ ...wrong, model_output_steps: ['a', 'b', 'c'], model_output_solution_first_error_step: 2 }))).toEqual([
      1,
      -1,
      undefined,
    ]);
    expect(
      humans(
        first({
          ...row,
          model_output_steps: ['a', 'b'],
          model_output_solution_correctness: 'correct',
          model_output_solution_first_error_step: 'N/A',
        }),
      ),
    ).toEqual([1, 1]);
  });

  it('labels no step of a wrong solution whose first error is not given, and reports it', () => {
    const document = read(lines({ ...wrong, model_output_steps: ['a'], model_output_solution_first_error_step: 'N/A' }));
    expect(codes(document)).toEqual(['wrong-type']);
    expect(humans(document.problems[0]!)).toEqual([undefined]);
  });

  it('reads steps that are lists of lines, with scores per line or per step', () => {
    const steps = {
      ...wrong,
      model_output_step_format: [['a', 'b'], ['c']],
      model_output_solution_first_error_step: 'N/A',
      model_output_solution_correctness: undefined,
    };
    expect(recorded(first({ ...steps, scores: [0.5, 0.25, 0.75] }))).toEqual([0.25, 0.75]);
    expect(recorded(first({ ...steps, scores: [0.5, 0.75] }))).toEqual([0.5, 0.75]);
    expect(
      recorded(
        first({
          ...steps,
          scores: [
            [0.5, 0.25, 0.25],
            [0, 0, 1],
          ],
        }),
      ),
    ).toEqual([0.5, 1]);
    expect(humans(first({ ...steps, rating: [1, 0] }))).toEqual([1, 0]);
  });
});

describe('candidates that are plain texts', () => {
  it('are split so that the number of steps matches the number of scores', () => {
    const problem = first({
      prompt: 'Q?',
      answers: ['a ки\nb ки\n', 'c\n\nd\ne', 'f\ng'],
      labels: [1, 0, 1],
      step_scores: [
        [0.5, 0.25],
        [0.5, 0.25],
        [0.5, 0.25],
      ],
    });
    expect(solutions(problem)).toEqual([
      ['a', 'b'],
      ['c', 'd\ne'],
      ['f', 'g'],
    ]);
    expect(problem.solutions.map((solution) => solution.correct)).toEqual([true, false, true]);
  });

  it('are reported when no split matches the number of scores', () => {
    const document = read(lines({ problem: 'Q?', completions: ['a\n\nb'], scores: [[0.5, 0.5, 0.5]] }));
    expect(codes(document)).toEqual(['count-mismatch']);
    expect(solutions(document.problems[0]!)).toEqual([['a', 'b']]);
  });
});

describe('the reader of search trees', () => {
  it('reads the tree of llm-reasoners after each iteration as a problem', () => {
    const nodes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, id) => [id, { id, data: { state: [{ sub_answer: `answer ${id}` }] } }]));
    const edges = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, id) => [id, { id, source: 0, target: id + 1, data: { Q: 0.5 } }]));
    const document = read(
      JSON.stringify({
        logs: [
          { nodes: nodes(2), edges: edges(1) },
          { nodes: nodes(3), edges: edges(2) },
        ],
      }),
    );
    expect(document.problems.map((problem) => problem.id)).toEqual(['iteration 1', 'iteration 2']);
    expect(document.problems.map(solutions)).toEqual([[['answer 1']], [['answer 1'], ['answer 2']]]);
    expect(recorded(document.problems[1]!)).toEqual([0.5, 0.5]);
  });

  it.each([
    ['rstar', 1],
    ['react', 0],
  ])('reads node tags that are paths (%s)', (key, base) => {
    const tag = (...path: number[]) => ['0', ...path.map((i) => i + base)].join('.');
    const node = (text: string, q_value: number, visit_count = 1) => ({ text, q_value, visit_count, value: -100 });
    const problem = first({
      question: 'Q?',
      answer: '1',
      [key]: { [tag(0, 0)]: node('b', -1), '0': node('', 0), [tag(0)]: node('a', 0.5), [tag(1)]: node('c', 0, 0) },
    });
    expect(solutions(problem)).toEqual([['a', 'b'], ['c']]);
    expect(problem.tree!.nodes.map((one) => one.mc?.value)).toEqual([0.5, 0.75, 0, undefined]);
  });

  it('reads the trace of an rStar rollout in its order', () => {
    const problem = first({
      trace: {
        0: { user_question: 'Q?', ost_step: { 1: 'First.' } },
        1: { subquestion: 'How?', subanswer: { text: 'So.', value: 0.25 }, ost_step: {} },
      },
      rollout_id: 3,
    });
    expect(problem).toMatchObject({ id: 'rollout 3', question: 'Q?' });
    expect(solutions(problem)).toEqual([['First.', 'How?\nSo.']]);
  });
});

describe('the reader of chats', () => {
  it('reads question, image and step of VL-PRM300K, with content in parts', () => {
    const problem = first({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', image: 'a.png', text: '<image>' },
            { type: 'text', text: '### Question:\nHow many?\n\n### Solution Process:\nThree.' },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: '+' }] },
      ],
    });
    expect(problem).toMatchObject({ question: 'How many?', images: ['a.png'] });
    expect(solutions(problem)).toEqual([['Three.']]);
  });

  it('does not claim a chat without reasoning', () => {
    expect(() =>
      read(
        lines({
          messages: [
            { role: 'user', content: 'hi' },
            { role: 'assistant', content: 'hello' },
          ],
        }),
      ),
    ).toThrow('no format');
  });

  it('splits a single answer into its steps', () => {
    const problem = first({
      messages: [
        { role: 'user', content: 'Q?' },
        { role: 'assistant', content: 'Step 1: a\n\nStep 2: b' },
      ],
    });
    expect(solutions(problem)).toEqual([['a', 'b']]);
  });
});

describe('the generic format', () => {
  it('reads every text under a solution key once one of them shows signs of reasoning', () => {
    const plain = { question: 'Q?', response: 'Eggs are sold.\n\nSo there are many.' };
    expect(() => read(lines(plain))).toThrow('no format');
    for (const sign of [
      'Schritt 1: a\nSchritt 2: b',
      '第一步：加。\n第二步：得7。',
      '3 + 4 = 7.\n\n7 - 2 = 5.',
      'Add. The answer is 7.',
      '答案：7',
    ]) {
      const document = read(lines({ question: 'Q?', response: sign }, plain));
      expect(document.format, sign).toBe('generic');
      expect(codes(document)).toEqual([]);
      expect(document.problems.map((problem) => problem.steps.length > 0)).toEqual([true, true]);
      expect(solutions(document.problems[1]!)).toEqual([['Eggs are sold.', 'So there are many.']]);
    }
  });

  it('splits lines into steps, and keeps the answer lines of GSM8K and MetaMath in the last step', () => {
    expect(solutions(first({ question: 'Q?', response: 'Tom has 4.\nAnn has 8.\nTogether 12.\n#### 12\nThe answer is: 12' }))).toEqual([
      ['Tom has 4.', 'Ann has 8.', 'Together 12.\n#### 12\nThe answer is: 12'],
    ]);
  });

  it.each([
    [
      'human labels',
      { question: 'Q?', steps: ['a', 'b', 'c'], labels: [1, 0, -1] },
      (problem: Problem) => expect(humans(problem)).toEqual([1, 0, -1]),
    ],
    [
      '0 as wrong without -1',
      { question: 'Q?', steps: ['a', 'b'], labels: [1, 0] },
      (problem: Problem) => expect(humans(problem)).toEqual([1, -1]),
    ],
    [
      'signs and words',
      { src: ['Q?'], responses: ['a', 'b'], labels: ['+', 'incorrect'] },
      (problem: Problem) => expect(humans(problem)).toEqual([1, -1]),
    ],
    [
      'fractions as Monte-Carlo values',
      { prompt: 'Q?', steps: ['a', 'b'], labels: [1, 0.25] },
      (problem: Problem) => expect(hard(problem)).toEqual([1, 0.25]),
    ],
    [
      'recorded scores',
      { problem: 'Q?', solution: 'a\n\nb', scores: [0.5, 0.25] },
      (problem: Problem) => expect(recorded(problem)).toEqual([0.5, 0.25]),
    ],
    [
      'scores in step objects',
      {
        question: 'Q?',
        steps: [
          { text: 'a', reward: 0.5 },
          { text: 'b', label: false },
        ],
      },
      (problem: Problem) => expect([recorded(problem)[0], humans(problem)[1]]).toEqual([0.5, -1]),
    ],
    [
      'verdicts on several solutions',
      { question: 'Q?', responses: ['a\n\nb', 'c'], labels: [1, 0] },
      (problem: Problem) => expect(problem.solutions.map((one) => one.correct)).toEqual([true, false]),
    ],
    [
      'a question in a chat',
      { prompt: [{ role: 'user', content: 'Q?' }], response: 'Step 1: a\nStep 2: b' },
      (problem: Problem) => expect(problem.question).toBe('Q?'),
    ],
  ])('reads %s', (_, record, check) => {
    const document = read(lines(record));
    expect(document.format).toBe('generic');
    expect(codes(document)).toEqual([]);
    check(document.problems[0]!);
  });

  it.each([
    ['instructions', { instruction: 'Translate.', input: 'hi', output: 'salut' }],
    ['an FAQ', { question: 'How do I start?', response: 'Type make.' }],
    ['a job', { name: 'build', steps: ['checkout', 'make'] }],
    ['a task list', { task: 'install', steps: ['clone', 'build'] }],
  ])('does not claim %s', (_, record) => {
    expect(() => read(lines(record))).toThrow('no format');
  });
});

describe('the format for lists of problems', () => {
  it.each([
    ['MATH-500', { problem: 'Q?', solution: 'Because.\n\nSo 7.', answer: '7', subject: 'Algebra', level: 2, unique_id: 'a' }],
    ['AIME', { ID: '2024-1', Problem: 'Q?', Solution: 'Because.', Answer: 7 }],
    ['GSM8K', { question: 'Q?', answer: '3 + 4 = <<3+4=7>>7\n#### 7' }],
    ['ReST-MCTS*', { content: 'Q?', answer: '7' }],
    ['rStar-Math', { index: 0, question: 'Q?', answer: '7' }],
  ])('reads question and answer of %s, and no steps to score', (_, record) => {
    const document = read(lines(record));
    expect(document.format).toBe('problemList');
    expect(document.problems[0]).toMatchObject({ question: 'Q?', answer: '7', steps: [] });
    expect(codes(document)).toEqual([]);
  });
});

describe('files that no format claims', () => {
  it('are offered for mapping, with their fields, only if their keys look like reasoning data', () => {
    const head = JSON.stringify([{ ask: { text: 'Q?' }, trace: [{ thought: 'a' }], reward: [1] }]);
    expect(looksLikeReasoning(head)).toBe(true);
    expect(fieldsOf(head)).toEqual([
      { path: 'ask', sample: '{"text":"Q?"}', isList: false },
      { path: 'ask.text', sample: '"Q?"', isList: false },
      { path: 'trace', sample: '[{"thought":"a"}]', isList: true },
      { path: 'reward', sample: '[1]', isList: true },
    ]);
    for (const other of ['{"name":"x","scripts":{"test":"a"},"version":"1"}', '{"compilerOptions":{}}', '[1,2]', 'text'])
      expect(looksLikeReasoning(other)).toBe(false);
  });
});

describe('the images of a problem', () => {
  it('are read from paths, files in base64, and objects with a path or bytes', () => {
    const base64 = `iVBORw0KGgo${'A'.repeat(100)}`;
    const problem = first({
      id: 'a',
      question: 'Q?',
      answer: '7',
      image: ['a.png', base64, { path: 'b.png', bytes: null }, { bytes: base64, path: 'c.png' }],
    });
    expect(problem.images).toEqual(['a.png', `data:image/png;base64,${base64}`, 'b.png']);
  });
});

testReportedCases();

// Rows of published files. Skipped unless they are beside the repository.
const data = new URL('../../../shared/data/', import.meta.url);
const wherePresent = existsSync(data) ? describe : (): void => undefined;
wherePresent('published rows', () => {
  const rows = (file: string): Record<string, unknown>[] => {
    const text = readFileSync(new URL(file, data), 'utf8');
    return text.trimStart().startsWith('[')
      ? (JSON.parse(text) as Record<string, unknown>[])
      : text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const problems = (file: string): readonly Problem[] => {
    const text = readFileSync(new URL(file, data), 'utf8');
    const document = read(text);
    checkForest(document, text);
    expect(codes(document).filter((code) => code !== 'out-of-range')).toEqual([]);
    return document.problems;
  };

  it('of Math-Shepherd and OpenR have the labels of their files', () => {
    const shepherd = rows('openr/math-shepherd.jsonl').map(({ label }) =>
      [...(label as string).matchAll(/ ([+-])(?:\n|$)/g)].map((sign) => (sign[1] === '+' ? 1 : 0)),
    );
    expect(problems('openr/math-shepherd.jsonl').map(hard)).toEqual(shepherd);
    expect(problems('openr/prm-code-test.json').map(hard)).toEqual(rows('openr/prm-code-test.json').map(({ labels }) => labels));
  });

  it('of PRM800K have every rating', () => {
    type Row = {
      label: { steps: { completions: { rating: number | null }[] | null; human_completion: { rating: number | null } | null }[] };
    };
    const ratings = (rows('openr/prm800k.jsonl') as unknown as Row[]).map(({ label }) =>
      label.steps.flatMap(({ completions, human_completion }) =>
        [...(completions ?? []), ...(human_completion ? [human_completion] : [])].map(({ rating }) => rating ?? undefined),
      ),
    );
    expect(problems('openr/prm800k.jsonl').map(humans)).toEqual(ratings);
  });

  it('of OpenR trees have every node and value', () => {
    type Node = { mc_value: number; children: Node[] };
    const values = (node: Node): number[] => [node.mc_value, ...node.children.flatMap(values)];
    const trees = rows('openr/math-aps-tree.jsonl').map(({ reasoning_steps }) => values(reasoning_steps as Node));
    expect(problems('openr/math-aps-tree.jsonl').map((problem) => problem.tree!.nodes.map((node) => node.mc?.value))).toEqual(trees);
    const flat = rows('openr/math-aps.jsonl').map(({ reasoning_steps }) =>
      (reasoning_steps as { mc_value: number }[]).map(({ mc_value }) => mc_value).sort(),
    );
    expect(problems('openr/math-aps.jsonl').map((problem) => problem.tree!.nodes.flatMap((node) => node.mc?.value ?? []).sort())).toEqual(
      flat,
    );
  });

  it('of GSM8K have every line and verdict', () => {
    const solved = problems('gsm8k/example_model_solutions.jsonl');
    rows('gsm8k/example_model_solutions.jsonl').forEach((row, i) => {
      const models = Object.values(row).filter((value) => typeof value === 'object') as { is_correct: boolean; solution: string }[];
      expect(solutions(solved[i]!)).toEqual(
        models.map(({ solution }) =>
          solution
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line !== ''),
        ),
      );
      expect(solved[i]!.solutions.map((solution) => solution.correct)).toEqual(models.map(({ is_correct }) => is_correct));
    });
  });

  it('of rStar-Math and VisualProcessBench have their verdicts and labels', () => {
    expect(problems('rstar-math/rm_data_examples.json').map((problem) => problem.solutions.map((solution) => solution.correct))).toEqual(
      Array(5).fill([true, false]),
    );
    expect(problems('rstar-math/sft_data_examples.json').every((problem) => problem.steps.length > 1)).toBe(true);
    type Row = { response: { process_correctness: number[] } };
    const labels = (rows('visualprocessbench/visualprocessbench.jsonl') as unknown as Row[]).map(
      ({ response }) => response.process_correctness,
    );
    expect(problems('visualprocessbench/visualprocessbench.jsonl').map(humans)).toEqual(labels);
  });
});
