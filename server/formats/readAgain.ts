import type { Fault, Problem, ReasoningDocument, ReasoningTree } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import { FAULTS_PER_CODE, FaultList } from './faults.js';
import type { JsonFormat } from './format.js';
import { JsonDocument } from './jsonDocument.js';
import { JsonReader } from './jsonReader.js';
import { RecordReader } from './record.js';
import { changeBetween, type TextChange } from './textChange.js';

/** A record at the top of a text, and the problems that were read from it. */
export interface ReadRecord {
  readonly span: Span;
  readonly firstProblem: number;
  readonly problems: number;
}

/** How a document came about, as far as it matters for reading a part of it again. */
export interface Origin {
  readonly format: JsonFormat;
  /** Asked in this order whether they claim a record. */
  readonly formats: readonly JsonFormat[];
  /** In document order. */
  readonly records: readonly ReadRecord[];
  /** Start of the record by which the format was found; what comes before it was claimed by no format. */
  readonly claimed: number;
}

const origins = new WeakMap<ReasoningDocument, Origin>();

/** Remembers how a document was read. */
export function noteOrigin(document: ReasoningDocument, origin: Origin): void {
  origins.set(document, origin);
}

/** Faults that are about one record alone; others count their places in the whole file. */
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
 * Reads a text again after an edit inside one record: that record alone is read, and the places of what follows it are moved. Gives
 * exactly what reading the whole text gives, or undefined when that cannot be known from the record: a line was added or removed, the
 * record is damaged or became another kind, the file has faults that count their places.
 */
export function readAgain(before: ReasoningDocument, beforeText: string, text: string): ReasoningDocument | undefined {
  const origin = origins.get(before);
  if (origin === undefined || !before.faults.every(({ code }) => localFaults.includes(code))) return undefined;
  const change = changeBetween(beforeText, text);
  const by = change.endAfter - change.endBefore;
  if (hasLineBreak(beforeText, change.start, change.endBefore) || hasLineBreak(text, change.start, change.endAfter)) return undefined;
  const at = origin.records.findIndex(({ span }) => span.start < change.start && change.endBefore < span.end);
  const record = origin.records[at];
  if (record === undefined || isMostOf(record.span, text)) return undefined;
  const faults = faultsAfter(before.faults, record.span, by);
  const problems = faults && readRecord(origin, record, text.slice(record.span.start, record.span.end + by));
  if (problems?.length !== record.problems) return undefined;
  const next = record.firstProblem + record.problems;
  const document: ReasoningDocument = {
    ...before,
    problems: [
      ...before.problems.slice(0, record.firstProblem),
      ...problems.map((problem) => movedProblem(problem, record.span.start)),
      ...before.problems.slice(next).map((problem) => movedProblem(problem, by)),
    ],
    faults: faults!,
  };
  noteOrigin(document, { ...origin, records: recordsAfter(origin.records, at, change, by) });
  return document;
}

/** One record that is most of a long text: reading it alone saves nothing, and would be in vain where it is not sound. */
function isMostOf({ start, end }: Span, { length }: { readonly length: number }): boolean {
  return length > 1_000_000 && end - start > length / 2;
}

function hasLineBreak(text: string, start: number, end: number): boolean {
  return /[\n\r\u2028\u2029]/.test(text.slice(start, end));
}

/** The faults outside of the record; undefined when it has some, or so many are known that others were only counted. */
function faultsAfter(faults: readonly Fault[], { start, end }: Span, by: number): readonly Fault[] | undefined {
  const counts = new Map<string, number>();
  for (const { code, span } of faults) {
    counts.set(code, (counts.get(code) ?? 0) + 1);
    if (counts.get(code)! >= FAULTS_PER_CODE || (span.end > start && span.start < end)) return undefined;
  }
  return faults.map((fault) => (fault.span.start < end ? fault : { ...fault, span: moved(fault.span, by) }));
}

/** The problems of a record's own text, with places in it; undefined when it is not sound, or another format's. */
function readRecord({ format, formats, claimed }: Origin, { span, firstProblem }: ReadRecord, text: string): Problem[] | undefined {
  if (text.includes('\ufffd')) return undefined;
  const faults = new FaultList();
  const json = new JsonDocument(text);
  new JsonReader(json, faults, 0, text.length, false).read();
  const [root] = json.roots;
  if (root === undefined || json.roots.length > 1 || !json.isObject(root) || !format.holds(json, root)) return undefined;
  const { start, end } = json.span(root);
  if (start !== 0 || end !== text.length) return undefined;
  if (span.start <= claimed) {
    const claim = formats.find((one) => one.claims(json, root));
    if (claim !== (span.start === claimed ? format : undefined)) return undefined;
  }
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

function moved({ start, end }: Span, by: number): Span {
  return { start: start + by, end: end + by };
}

/** A problem at another place of its document; the texts are the same strings. */
function movedProblem(problem: Problem, by: number): Problem {
  if (by === 0) return problem;
  const move = <T extends { readonly span: Span }>(one: T): T => ({ ...one, span: moved(one.span, by) });
  const tree: ReasoningTree | undefined = problem.tree && {
    nodes: problem.tree.nodes.map((node) => ({ ...move(node), rollouts: node.rollouts.map(move) })),
  };
  return {
    ...move(problem),
    ...(problem.questionSpan && { questionSpan: moved(problem.questionSpan, by) }),
    steps: problem.steps.map(move),
    solutions: problem.solutions.map(move),
    ...(tree && { tree }),
  };
}
