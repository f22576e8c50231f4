import { describe, expect, it } from 'vitest';
import { usageOf } from '../../server/labeling/economy/batchCost.js';
import { choiceRollout } from '../../server/labeling/policies/choiceRollout.js';
import type { Choice } from '../../server/remote/choices.js';

const solution = '<step>2 + 3 = 5.</step>\n<answer>5</answer>';
const steps = ['2 + 3 = 5.\n<answer>5</answer>'];
const read = (choice: Choice, prefix: readonly string[] = []) => choiceRollout(choice, { question: 'What is 2 + 3?', prefix });
const said = (content: unknown, more: object = {}) => read({ message: { content, ...more }, finish_reason: 'stop' });

describe('a completion with this finish_reason', () => {
  it.each(['stop', 'eos_token', 'stop_sequence', 'end_turn', 'COMPLETE', 'STOP', '', undefined, null])('ends normally: %j', (reason) => {
    expect(read({ message: { content: solution }, finish_reason: reason })).toEqual({ steps, finish: 'stop' });
  });

  it.each(['length', 'max_tokens', 'MAX_TOKENS', 'model_length', 'model_context_window_exceeded'])(
    'is cut at the token limit: %j',
    (reason) => {
      expect(read({ message: { content: solution }, finish_reason: reason })).toEqual({ steps, finish: 'length' });
    },
  );

  it.each([
    ['content_filter', 'withheld the text (content_filter)'],
    ['SAFETY', 'withheld the text (SAFETY)'],
    ['refusal', 'withheld the text (refusal)'],
    ['sensitive', 'withheld the text (sensitive)'],
    ['tool_calls', 'called a tool'],
    ['function_call', 'called a tool'],
    ['MALFORMED_FUNCTION_CALL', 'called a tool'],
  ])('is a permanently failed rollout: %j', (reason, sentence) => {
    expect(read({ message: { content: solution }, finish_reason: reason })).toEqual({
      failure: expect.stringContaining(sentence) as string,
    });
  });

  it.each(['abort', 'error', 'cancelled', 'insufficient_system_resource', 'network_error', 'timeout'])(
    'is a temporarily failed rollout: %j',
    (reason) => {
      expect(read({ text: '<step>2 + 3', finish_reason: reason })).toEqual({
        failure: expect.stringContaining(`broke off the text (${reason})`) as string,
        isTemporary: true,
      });
    },
  );
});

describe('thoughts of a reasoning model', () => {
  it.each([
    ['<think>', '</think>'],
    ['', '</think>'],
    ['<thinking>', '</thinking>'],
    ['[THINK]', '[/THINK]'],
    ['◁think▷', '◁/think▷'],
    ['<seed:think>', '</seed:think>'],
    ['<|begin_of_thought|>', '<|end_of_thought|>'],
    ['<|START_THINKING|>', '<|END_THINKING|>'],
    ['<|channel|>analysis<|message|>', '<|end|><|start|>assistant<|channel|>final<|message|>'],
  ])('are kept as reasoning and never read as steps: %s…%s', (opens, closes) => {
    const thought = 'First <answer>6, no: <step>wrong</step>';
    const found = said(`${opens}${thought}${closes}\n\n${solution}`);
    expect(found).toMatchObject({ steps, finish: 'stop' });
    expect('reasoning' in found && found.reasoning).toContain('First <answer>6, no');
    const endless = opens === '' ? [] : [said(`${opens}${thought}`), read({ message: { content: `${opens}${thought}` } }, ['We add.'])];
    for (const one of endless) expect(one).toEqual({ failure: 'The model thought and wrote no answer.' });
  });

  it('in a field of their own do not make an empty text a valid continuation', () => {
    const message = { content: null, reasoning_content: 'We add.' };
    for (const content of [null, '', ' ', []])
      expect(read({ message: { ...message, content }, finish_reason: 'stop' }, ['We add.'])).toEqual({
        failure: 'The model thought and wrote no answer.',
      });
    // An empty text is a valid continuation of a complete solution.
    expect(read({ message: { content: '' }, finish_reason: 'stop' }, ['The answer is 5.'])).toEqual({ steps: [], finish: 'stop' });
  });

  it('in a content part of their own are kept as reasoning, not as steps', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'We add.' }] };
    expect(said([thinking, { type: 'text', text: solution }])).toEqual({ steps, finish: 'stop', reasoning: 'We add.' });
  });
});

it('a refusal or a function call of the model is a failed rollout', () => {
  expect(said(null, { refusal: 'I cannot help.' })).toEqual({ failure: 'The model refused: I cannot help.' });
  expect(said(solution, { refusal: null })).toMatchObject({ steps });
  expect(said(null, { function_call: { name: 'add', arguments: '{}' } })).toMatchObject({
    failure: expect.stringContaining('tool') as string,
  });
});

it.each([
  [{ prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 3 } }, 3],
  [{ prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: null, prompt_cache_hit_tokens: 5, prompt_cache_miss_tokens: 4 }, 5],
  [{ prompt_tokens: 9, completion_tokens: 4, cached_tokens: 6 }, 6],
  [{ prompt_tokens: 9, completion_tokens: 4 }, 0],
])('usageOf reads cached tokens from every field that servers use, and 0 without one (%j)', (usage, cachedTokens) => {
  expect(usageOf({ usage })).toEqual({ promptTokens: 9, completionTokens: 4, cachedTokens, retries: 0 });
});

it.each([{ completion_tokens: 4 }, { prompt_tokens: 9 }, { prompt_tokens: 9, completion_tokens: null }])(
  'usageOf marks the usage as unreported when a token count is missing (%j)',
  (usage) => {
    expect(usageOf({ usage })).toMatchObject({ isUnreported: true });
  },
);
