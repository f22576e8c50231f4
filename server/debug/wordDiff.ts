import { diffArrays } from 'diff';

/** A piece of two texts: in both, only in the first, or only in the second. */
export interface DiffPiece {
  readonly kind: 'same' | 'removed' | 'added';
  /** Begins with a blank where the text has one there. */
  readonly text: string;
}

interface Word {
  readonly word: string;
  /** The word with the blank before it. */
  readonly text: string;
}

/** A command of LaTeX, a Chinese character, a run of letters, a number, or any other character. */
const WORDS = /\s*(\\\p{L}+|\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{M}])+|\p{N}+(?:[.,]\p{N}+)*|\S)/gu;
/** Words to remove and to add; texts that differ in more are replaced as a whole. */
const MOST_CHANGES = 1_000;

/** The words of a text; how many blanks are between them makes no difference. */
export function wordsOf(text: string): Word[] {
  return [...text.trim().matchAll(WORDS)].map(([all, word = '']) => ({ word, text: `${/^\s/.test(all) ? ' ' : ''}${word}` }));
}

/** The fewest words to remove from the first text and to add to get the second one; at each place removed words come first. */
export function wordDiff(first: string, second: string): DiffPiece[] {
  const [a, b] = [wordsOf(first), wordsOf(second)];
  const changes = diffArrays(a, b, { comparator: (one, other) => one.word === other.word, maxEditLength: MOST_CHANGES });
  if (changes === undefined) return [piece('removed', a), piece('added', b)];
  return changes.map(({ removed, added, value }) => piece(removed ? 'removed' : added ? 'added' : 'same', value));
}

const piece = (kind: DiffPiece['kind'], words: readonly Word[]): DiffPiece => ({ kind, text: words.map(({ text }) => text).join('') });
