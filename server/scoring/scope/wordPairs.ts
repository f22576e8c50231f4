import { resolve } from 'node:path';
import { english } from '../../l10n.js';
import type { Fields } from '../../models/fields.js';
import { ModelError } from '../../models/modelError.js';
import { readModelText } from '../../models/modelFiles.js';
import type { CommonScopeSettings } from './scope.js';

/** The measure is the share of a text's neighboring words that are neighbors somewhere in the text the model was trained on. */
export interface WordPairSettings extends CommonScopeSettings {
  readonly kind: 'word-pairs';
  /** Known pairs, relative to the profile: one a line, the two words separated by a space. */
  readonly pairs: string;
}

/** Represent the beginning and the end of a text, which form pairs with its first and its last word. */
const begin = '^';
const end = '$';
const letter = /^[\p{L}\p{M}]/u;
const smallNumber = /^\d{1,4}$/;
/** Any whole number of at most four digits. */
const number = '#';

export function readWordPairSettings(fields: Fields): Omit<WordPairSettings, keyof CommonScopeSettings> {
  return { kind: 'word-pairs', pairs: fields.text('pairs') };
}

/** Reads the pairs a profile names; rejects with ModelError. The result gives the known share of a text, in [0, 1]. */
export async function openWordPairs({ pairs: file }: WordPairSettings, modelFolder: string): Promise<(text: string) => number> {
  const path = resolve(modelFolder, file);
  const lines = (
    await readModelText(path, english("Put the file that 'scope.pairs' of prm.json names there, or correct the profile."))
  ).split(/\r?\n/);
  /** By the first word of the pair. */
  const followers = new Map<string, Set<string>>();
  lines.forEach((line, index) => {
    if (line === '') return;
    const [, before, after] = /^(\S+) (\S+)$/.exec(line) ?? [];
    if (before === undefined || after === undefined)
      throw new ModelError(
        english('{0}, line {1}: {2} is not two words separated by one space.', path, index + 1, JSON.stringify(line.slice(0, 80))),
      );
    followers.set(before, (followers.get(before) ?? new Set()).add(after));
  });
  if (followers.size === 0)
    throw new ModelError(english('{0} holds no word pairs. Write one pair a line, the two words separated by a space.', path));
  return (text) => {
    let [known, all] = [0, 0];
    forEachPair(text, (before, after) => {
      all++;
      if (followers.get(before)?.has(after)) known++;
    });
    return all === 0 ? 0 : known / all;
  };
}

/** Returns the pairs of a text as the lines of a pairs file. */
export function wordPairs(text: string): string[] {
  const pairs: string[] = [];
  forEachPair(text, (before, after) => pairs.push(`${before} ${after}`));
  return pairs;
}

/**
 * Visits the neighboring words of a text. A word is a run of letters in lower case, a number, or one other character.
 * Numbers of up to four digits count as equal, because numbers do not make a text foreign. Pairs without a letter are
 * skipped, because all arithmetic looks alike. O(length).
 */
function forEachPair(text: string, visit: (before: string, after: string) => void): void {
  const words = text
    .toLowerCase()
    .replaceAll('’', "'")
    .match(/[\p{L}\p{M}][\p{L}\p{M}']*|\p{N}+(?:[.,]\p{N}+)*|[^\s\p{L}\p{M}\p{N}]/gu);
  let [before, hadLetters] = [begin, false];
  for (const word of words ?? []) {
    const first = word.charCodeAt(0);
    // a to z are checked first, because nearly all letters are among them.
    const hasLetters = (first >= 97 && first <= 122) || (first > 127 && letter.test(word));
    const after = first >= 48 && first <= 57 && smallNumber.test(word) ? number : word;
    if (hadLetters || hasLetters) visit(before, after);
    [before, hadLetters] = [after, hasLetters];
  }
  if (hadLetters) visit(before, end);
}
