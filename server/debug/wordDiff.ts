import { diffArrays } from 'diff';

/** A piece of two texts: in both, only in the first, or only in the second. */
export interface DiffPiece {
  readonly kind: 'same' | 'removed' | 'added';
  /** Begins with a blank if the text has one there. */
  readonly text: string;
}

interface Word {
  readonly word: string;
  /** The word with the blank before it. */
  readonly text: string;
}

/** A command of LaTeX, a Chinese character, a run of letters, a number, or any other character. */
const WORDS = /\s*(\\\p{L}+|\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{M}])+|\p{N}+(?:[.,]\p{N}+)*|\S)/gu;
/** Texts with more words to remove and add than this are replaced as a whole. */
const MOST_CHANGES = 1_000;

/** Returns the words of a text; the number of blanks between them makes no difference. */
export function wordsOf(text: string): Word[] {
  return [...text.trim().matchAll(WORDS)].map(([all, word = '']) => ({ word, text: `${/^\s/.test(all) ? ' ' : ''}${word}` }));
}

/** Returns the fewest changes from the first text to the second. At each place, removed words come before added ones. */
export function wordDiff(first: string, second: string): DiffPiece[] {
  const [a, b] = [wordsOf(first), wordsOf(second)];
  const changes = diffArrays(a, b, { comparator: (one, other) => one.word === other.word, maxEditLength: MOST_CHANGES });
  if (changes === undefined) return [piece('removed', a), piece('added', b)];
  return changes.map(({ removed, added, value }) => piece(removed ? 'removed' : added ? 'added' : 'same', value));
}

const piece = (kind: DiffPiece['kind'], words: readonly Word[]): DiffPiece => ({ kind, text: words.map(({ text }) => text).join('') });
