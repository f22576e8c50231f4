import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import type { JsonDocument } from './jsonDocument.js';
import type { RecordReader } from './record.js';
import type { NestedNodes } from './treeDraft.js';

/** One on-disk format: one file of this folder and one line in `registry.ts`. Pure; the extension recognizes files with it too. */
export type Format = JsonFormat | TextFormat;

interface About {
  /** Stable, camelCase; `ReasoningDocument.format`. */
  readonly id: string;
  /** For people: "MM-PRM reasoning tree". */
  readonly title: string;
  /** What the format is recognized by, in Markdown: for the README and for messages about a file that no format recognizes. */
  readonly recognizedBy: string;
  /** What StepLens shows of it, in Markdown. */
  readonly shown: string;
}

/** A format whose file has one JSON object for each problem: alone, in an array, one a line, or inside a wrapper. */
export interface JsonFormat extends About {
  readonly syntax: 'json';
  /**
   * Keys of which every file of the format has at least one. A long text without any of the keys of all formats is not
   * parsed. Not the names of values deep inside.
   */
  readonly keys: readonly string[];
  /** Whether the records are problems to solve, so that having no steps is no fault. */
  readonly hasNoSteps?: boolean;
  /** Whether a record is of this format and of no other; the end of the record may be cut off. */
  claims(json: JsonDocument, record: number): boolean;
  /** Whether a record of a file that was recognized already belongs to it. */
  holds(json: JsonDocument, record: number): boolean;
  /** Reads a record as the problem with this index; as several problems where a record has several trees. */
  read(reader: RecordReader, record: number, index: number): Problem | readonly Problem[];
  /**
   * Of a record that is a tree of nested nodes, with `TreeDraft.addSolutions()`: lets an edit in one node be read without the rest of
   * the record (`readNodeAgain`). Neither `claims` nor `holds` of the format, nor `claims` of those asked before it, may depend on
   * anything in a node but its keys.
   */
  readonly nodes?: NestedNodes;
}

/** A format for prose. */
export interface TextFormat extends About {
  readonly syntax: 'text';
  /** Whether a text is of this format, by its beginning, which may be cut off anywhere. Never throws. */
  detect(head: string): boolean;
  /** Everything that can be read; what cannot is a fault. Never throws. */
  read(text: string): ReasoningDocument;
}
