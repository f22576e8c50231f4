import { describe, expect, it } from 'vitest';
import type { SegmentEncoder } from '../../server/scoring/layouts/encoder.js';
import { remembered } from '../../server/scoring/layouts/remembered.js';

/** An encoder that encodes a text as its length, and records the texts. */
function recording(): { encoder: SegmentEncoder; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    encoder: {
      open(question, images = '') {
        asked.push(`${question}|${images}`);
        return {
          prompt: [question.length, images.length],
          step(text, index) {
            asked.push(`${index === 0 ? 'first ' : ''}${text}`);
            return { ids: index === 0 ? [0, text.length] : [text.length], read: 0 };
          },
        };
      },
    },
  };
}

describe('an encoder that remembers its tokens', () => {
  it('encodes each text of a problem once, and a first step separately from others', () => {
    const { encoder, asked } = recording();
    const kept = remembered(encoder);
    for (let round = 0; round < 2; round++) {
      const problem = kept.open('Why?', '<image>');
      expect(problem.prompt).toEqual([4, 7]);
      expect(problem.step('abc', 0)).toEqual({ ids: [0, 3], read: 0 });
      expect(problem.step('abc', 1)).toEqual({ ids: [3], read: 0 });
    }
    expect(asked).toEqual(['Why?|<image>', 'first abc', 'abc']);
  });

  it('distinguishes problems by question and images, and forgets all but the last four', () => {
    const { encoder, asked } = recording();
    const kept = remembered(encoder);
    kept.open('Why?', 'a');
    kept.open('Why?', 'b');
    kept.open('Why?', 'a');
    expect(asked).toEqual(['Why?|a', 'Why?|b']);
    for (const question of ['1', '2', '3']) kept.open(question);
    kept.open('Why?', 'a');
    kept.open('Why?', 'b');
    expect(asked.slice(2)).toEqual(['1|', '2|', '3|', 'Why?|b']);
  });

  it('encodes a step again for every number if the layout numbers its steps', () => {
    const { encoder, asked } = recording();
    const problem = remembered(encoder, true).open('Why?');
    for (const index of [0, 1, 2, 1, 2]) problem.step('abc', index);
    expect(asked).toEqual(['Why?|', 'first abc', 'abc', 'abc']);
  });

  it('forgets the earlier steps of a problem at the 4097th', () => {
    const { encoder, asked } = recording();
    const problem = remembered(encoder).open('Why?');
    for (let i = 0; i < 4097; i++) problem.step(`${i}`, 1);
    problem.step('4096', 1);
    problem.step('0', 1);
    expect(asked.length).toBe(1 + 4097 + 1);
  });
});
