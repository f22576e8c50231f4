import { describe, expect, it } from 'vitest';
import { checkForest, codes, read, solutions } from './fixtures.js';

const solution = 'Step 1: Add 3 and 4.\nStep 2: The sum is \\boxed{7}.';
const steps = ['Add 3 and 4.', 'The sum is \\boxed{7}.'];
const choice = (content: unknown, index = 0, more: object = {}) => ({
  index,
  message: { role: 'assistant', content, ...more },
  finish_reason: 'stop',
});
const reply = (...choices: object[]) => ({ id: 'chatcmpl-1', object: 'chat.completion', model: 'm', choices, usage: { total_tokens: 9 } });
const messages = [
  { role: 'system', content: 'Think.' },
  { role: 'user', content: 'What is 3 + 4?' },
];

/** Reads a value as one line and as an indented document, and checks the ranges in both. */
function readBoth(value: unknown) {
  const [line, page] = [JSON.stringify(value), JSON.stringify(value, null, 2)];
  const documents = [line, page].map((text) => {
    const document = read(text, 'json');
    checkForest(document, text);
    expect(document.format).toBe('chatCompletion');
    return document;
  });
  expect(documents[0]!.problems.map(solutions)).toEqual(documents[1]!.problems.map(solutions));
  return documents[0]!;
}

describe('the chat completion format', () => {
  it('reads a reply without its request as one candidate per choice, with an empty question', () => {
    const { problems } = readBoth(reply(choice(solution), choice(`<think>\nI add.\n\nI check.\n</think>\n${solution}`, 1)));
    expect(problems.map((problem) => problem.question)).toEqual(['']);
    expect(solutions(problems[0]!)[0]).toEqual(steps);
    expect(problems[0]!.solutions).toHaveLength(2);
    expect(solutions(problems[0]!)[1]!.join(' ')).toContain('I check.');
  });

  it('reads each reply in an array as a problem', () => {
    expect(readBoth([reply(choice(solution)), reply(choice('One.\n\nTwo.'))]).problems.map(solutions)).toEqual([
      [steps],
      [['One.', 'Two.']],
    ]);
  });

  it.each([
    ['messages beside choices', { messages, ...reply(choice(solution)) }],
    ['request and response', { request: { model: 'm', messages }, response: reply(choice(solution)) }],
    ['bodies of both', { request: { body: { messages } }, response: { body: reply(choice(solution)) } }],
    ['input and output', { input: { messages }, output: reply(choice(solution)) }],
    ['a prompt that is a chat', { prompt: messages, response: reply(choice(solution)) }],
    [
      'a prompt that is a text',
      { prompt: 'What is 3 + 4?', choices: [{ text: solution, index: 0, logprobs: null, finish_reason: 'length' }] },
    ],
  ])('reads question, answer and steps from %s', (_, record) => {
    const [problem] = readBoth({ ...record, answer: '7' }).problems;
    expect(problem!.question).toBe('What is 3 + 4?');
    expect(problem!.answer).toBe('7');
    expect(solutions(problem!)).toEqual([steps]);
  });

  it('gives each line of batch output the id of its request, and reports a failed request', () => {
    const text = [
      { id: 'batch_1', custom_id: 'p-1', response: { status_code: 200, request_id: 'r', body: reply(choice(solution)) }, error: null },
      { id: 'batch_2', custom_id: 'p-2', response: null, error: { code: 'timeout', message: 'late' } },
      { id: 'batch_3', custom_id: 'p-3', response: { status_code: 200, body: reply(choice('It is 7.')) }, error: null },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n');
    const document = read(text, 'jsonl');
    checkForest(document, text);
    expect(document.problems.map((problem) => [problem.id, solutions(problem)])).toEqual([
      ['p-1', [steps]],
      ['p-2', []],
      ['p-3', [['It is 7.']]],
    ]);
    expect(codes(document)).toEqual(['no-steps']);
  });

  it('reads `reasoning_content` and `reasoning` as steps before the answer', () => {
    for (const key of ['reasoning_content', 'reasoning']) {
      const [problem] = readBoth(reply(choice('So it is 7.', 0, { [key]: 'I add 3.\n\nI add 4.' }))).problems;
      expect(solutions(problem!)).toEqual([['I add 3.', 'I add 4.', 'So it is 7.']]);
    }
  });

  it('reads content in parts, escapes and images', () => {
    const parts = [{ type: 'text', text: 'First — "é"\n\nSecond \\frac{1}{2}' }];
    const asked = [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'a.png' } },
          { type: 'text', text: 'How many?' },
        ],
      },
    ];
    const [problem] = readBoth({ messages: asked, ...reply(choice(parts)) }).problems;
    expect(solutions(problem!)).toEqual([['First — "é"', 'Second \\frac{1}{2}']]);
    expect([problem!.question, problem!.images]).toEqual(['How many?', ['a.png']]);
  });

  it('does not claim small talk, the options of a question or tool calls', () => {
    const records = [
      reply(choice('Hello! How can I help?')),
      { question: 'Which?', choices: [{ text: 'A dog', label: 'A' }] },
      reply(choice(null, 0, { tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] })),
    ];
    for (const record of records) expect(() => read(JSON.stringify(record), 'json')).toThrow();
  });
});
