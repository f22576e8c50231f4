import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isComplete, joinSteps, splitSteps } from '../../server/labeling/policies/stepText.js';
import { splitThinking } from '../../server/labeling/policies/thoughts.js';
import { finalAnswer } from '../../server/reasoning/finalAnswer.js';

describe("the steps of a model's text", () => {
  it.each<[name: string, text: string, steps: string[]]>([
    ['tags', '<step>a</step>\n<step>b\n\nc</step>\n<answer>4</answer>', ['a', 'b\n\nc\n<answer>4</answer>']],
    ['a tag that was cut', '<step>a</step><step>b and', ['a', 'b and']],
    ['the rest of a step that was open', 'and so.</step>\n<step>b</step>', ['and so.', 'b']],
    ['numbers', 'Step 1: a\nmore\nStep 2: b', ['a\nmore', 'b']],
    ['paragraphs', 'a\nmore\n\nb\n\nThe answer is 4.', ['a\nmore', 'b\n\nThe answer is 4.']],
    ['lines', 'He has 3 - 1 = 2.\nThat is 2 * 2 = 4.\n#### 4', ['He has 3 - 1 = 2.', 'That is 2 * 2 = 4.\n#### 4']],
    ['a formula over lines', 'We get\n\\[\nx = 4\n\\]\nThus x is 4.', ['We get', '\\[\nx = 4\n\\]', 'Thus x is 4.']],
    ['an answer alone', '\n<answer>4</answer>', ['<answer>4</answer>']],
    ['nothing', ' \n\n', []],
  ])('are read from %s', (_, text, steps) => {
    expect(splitSteps(text)).toEqual(steps);
  });

  it.each([
    '<step>a</step><answer>4</answer>',
    'a\n\nb\n\n<answer>4</answer>',
    'a\nA: 4',
    'a\n\n$\\boxed{4}$',
    '<step>a</step>\nThe answer is 4.',
  ])('end in the final answer (%s)', (text) => {
    expect(finalAnswer(splitSteps(text).at(-1)!)).toBe('4');
  });

  it('are the same after joinSteps and splitSteps', () => {
    // No step contains `$$`: formulas are never split, so an open display formula would join its step with the next.
    const step = fc
      .stringMatching(/^[a-z0-9=+.,$ ]{1,30}$/)
      .map((text) => text.trim())
      .filter((text) => text !== '' && !text.includes('$$'));
    const steps = fc.tuple(fc.array(step, { minLength: 1, maxLength: 6 }), fc.boolean());
    fc.assert(
      fc.property(steps, ([plain, hasAnswer]) => {
        const all = plain.map((text, i) => (hasAnswer && i === plain.length - 1 ? `${text}\n<answer>4</answer>` : text));
        expect(splitSteps(joinSteps(all))).toEqual(all);
        expect(isComplete(all)).toBe(hasAnswer);
      }),
      { numRuns: 200 },
    );
  });
});

describe('thoughts before an answer', () => {
  it.each<[string, ReturnType<typeof splitThinking>]>([
    ['<think>\nhm\n</think>\n\na', { answer: '\n\na', reasoning: 'hm' }],
    ['hm</think>a', { answer: 'a', reasoning: 'hm' }],
    ['<think>\n\n</think>a', { answer: 'a' }],
    ['<think>hm, and then', { answer: '', reasoning: 'hm, and then' }],
    ['a', { answer: 'a' }],
  ])('are separated from the answer: %j', (text, parts) => {
    expect(splitThinking(text)).toEqual(parts);
  });
});
