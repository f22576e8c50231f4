import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice, splitSlices, stepSlice } from './slices.js';
import type { LabeledStep } from './stepLabels.js';

/** Keys of the texts of a trace entry, in the order of the search: `{text, value}` or a string. */
const TEXT_KEYS = ['rephrased_question', 'subquestion', 'subanswer', 're_subanswer', 'direct_answer'];

/**
 * Solutions of rStar (zhentingqi/rStar, arXiv 2408.06195): `Final Solutions.json` and `Rollout Solutions.json` have one
 * `trace` per item. Its entry "0" is the question, the others are actions: a subquestion with its answer and
 * confidence, one-step thoughts (`ost_step`), a direct answer. An answer sheet has all completions of a problem.
 */
export const rStar: JsonFormat = {
  syntax: 'json',
  id: 'rStar',
  title: 'rStar solution trace',
  recognizedBy: '`trace` with `user_question`; `all_model_completions`',
  shown: 'the actions of a trace as steps, with the confidence of their answers',
  keys: ['trace', 'all_model_completions'],
  claims: (json, record) => isTrace(json, record) || json.get(record, 'all_model_completions') !== undefined,
  holds: (json, record) => json.get(record, 'trace') !== undefined || json.get(record, 'all_model_completions') !== undefined,
  read: (reader, record, index) =>
    reader.json.get(record, 'trace') === undefined ? readSheet(reader, record, index) : readTrace(reader, record, index),
};

function isTrace(json: JsonDocument, record: number): boolean {
  const trace = json.get(record, 'trace');
  const first = trace === undefined ? undefined : json.get(trace, '0');
  return first !== undefined && json.get(first, 'user_question') !== undefined;
}

function readTrace(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const trace = reader.value(record, 'trace')!;
  const entries = json.entries(trace).filter(([, entry]) => json.isObject(entry));
  const question = entries[0] === undefined ? undefined : reader.string(entries[0][1], 'user_question');
  const steps = entries.flatMap(([, entry]) => stepsOf(reader, entry));
  if (steps.length > 0) draft.addSolution(steps, json.span(trace));
  const id = reader.text(record, 'rollout_id');
  const problem = draft.finish(record, index, question && questionSlice(question));
  return { ...problem, ...(id !== undefined && { id: `rollout ${id}` }) };
}

/** The steps of one entry: a subquestion and its answer are one step. */
function stepsOf(reader: RecordReader, entry: number): LabeledStep[] {
  const { json } = reader;
  const parts = TEXT_KEYS.flatMap((key): { key: string; slice: Slice; values: StepValues }[] => {
    const id = reader.value(entry, key);
    const text = id !== undefined && json.isObject(id) ? reader.value(id, 'text') : id;
    if (text === undefined || !json.isString(text)) return [];
    const slice = stepSlice(json.string(text));
    return slice.text === '' ? [] : [{ key, slice, values: id !== undefined && json.isObject(id) ? confidenceOf(reader, id) : {} }];
  });
  const steps: LabeledStep[] = [];
  for (const { key, slice, values } of parts) {
    const last = steps.at(-1);
    if (last === undefined || !key.endsWith('subanswer')) steps.push({ slice, values });
    else steps[steps.length - 1] = { slice: joined(last.slice, slice), values };
  }
  const thoughts = reader.value(entry, 'ost_step');
  for (const thought of thoughts === undefined ? [] : json.items(thoughts)) {
    const slice = json.isString(thought) ? stepSlice(json.string(thought)) : undefined;
    if (slice !== undefined && slice.text !== '') steps.push({ slice, values: {} });
  }
  return steps;
}

function joined(a: Slice, b: Slice): Slice {
  return { text: `${a.text}\n${b.text}`, span: { start: Math.min(a.span.start, b.span.start), end: Math.max(a.span.end, b.span.end) } };
}

function confidenceOf(reader: RecordReader, object: number): StepValues {
  const value = reader.value(object, 'value');
  const recordedPrm = value === undefined ? undefined : reader.scoreAt(value);
  return recordedPrm === undefined ? {} : { recordedPrm };
}

function readSheet(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const all = reader.value(record, 'all_model_completions');
  for (const item of all === undefined ? [] : json.items(all)) {
    const id = json.isObject(item) ? (reader.value(item, 'model_solution') ?? reader.value(item, 'model_completion')) : item;
    if (id !== undefined && json.isString(id)) draft.addSolution(linesOf(json, id), json.span(id));
  }
  const question = reader.string(record, 'problem') ?? reader.string(record, 'question');
  const answer = reader.text(record, 'gold_answer');
  const problem = draft.finish(record, index, question && questionSlice(question));
  return { ...problem, ...(answer !== undefined && { answer }) };
}

function linesOf(json: JsonDocument, id: number): LabeledStep[] {
  const text = json.string(id);
  return splitSlices(text, text.text.includes('\n\n') ? /\n\s*\n/g : /\n/g).map((slice) => ({ slice, values: {} }));
}
