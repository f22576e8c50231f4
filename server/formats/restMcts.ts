import { finalAnswer } from '../reasoning/finalAnswer.js';
import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import type { DocumentString } from './jsonString.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, splitSlices } from './slices.js';
import type { LabeledStep } from './stepLabels.js';

const MARK = /\n[ \t]*Solution:[ \t]*/;

/**
 * ReST-MCTS* (THUDM/ReST-MCTS, arXiv 2406.03816): search output `{content, solution, ..}`, self-training samples `{content,
 * policy_samples, value_samples}`, and the value model's data `{prompt_answer, label}`, whose label is the value of the last step
 * of the cumulative text. A line is a step.
 */
export const restMcts: JsonFormat = {
  syntax: 'json',
  id: 'restMcts',
  title: 'ReST-MCTS* output',
  recognizedBy: '`content` with `solution` or `policy_samples`; `prompt_answer` with `label`',
  shown: 'steps, candidates with verdicts, the value of the last step',
  keys: ['prompt_answer', 'content'],
  claims(json, record) {
    if (json.get(record, 'prompt_answer') !== undefined) return json.get(record, 'label') !== undefined;
    if (json.get(record, 'content') === undefined || json.get(record, 'role') !== undefined) return false;
    if (json.get(record, 'policy_samples') !== undefined || json.get(record, 'value_samples') !== undefined) return true;
    return (
      json.get(record, 'solution') !== undefined &&
      ['real_answer', 'accurate', 'summary'].some((key) => json.get(record, key) !== undefined)
    );
  },
  holds: (json, record) => json.get(record, 'prompt_answer') !== undefined || json.get(record, 'content') !== undefined,
  read: (reader, record, index) =>
    reader.json.get(record, 'prompt_answer') === undefined ? readSearch(reader, record, index) : readValue(reader, record, index),
};

function readValue(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const source = reader.string(record, 'prompt_answer');
  if (source === undefined) return draft.finish(record, index, undefined);
  const value = reader.share(record, 'label');
  const mark = MARK.exec(source.text);
  const start = /^\s*Problem:\s*/.exec(source.text)?.[0].length ?? 0;
  const steps = lines(source, mark === null ? start : mark.index + mark[0].length);
  const last = steps.at(-1);
  if (last !== undefined && value !== undefined) last.values = { mc: { value } };
  if (steps.length > 0) draft.addSolution(steps, source.span());
  return draft.finish(record, index, mark === null ? undefined : questionSlice(source, start, mark.index));
}

function readSearch(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const solution = reader.string(record, 'solution');
  if (solution !== undefined) draft.addSolution(lines(solution), solution.span(), reader.boolean(record, 'accurate'));
  for (const sample of objectsOf(reader, record, 'policy_samples')) {
    const text = reader.string(sample, 'solution');
    if (text !== undefined) draft.addSolution(lines(text), json.span(sample), reader.boolean(sample, 'correct'));
  }
  for (const sample of objectsOf(reader, record, 'value_samples')) {
    const text = reader.string(sample, 'steps');
    const value = reader.share(sample, 'value');
    const steps = text === undefined ? [] : lines(text);
    if (steps.length > 0 && value !== undefined) steps.at(-1)!.values = { mc: { value } };
    if (steps.length > 0) draft.addSolution(steps, json.span(sample));
  }
  const content = reader.string(record, 'content');
  const real = reader.text(record, 'real_answer');
  const answer = real === undefined ? undefined : (finalAnswer(real) ?? real);
  const problem = draft.finish(record, index, content && questionSlice(content));
  return { ...problem, ...(answer !== undefined && { answer }) };
}

function objectsOf(reader: RecordReader, record: number, key: string): number[] {
  return (reader.list(record, key) ?? []).filter((item) => reader.json.isObject(item));
}

function lines(source: DocumentString, from = 0): LabeledStep[] {
  return splitSlices(source, /\n/g, from).map((slice) => ({ slice, values: {} }));
}
