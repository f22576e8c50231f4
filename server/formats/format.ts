import type { ReasoningDocument } from '../reasoning/problem.js';

/** Characters of a text that are looked at to recognise its format. */
export const HEAD_LENGTH = 65_536;

/** One on-disk format: one file of this folder and one line in `registry.ts`. Pure; the extension runs `detect` too. */
export interface Format {
  /** Stable, camelCase; `ReasoningDocument.format`. */
  readonly id: string;
  /** For people: "MM-PRM reasoning tree". */
  readonly title: string;
  /** JSON (one object, an array of them, or JSON Lines) or prose. */
  readonly syntax: 'json' | 'text';
  /** Whether a text is of this format, by its first `HEAD_LENGTH` characters, which may be cut anywhere. Never throws. */
  detect(head: string): boolean;
  /** Everything that can be read; what cannot is a fault. Never throws. */
  read(text: string): ReasoningDocument;
}
