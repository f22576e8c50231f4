import type { Fault, Problem, ReasoningDocument } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import { FAULTS_PER_CODE, FaultList } from './faults.js';
import type { JsonFormat } from './format.js';
import { movedBy, movedProblem, movedSpan } from './movedPlaces.js';
import { readNodeAgain } from './readNodeAgain.js';
import { RecordReader } from './record.js';
import { detachedText, soundJson } from './soundJson.js';
import { changeBetween, type TextChange } from './textChange.js';

/** A record at the top of a text, and the problems that were read from it. */
export interface ReadRecord {
  readonly span: Span;
  readonly firstProblem: number;
  readonly problems: number;
}

/** How a document was read, as far as this is needed to read a part of it again. */
export interface Origin {
  readonly format: JsonFormat;
  /** Asked in this order whether they claim a record. */
  readonly formats: readonly JsonFormat[];
  /** In document order. */
  readonly records: readonly ReadRecord[];
  /** Start of the record by which the format was found; no format claimed anything before it. */
  readonly claimed: number;
}

const origins = new WeakMap<ReasoningDocument, Origin>();

/** Remembers how a document was read. */
export function noteOrigin(document: ReasoningDocument, origin: Origin): void {
  origins.set(document, origin);
}

/** Faults that concern one record only; other faults count their places in the whole file. */
const localFaults: readonly string[] = [
  'count-mismatch',
  'empty-step',
  'no-steps',
  'missing-key',
  'wrong-type',
  'out-of-range',
  'lone-surrogate',
];

/**
 * Reads a text again after an edit inside one record: only that record is read, and the places of everything after it
 * are moved. The result is exactly that of reading the whole text. It is undefined when the record alone cannot ensure
 * this: a line was added or removed, the record is damaged or became another kind, or the file has faults that count
 * their places.
 */
export function readAgain(before: ReasoningDocument, beforeText: string, text: string): ReasoningDocument | undefined {
  const origin = origins.get(before);
  if (origin === undefined || !before.faults.every(({ code }) => localFaults.includes(code))) return undefined;
  const change = changeBetween(beforeText, text);
  const by = change.endAfter - change.endBefore;
  if (hasLineBreak(beforeText, change.start, change.endBefore) || hasLineBreak(text, change.start, change.endAfter)) return undefined;
  const at = origin.records.findIndex(({ span }) => span.start < change.start && change.endBefore < span.end);
  const record = origin.records[at];
  if (record === undefined) return undefined;
  const read = readPart(before, origin, record, change, beforeText, text) ?? readWhole(before, origin, record, change, text);
  if (read === undefined) return undefined;
  const { problems, faults } = read;
  const next = record.firstProblem + record.problems;
  const document: ReasoningDocument = {
    ...before,
    problems: [
      ...before.problems.slice(0, record.firstProblem),
      ...problems,
      ...before.problems.slice(next).map((problem) => movedProblem(problem, movedBy(by))),
    ],
    faults,
  };
  noteOrigin(document, { ...origin, records: recordsAfter(origin.records, at, change, by) });
  return document;
}

interface ReadAgain {
  /** The problems of the record, with their places in the whole text. */
  readonly problems: readonly Problem[];
  readonly faults: readonly Fault[];
}

/** Reads only the tree node in which the edit is. */
function readPart(
  { problems, faults }: ReasoningDocument,
  { format: { nodes } }: Origin,
  record: ReadRecord,
  change: TextChange,
  beforeText: string,
  text: string,
): ReadAgain | undefined {
  const problem = problems[record.firstProblem];
  const read = nodes && record.problems === 1 && problem ? readNodeAgain(problem, nodes, change, beforeText, text) : undefined;
  const left = read && faultsAfter(faults, read.own, movedSpan(change));
  return read && left && { problems: [read.problem], faults: left };
}

/** Reads the whole record in which the edit is. */
function readWhole(
  { faults }: ReasoningDocument,
  origin: Origin,
  record: ReadRecord,
  change: TextChange,
  text: string,
): ReadAgain | undefined {
  const { start, end } = record.span;
  if (isMostOf(record.span, text)) return undefined;
  const left = faultsAfter(faults, [record.span], movedSpan(change));
  const problems = left && readRecord(origin, record, detachedText(text.slice(start, end + change.endAfter - change.endBefore)));
  if (!left || problems?.length !== record.problems) return undefined;
  return { problems: problems.map((problem) => movedProblem(problem, movedBy(start))), faults: left };
}

/** Whether one record is most of a long text. Reading it alone saves nothing, and is in vain if it is not sound. */
function isMostOf({ start, end }: Span, { length }: { readonly length: number }): boolean {
  return length > 1_000_000 && end - start > length / 2;
}

function hasLineBreak(text: string, start: number, end: number): boolean {
  return /[\n\r\u2028\u2029]/.test(text.slice(start, end));
}

/** Moves the faults outside of what is read again; undefined if one is inside, or others may only be counted. */
function faultsAfter(faults: readonly Fault[], again: readonly Span[], move: (span: Span) => Span): readonly Fault[] | undefined {
  const counts = new Map<string, number>();
  for (const { code, span } of faults) {
    counts.set(code, (counts.get(code) ?? 0) + 1);
    if (counts.get(code)! >= FAULTS_PER_CODE || again.some(({ start, end }) => span.end > start && span.start < end)) return undefined;
  }
  return faults.map((fault) => ({ ...fault, span: move(fault.span) }));
}

/** The problems of a record's own text, with places in it; undefined if it is not sound or is another format's. */
function readRecord({ format, formats, claimed }: Origin, { span, firstProblem }: ReadRecord, text: string): Problem[] | undefined {
  const sound = soundJson(text);
  if (!sound || !format.holds(sound.json, sound.root)) return undefined;
  const { json, root } = sound;
  if (span.start <= claimed) {
    const claim = formats.find((one) => one.claims(json, root));
    if (claim !== (span.start === claimed ? format : undefined)) return undefined;
  }
  const faults = new FaultList();
  const reader = new RecordReader(json, faults);
  const read = format.read(reader, root, firstProblem);
  const problems = Array.isArray(read) ? (read as readonly Problem[]) : [read as Problem];
  const isSound = faults.size === 0 && reader.scores.outside.length === 0;
  const hasSteps = format.hasNoSteps === true || problems.some(({ steps }) => steps.length > 0);
  return isSound && hasSteps ? [...problems] : undefined;
}

function recordsAfter(records: readonly ReadRecord[], at: number, { endBefore }: TextChange, by: number): ReadRecord[] {
  return records.map((record, i) => {
    const { start, end } = record.span;
    if (i < at) return record;
    return { ...record, span: { start: start > endBefore ? start + by : start, end: end + by } };
  });
}
