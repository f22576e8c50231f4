import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DiffPiece, wordDiff, wordsOf } from '../../server/debug/wordDiff.js';

const shown = (pieces: readonly DiffPiece[]) =>
  pieces.map(({ kind, text }) => (kind === 'same' ? text : `${kind === 'removed' ? '-' : '+'}[${text}]`)).join('');

/** The words of one side. */
const side = (pieces: readonly DiffPiece[], kind: 'removed' | 'added') =>
  pieces
    .filter((piece) => piece.kind !== (kind === 'removed' ? 'added' : 'removed'))
    .flatMap(({ text }) => wordsOf(text).map(({ word }) => word));

/** Length of the longest common subsequence, by its definition. */
function longest(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1));
  return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)));
}

describe('wordDiff', () => {
  it.each([
    ['So the price is 7 dollars.', 'So the price is 8 dollars.', 'So the price is-[ 7]+[ 8] dollars.'],
    ['3 + 4 = 7.', '3 * 4 = 12.', '3-[ +]+[ *] 4 =-[ 7]+[ 12].'],
    ['$\\frac{52}{12}$', '$\\dfrac{52}{12}$', '$-[\\frac]+[\\dfrac]{52}{12}$'],
    ['1,250.5 kg', '1,250.6 kg', '-[1,250.5]+[1,250.6] kg'],
    ['答案是七', '答案是八', '答案是-[七]+[八]'],
    ['one two', 'one  two\n', 'one two'],
    ['', 'new words', '+[new words]'],
    ['a b', 'a', 'a-[ b]'],
    ['', '', ''],
  ])('marks the words that differ between %j and %j', (first, second, expected) => {
    expect(shown(wordDiff(first, second))).toBe(expected);
  });

  it('has every word of both texts in order, and the longest common sequence of words', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', '7'), { maxLength: 7 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const pieces = wordDiff(a.join(' '), b.join(' '));
        expect(side(pieces, 'removed')).toEqual(a);
        expect(side(pieces, 'added')).toEqual(b);
        expect(pieces.filter(({ kind }) => kind === 'same').flatMap(({ text: words }) => wordsOf(words))).toHaveLength(longest(a, b));
        for (const [i, piece] of pieces.entries()) expect(piece.kind).not.toBe(pieces[i - 1]?.kind);
      }),
    );
  });

  it('replaces the whole text when more than 1,000 words differ', () => {
    const kinds = (count: number) => wordDiff(`Start${' a'.repeat(count)}`, `Start${' b'.repeat(count)}`).map(({ kind }) => kind);
    expect(kinds(500)).toEqual(['same', 'removed', 'added']);
    expect(kinds(501)).toEqual(['removed', 'added']);
  });
});
