import { english } from '../l10n.js';
import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import { FaultList } from './faults.js';
import type { JsonFormat } from './format.js';
import { readJson } from './json.js';
import type { JsonDocument } from './jsonDocument.js';
import { noteOrigin, type ReadRecord } from './readAgain.js';
import { RecordReader } from './record.js';
import { withoutForeignScores } from './recordedScores.js';
import { candidateRecords, type PossibleRecord, topValues } from './records.js';

/** The format of a JSON text, and the records that are read as it. */
export interface FormatClaim {
  readonly format: JsonFormat;
  /** All values at the depth of the records. */
  readonly candidates: readonly PossibleRecord[];
  /** The record that the format claims. */
  readonly record?: number;
}

/** Finds the first record that one of `formats` claims, and that format; undefined when none claims any. */
export function claimOf(json: JsonDocument, formats: readonly JsonFormat[]): FormatClaim | undefined {
  for (const candidates of candidateRecords(json)) {
    for (const { id } of candidates) {
      const format = json.isObject(id) ? formats.find((one) => one.claims(json, id)) : undefined;
      if (format !== undefined) return { format, candidates, record: id };
    }
  }
  return undefined;
}

/** Reads a JSON text in the first of `formats` that claims it; undefined when none does. O(length). */
export function readJsonFile(text: string, formats: readonly JsonFormat[]): ReasoningDocument | undefined {
  const faults = new FaultList();
  const json = readJson(text, faults);
  const claim = claimOf(json, formats);
  return claim && readRecords(json, faults, claim, formats);
}

/** Reads a text as a given format, whether or not the format claims it. */
export function readAs(format: JsonFormat, text: string): ReasoningDocument {
  const faults = new FaultList();
  const json = readJson(text, faults);
  const claim = claimOf(json, [format]);
  return readRecords(json, faults, claim ?? { format, candidates: topValues(json) });
}

/** `formats`: those asked for a claim, given only where `readAgain` may read an edited record by itself. */
function readRecords(
  json: JsonDocument,
  faults: FaultList,
  { format, candidates, record }: FormatClaim,
  formats?: readonly JsonFormat[],
): ReasoningDocument {
  const reader = new RecordReader(json, faults);
  const problems: Problem[] = [];
  const records: ReadRecord[] = [];
  const top = new Set(formats && topValues(json).map(({ id }) => id));
  const isRecord = candidates.map(({ id }) => json.isObject(id) && format.holds(json, id));
  const lists = new Set(candidates.filter((_, i) => isRecord[i]).map(({ list }) => list));
  lists.add('top').delete(undefined);
  candidates.forEach(({ id, list }, i) => {
    if (isRecord[i]) {
      const firstProblem = problems.length;
      for (const problem of readRecord(reader, format, id, firstProblem)) problems.push(problem);
      if (top.has(id)) records.push({ span: json.span(id), firstProblem, problems: problems.length - firstProblem });
    } else if (!lists.has(list)) return;
    else if (!json.isObject(id)) reader.wrongType(id, english('an object'));
    // A cut-off record may lack keys. It is already reported as cut off.
    else if (json.isClosed(id)) reportUnknown(faults, json, id, format);
  });
  if (topValues(json).length === 0) faults.add('empty-file', { start: 0, end: 0 }, () => english('This file has no record.'));
  const withScores = withoutForeignScores(reader, problems);
  const document: ReasoningDocument = { format: format.id, problems: withScores, faults: faults.list() };
  if (formats && record !== undefined && top.has(record))
    noteOrigin(document, { format, formats, records, claimed: json.span(record).start });
  return document;
}

function readRecord(reader: RecordReader, format: JsonFormat, record: number, index: number): readonly Problem[] {
  const { json, faults } = reader;
  const before = faults.size;
  const read = format.read(reader, record, index);
  const problems = Array.isArray(read) ? (read as readonly Problem[]) : [read as Problem];
  const hasSteps = problems.some((problem) => problem.steps.length > 0);
  // Not reported twice: a record that was cut off, or whose steps are missing for a reason already reported.
  if (!hasSteps && format.hasNoSteps !== true && faults.size === before && json.isClosed(record)) {
    faults.add('no-steps', json.head(record), () =>
      english('This record has no steps, so there is nothing to score. Add steps, or remove the record.'),
    );
  }
  return problems;
}

function reportUnknown(faults: FaultList, json: JsonDocument, record: number, format: JsonFormat): void {
  faults.addRepeated('unknown-record', 'record', json.head(record), (count) =>
    count === 1
      ? english('This record is not a valid {0} and was skipped. Move it to another file.', format.title)
      : english(
          '{0} records, of which this is the first, are not a valid {1} and were skipped. Move them to another file.',
          count.toLocaleString('en'),
          format.title,
        ),
  );
}
