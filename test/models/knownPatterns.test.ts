import { describe, expect, it } from 'vitest';
import { hasKnownPatternsOnly } from '../../server/models/knownPatterns.js';
import { withinTime } from '../../server/models/timeLimit.js';
import { loadTokenizer } from '../../server/models/tokenizer.js';

const split = (regex: unknown) => ({
  type: 'Sequence',
  pretokenizers: [{ type: 'Split', pattern: { Regex: regex } }, { type: 'ByteLevel' }],
});

describe('the regular expressions of a tokenizer', () => {
  it('need no time limit if all of them are known, wherever they occur', () => {
    expect(hasKnownPatternsOnly([null, undefined, split('\\p{N}'), { type: 'Replace', pattern: { String: '(a+)+' } }])).toBe(true);
    for (const regex of ['(a+)+$', '\\p{N} ', ['\\p{N}'], null, ''])
      expect(hasKnownPatternsOnly([null, split('\\p{N}'), { normalizers: [split(regex)] }]), String(regex)).toBe(false);
  });

  it.each(['media/models/mini', 'test/fixtures/models/families/qwen2.5-math-prm', 'test/fixtures/models/families/rlhflow'])(
    'of %s end within 2 s on 1000 repetitions of a text, also where the end does not match',
    async (folder) => {
      const tokenizer = await loadTokenizer(`${folder}/tokenizer.json`);
      for (const piece of [' ', '\n', '\r', "'", '1', '.', ' .', "'l", '\u0301', ' \n ', '\u{1f642}']) {
        const text = `${piece.repeat(1000)}x`;
        expect(withinTime(2000, () => tokenizer.encode('{text}', { text })).length, JSON.stringify(piece)).toBeGreaterThan(0);
      }
    },
  );
});
