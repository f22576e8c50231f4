import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice } from './slices.js';
import { stepSlices } from './stepLabels.js';
import { TreeDraft } from './treeDraft.js';

/**
 * The event log of a labeling run of StepLens (media/schemas/events.schema.json): the tree as far as it is logged. Each
 * node is placed at the event that created it and has its latest value. Each log begins at `begin` and is one problem.
 */
export const runEvents: JsonFormat = {
  syntax: 'json',
  id: 'runEvents',
  title: 'event log of a labeling run',
  recognizedBy: '`event`: "begin" with `problem`, `method`, `policy`',
  shown: 'the tree that the events built',
  keys: ['event'],
  hasNoSteps: true,
  claims: (json, record) =>
    eventOf(json, record) === 'begin' && json.get(record, 'problem') !== undefined && json.get(record, 'method') !== undefined,
  holds: (json, record) => eventOf(json, record) !== undefined,
  read: (reader, record, index) => (eventOf(reader.json, record) === 'begin' ? readLog(reader, record, index) : []),
};

function eventOf(json: JsonDocument, record: number): string | undefined {
  const event = json.get(record, 'event');
  return event !== undefined && json.isString(event) ? json.string(event).text : undefined;
}

function readLog(reader: RecordReader, begin: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const tree = new TreeDraft(draft);
  const events = eventsAfter(json, begin);
  const values = new Map<number, StepValues>();
  const visits = new Map<number, number>();
  for (const event of events) {
    const node = numberOf(json, event, 'node');
    if (node === undefined) continue;
    if (eventOf(json, event) === 'value') values.set(node, valueOf(reader, event));
    if (eventOf(json, event) === 'selected') visits.set(node, (visits.get(node) ?? 0) + 1);
  }
  tree.add(undefined, [], { span: json.span(begin), values: values.get(0) ?? {}, visits: visits.get(0) });
  for (const event of events.filter((one) => eventOf(json, one) === 'node')) {
    const node = numberOf(json, event, 'node');
    const parent = numberOf(json, event, 'parent');
    const steps = reader.value(event, 'steps');
    if (node !== tree.nodes.length || parent === undefined || parent >= node || steps === undefined) continue;
    const assumed: StepValues = reader.boolean(event, 'assumed') === true ? { mc: { value: 1, assumed: true } } : {};
    const slices = (stepSlices(reader, steps) ?? []).filter((slice) => slice !== undefined);
    tree.add(parent, slices, { span: json.span(event), values: values.get(node) ?? assumed, visits: visits.get(node) });
  }
  tree.addSolutions();
  const problem = reader.value(begin, 'problem');
  const question = problem === undefined ? undefined : reader.string(problem, 'question');
  const id = problem === undefined ? undefined : reader.text(problem, 'id');
  const answer = problem === undefined ? undefined : reader.text(problem, 'answer');
  const images = problem === undefined ? [] : (reader.list(problem, 'images') ?? []).flatMap((image) => reader.stringAt(image)?.text ?? []);
  return {
    ...draft.finish(begin, index, question && questionSlice(question), { nodes: tree.nodes }),
    ...(id !== undefined && { id }),
    ...(answer !== undefined && { answer }),
    images,
  };
}

/** The events of one log: those between its `begin` and the next. */
function eventsAfter(json: JsonDocument, begin: number): number[] {
  const after = json.roots.slice(json.roots.indexOf(begin) + 1);
  const next = after.findIndex((root) => eventOf(json, root) === 'begin');
  return next < 0 ? after : after.slice(0, next);
}

function numberOf(json: JsonDocument, object: number, key: string): number | undefined {
  const id = json.get(object, key);
  return id !== undefined && json.kind(id) === Kind.number ? json.number(id) : undefined;
}

function valueOf(reader: RecordReader, event: number): StepValues {
  const value = reader.share(event, 'value');
  const correct = reader.count(event, 'correct');
  const total = reader.count(event, 'total');
  if (value === undefined) return {};
  return { mc: { value, ...(correct !== undefined && total !== undefined && { correct, total }) } };
}
