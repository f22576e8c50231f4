import type { Problem } from '../reasoning/problem.js';
import { chatMessages } from './chat.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice } from './slices.js';
import { solutionSlices } from './solutionString.js';
import type { LabeledStep } from './stepLabels.js';

/**
 * Traces and observations exported from Langfuse: `input` (a text or a chat), `output` (a text or a message), and
 * `scores` of the whole output. The first score with "prm" or "reward" in its name is assigned to the last step.
 */
export const langfuse: JsonFormat = {
  syntax: 'json',
  id: 'langfuse',
  title: 'Langfuse trace',
  recognizedBy: '`traceId` or `observations`, `input`, `output`',
  shown: 'the steps of the output; its PRM score at the last step',
  keys: ['traceId', 'observations'],
  claims: (json, record) =>
    ['traceId', 'observations'].some((key) => json.get(record, key) !== undefined) &&
    ['input', 'output'].every((key) => json.get(record, key) !== undefined),
  holds: (json, record) => json.get(record, 'output') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const output = reader.value(record, 'output');
  const content = output !== undefined && json.isObject(output) ? json.get(output, 'content') : output;
  const text = content !== undefined && json.isString(content) ? json.string(content) : undefined;
  const steps: LabeledStep[] = text === undefined ? [] : solutionSlices(text).map((slice) => ({ slice, values: {} }));
  const score = prmScore(reader, record);
  const last = steps.at(-1);
  if (last !== undefined && score !== undefined) last.values = { recordedPrm: score };
  if (text !== undefined && steps.length > 0) draft.addSolution(steps, text.span());
  const id = reader.text(record, 'traceId');
  const problem = draft.finish(record, index, inputQuestion(reader, record));
  return { ...problem, ...(id !== undefined && { id }) };
}

function inputQuestion(reader: RecordReader, record: number): Slice | undefined {
  const { json } = reader;
  const input = reader.value(record, 'input');
  if (input === undefined) return undefined;
  if (json.isString(input)) return questionSlice(json.string(input));
  const messages = chatMessages(json, json.isArray(input) ? input : json.get(input, 'messages'));
  const text = messages.findLast((message) => message.role === 'user')?.texts.at(-1);
  return text && questionSlice(text);
}

function prmScore(reader: RecordReader, record: number): number | undefined {
  for (const score of reader.list(record, 'scores') ?? []) {
    const value = reader.json.isObject(score) ? reader.value(score, 'value') : undefined;
    if (value !== undefined && /prm|reward/i.test(reader.text(score, 'name') ?? '')) return reader.scoreAt(value);
  }
  return undefined;
}
