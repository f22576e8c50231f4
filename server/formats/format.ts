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

/** A format whose file has one JSON object for each problem: alone, in an array, one per line, or inside a wrapper. */
export interface JsonFormat extends About {
  readonly syntax: 'json';
  /**
   * Every file of the format has at least one of these keys. A long text without a key of any format is not parsed.
   * Names of values deep inside do not belong here.
   */
  readonly keys: readonly string[];
  /** Whether the records are problems to solve, so that having no steps is no fault. */
  readonly hasNoSteps?: boolean;
  /** Whether a record is of this format and of no other; the end of the record may be cut off. */
  claims(json: JsonDocument, record: number): boolean;
  /** Whether a record belongs to a file that is already recognized as this format. */
  holds(json: JsonDocument, record: number): boolean;
  /** Reads a record as the problem with this index, or as several problems when it has several trees. */
  read(reader: RecordReader, record: number, index: number): Problem | readonly Problem[];
  /**
   * For records that are trees of nested nodes, with `TreeDraft.addSolutions()`: lets `readNodeAgain` read an edit in
   * one node without the rest of the record. `claims` and `holds` of the format, and `claims` of the formats asked
   * before it, must not depend on anything in a node except its keys.
   */
  readonly nodes?: NestedNodes;
}

/** A format for prose. */
export interface TextFormat extends About {
  readonly syntax: 'text';
  /** Whether a text is of this format, judged by its beginning, which may be cut off anywhere. Never throws. */
  detect(head: string): boolean;
  /** Reads everything that is readable and reports the rest as faults. Never throws. */
  read(text: string): ReasoningDocument;
}
