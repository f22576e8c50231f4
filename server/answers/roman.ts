import { itemAt, mustHave } from '../reasoning/present.js';

const VALUES: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 };

/** The value of a Roman numeral in its usual spelling, such as `XIV`; a single letter often means something else. */
export function readRoman(text: string): bigint | undefined {
  if (!/^(?=[MDCLXVI]{2})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/.test(text)) return undefined;
  const digits = [...text].map((letter) => mustHave(VALUES[letter], `Roman digit "${letter}"`));
  return BigInt(digits.reduce((sum, digit, i) => sum + (digit < (digits[i + 1] ?? 0) ? -digit : digit), 0));
}

/** The statements an answer names: `I and III`, `II only`, "statements I, II", `①③`. A lone `I` counts if `isAlone`. */
export function readStatements(text: string, isAlone = false): readonly string[] | undefined {
  const circled = text.replace(/[\s,、和与and]/g, '');
  if (/^[①-⑳]+$/.test(circled)) return [...circled].sort();
  const plain = text
    .replace(/^(?:only|both|statements?)\s+/i, '')
    .replace(/^statements?\s+/i, '')
    .replace(/\s+only$/i, '');
  const items = plain.split(/\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+/);
  const isList = items.every((item) => /^\(?(?:I{1,3}|IV|VI{0,3}|IX|X)\)?$/.test(item));
  const isMarked = isAlone || plain !== text || items.length > 1 || itemAt(items, 0).length > 1;
  return isList && isMarked ? items.map((item) => item.replace(/[()]/g, '')).sort() : undefined;
}
