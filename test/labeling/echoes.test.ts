import { describe, expect, it } from 'vitest';
import { choiceRollout } from '../../server/labeling/policies/choiceRollout.js';
import { Prompts } from '../../server/labeling/policies/openAiPrompt.js';

const question = 'How many apples are there?';
const prefix = ['We have 2 apples.', 'We buy 3 more.'];
const rest = ['So 5.\n<answer>5</answer>'];

function read(text: string, before: readonly string[] = prefix, finish = 'stop') {
  return choiceRollout({ message: { content: text }, finish_reason: finish }, { question, prefix: before });
}

const tagged = (...steps: readonly string[]): string => `${steps.map((step) => `<step>${step}</step>`).join('\n')}\n<answer>5</answer>`;

describe('text that a model repeats', () => {
  it.each([
    ['the last step', tagged('We buy 3 more.', 'So 5.'), 1],
    ['all steps', tagged(...prefix, 'So 5.'), 2],
    ['steps with numbers', `1. ${prefix[0]!}\n2. ${prefix[1]!}\n3. So 5.\n<answer>5</answer>`, 2],
    ['steps in bold', `**${prefix[0]!}**\n\n**${prefix[1]!}**\n\nSo 5.\n\n<answer>5</answer>`, 2],
    ['steps without full stops and capitals', 'we have 2 apples\n\nwe buy  3 more\n\nSo 5.\n\n<answer>5</answer>', 2],
    ['steps behind a sentence of its own', `Sure, here is the rest.\n\n${tagged(...prefix, 'So 5.')}`, 2],
    ['steps in mathematics', '$We have 2 apples$.\n\n\\(We buy 3 more\\).\n\nSo 5.\n\n<answer>5</answer>', 2],
    ['the last step, then all', tagged('We buy 3 more.', ...prefix, 'So 5.'), 2],
    ['the prompt', `${new Prompts({}).chat(question, prefix)}\n${tagged('So 5.')}`, 3],
    ['the end of the prompt', `Question: ${question}\nPrevious Steps:${tagged(...prefix, 'So 5.')}`, 3],
  ])('is removed and counted: %s', (_, text, echoed) => {
    const found = read(text);
    expect(found).toMatchObject({ finish: 'stop', echoed });
    expect('steps' in found && found.steps.at(-1)).toMatch(/^So 5\.\s+<answer>5<\/answer>$/);
    expect('steps' in found && found.steps).toHaveLength(1);
  });

  it('is removed after an introductory sentence, even if it is only one step', () => {
    const [first] = prefix;
    expect(read(`Sure, here is the rest.\n\n${tagged(first!, 'So 5.')}`, [first!])).toMatchObject({ steps: rest, echoed: 1 });
  });

  it('is removed when it is in the same paragraph as the continuation', () => {
    expect(read(`${prefix.join(' ')} So 5. <answer>5</answer>`)).toMatchObject({ steps: ['So 5. <answer>5</answer>'], echoed: 2 });
    expect(read(`${prefix[1]!} So 5. <answer>5</answer>`)).toMatchObject({ steps: ['So 5. <answer>5</answer>'], echoed: 1 });
  });

  it('is removed when it is the labeled question, but kept when a sentence quotes the question', () => {
    expect(read(`Question: ${question}\n\nWe add.\n\n<answer>5</answer>`, [])).toMatchObject({ echoed: 1 });
    const told = read(`We are asked: ${question}\n\nWe add.\n\n<answer>5</answer>`, []);
    expect(told).not.toHaveProperty('echoed');
    expect('steps' in told && told.steps[0]).toBe(`We are asked: ${question}`);
  });
});

describe('a continuation that starts the solution again', () => {
  it.each([
    ['as it was', tagged(prefix[0]!, 'We buy 4 more.', 'So 6.')],
    ['with other blanks', tagged(` ${prefix[0]!.replace(' ', '  ')} `, 'We buy 4 more.')],
    ['with numbers', `Step 1: ${prefix[0]!}\nStep 2: We buy 4 more.\nStep 3: So 6.`],
    ['behind a sentence of its own', `Let us begin.\n\n${tagged(prefix[0]!, 'We buy 4 more.', 'So 6.')}`],
    ['in one paragraph', `${prefix[0]!} We buy 4 more. So 6.`],
  ])('is a failed rollout: %s', (_, text) => {
    expect(read(text)).toEqual({ failure: expect.stringContaining('started the solution again') as string });
  });

  it('is a failed rollout from a middle step too, but not if it repeats the rest or one short step', () => {
    const before = ['We have 2 apples.', 'We buy 3 more apples.', 'We add both numbers.'];
    expect(read(tagged(before[1]!, 'Then 4 are eaten.', 'So 1.'), before)).toHaveProperty('failure');
    expect(read(tagged(before[1]!, before[2]!, 'So 5.'), before)).toMatchObject({ steps: rest, echoed: 2 });
    // A short step may be repeated without being an echo.
    expect(read(tagged('We add.', 'So 5.'), ['We add.', 'We have 2 apples.'])).toHaveProperty('failure');
    expect(read(tagged('We add.', 'So 5.'), ['Look.', 'We add.', 'We have 2 apples.'])).toMatchObject({ finish: 'stop' });
  });

  it('in other words is not recognized and is kept', () => {
    expect(read(tagged('There are 2 apples at first.', 'So 5.'))).toMatchObject({ finish: 'stop' });
    expect(read(tagged('So 5.'))).toEqual({ steps: rest, finish: 'stop' });
  });
});

describe('text that a model writes around its message', () => {
  it.each([
    ['<|im_start|>assistant\n', '<|im_end|>\n<|im_start|>user\nThanks!'],
    ['', '<|eot_id|>'],
    ['<s> [/INST] ', '</s>'],
    ['', '<|endoftext|>The next text of the corpus'],
    ['<|header_start|>assistant<|header_end|>', '<|eot|>'],
    ['<｜Assistant｜>', '<｜User｜>And 3 + 3?'],
    ['<start_of_turn>model\n', '<start_of_turn>user\nThanks!'],
    ['<|START_RESPONSE|>', '<|END_RESPONSE|>'],
    ['', '<|end_of_solution|>'],
    ['', '<|channel|>commentary'],
    ['assistant\n\n', 'assistant\n\nIs there anything else?'],
    ['', '\nuser\nThanks!'],
  ])('is not a step: control tokens %j … %j', (before, behind) => {
    expect(read(`${before}${tagged('So 5.')}${behind}`)).toEqual({ steps: rest, finish: 'stop' });
  });

  it.each(['<|im_end|>\n<|im_start|>user\nThanks!', '<|eot_id|>', '<｜User｜>And now?'])(
    'leaves an empty continuation when nothing else follows a complete solution: %j',
    (behind) => {
      expect(read(behind, ['The answer is 5.'])).toEqual({ steps: [], finish: 'stop' });
    },
  );

  it.each([
    '\n\nQuestion: What is 2 + 2?\n<step>It is 4.</step>\n<answer>4</answer>',
    '\n\n### Problem 2: ..\nThe answer is 9.',
    '\n\nHuman: thanks',
  ])('is not a step: a new question or turn after the answer (%j)', (behind) => {
    expect(read(`${tagged('So 5.')}${behind}`)).toEqual({ steps: rest, finish: 'stop' });
  });

  it('is kept as a step when no answer comes before it', () => {
    const found = read('We look at the list.\n\nQuestion: how many are left? Five.\n\nThe answer is 5.');
    expect('steps' in found && found.steps.join(' ')).toContain('how many are left?');
  });
});
