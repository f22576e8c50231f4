import { itemAt } from '../reasoning/present.js';

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
/** Above this many pairs of words the part that differs is replaced as a whole. */
const MOST_PAIRS = 1_000_000;

/** The words of a text; how many blanks are between them makes no difference. */
export function wordsOf(text: string): Word[] {
  return [...text.trim().matchAll(WORDS)].map(([all, word = '']) => ({ word, text: `${/^\s/.test(all) ? ' ' : ''}${word}` }));
}

/**
 * What to take out of the first text and to put in to get the second one: a longest common subsequence of their words, what is taken out
 * before what is put in. O(words x words) where they differ.
 */
export function wordDiff(first: string, second: string): DiffPiece[] {
  const [a, b] = [wordsOf(first), wordsOf(second)];
  let start = 0;
  while (start < a.length && start < b.length && a[start]?.word === b[start]?.word) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end]?.word === b[b.length - 1 - end]?.word) end++;
  const middle = [a.slice(start, a.length - end), b.slice(start, b.length - end)] as const;
  return joined([...b.slice(0, start).map(same), ...differing(...middle), ...b.slice(b.length - end).map(same)]);
}

const same = ({ text }: Word): DiffPiece => ({ kind: 'same', text });
const removed = ({ text }: Word): DiffPiece => ({ kind: 'removed', text });
const added = ({ text }: Word): DiffPiece => ({ kind: 'added', text });

function differing(a: readonly Word[], b: readonly Word[]): DiffPiece[] {
  if (a.length * b.length > MOST_PAIRS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  // Length of the longest common subsequence of what is behind each pair of words.
  const common = new Uint16Array((a.length + 1) * width);
  const behind = (i: number, j: number): number => itemAt(common, i * width + j);
  const isSame = (i: number, j: number): boolean => a[i]?.word === b[j]?.word;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = isSame(i, j) ? behind(i + 1, j + 1) + 1 : Math.max(behind(i + 1, j), behind(i, j + 1));
  const pieces: DiffPiece[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (isSame(i, j)) {
      pieces.push(same(itemAt(b, j++)));
      i++;
    } else if (behind(i + 1, j) >= behind(i, j + 1)) pieces.push(removed(itemAt(a, i++)));
    else pieces.push(added(itemAt(b, j++)));
  }
  return [...pieces, ...a.slice(i).map(removed), ...b.slice(j).map(added)];
}

/** Pieces of one kind as one; between two that are in both, what was taken out comes first. */
function joined(pieces: readonly DiffPiece[]): DiffPiece[] {
  const out: DiffPiece[] = [];
  let change = { removed: '', added: '' };
  const flush = (): void => {
    for (const kind of ['removed', 'added'] as const) if (change[kind] !== '') out.push({ kind, text: change[kind] });
    change = { removed: '', added: '' };
  };
  for (const { kind, text } of pieces) {
    if (kind !== 'same') {
      change = { ...change, [kind]: change[kind] + text };
      continue;
    }
    flush();
    const last = out.at(-1);
    if (last?.kind === 'same') out[out.length - 1] = { kind, text: last.text + text };
    else out.push({ kind, text });
  }
  flush();
  return out;
}
