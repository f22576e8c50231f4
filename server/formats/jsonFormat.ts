import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import { FaultList } from './faults.js';
import type { Format } from './format.js';
import { readJson } from './json.js';
import type { JsonDocument } from './jsonDocument.js';
import { RecordReader } from './record.js';

/** What one JSON format adds to the rest: which records are its own, and how one is read. */
export interface JsonFormat {
  readonly id: string;
  readonly title: string;
  /** Whether a record can be of no other format; its end may be cut off. */
  claims(json: JsonDocument, record: number): boolean;
  /** Whether a record of a file already recognised belongs to it. */
  holds(json: JsonDocument, record: number): boolean;
  read(reader: RecordReader, record: number, index: number): Problem;
}

/** Records of a head that are looked at: the first may be broken. */
const LOOKED_AT = 8;

/** A format whose file is one object, an array of objects, or JSON Lines. */
export function jsonFormat(format: JsonFormat): Format {
  const { id, title } = format;
  return {
    id,
    title,
    syntax: 'json',
    detect(head) {
      const json = parsedHead(head);
      return objects(json)
        .slice(0, LOOKED_AT)
        .some((record) => format.claims(json, record));
    },
    read: (text) => readRecords(format, text),
  };
}

let lastHead: JsonDocument | undefined;

/** All formats are asked about the same head in turn: it is parsed once. */
function parsedHead(head: string): JsonDocument {
  if (lastHead?.text !== head) lastHead = readJson(head, new FaultList());
  return lastHead;
}

/** The top-level values, arrays opened. */
function topValues(json: JsonDocument): number[] {
  return json.roots.flatMap((root) => (json.isArray(root) ? json.items(root) : [root]));
}

function objects(json: JsonDocument): number[] {
  return topValues(json).filter((id) => json.isObject(id));
}

function readRecords(format: JsonFormat, text: string): ReasoningDocument {
  const faults = new FaultList();
  const json = readJson(text, faults);
  const reader = new RecordReader(json, faults);
  const problems: Problem[] = [];
  const values = topValues(json);
  for (const id of values) {
    if (!json.isObject(id)) {
      reader.wrongType(id, 'an object');
    } else if (format.holds(json, id)) {
      problems.push(format.read(reader, id, problems.length));
    } else {
      const { start, end } = json.span(id);
      // A record that was cut off before its telling keys is reported as cut.
      if (text[end - 1] === '}')
        faults.add(
          'unknown-record',
          { start, end: start + 1 },
          () => `This record is no ${format.title}; it was left out. Move it to a file of its own.`,
        );
    }
  }
  if (values.length === 0) faults.add('empty-file', { start: 0, end: 0 }, () => 'This file holds no record.');
  return { format: format.id, problems, faults: faults.list() };
}
