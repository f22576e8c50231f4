import type { Problem } from '../reasoning/problem.js';
import { chatQuestion } from './chat.js';
import type { JsonFormat } from './format.js';
import { hardLabelAt } from './hardLabel.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { type LabeledStep, reportCounts, stepsAt } from './stepLabels.js';

/**
 * TRL's stepwise supervision, the input of its `PRMTrainer` (huggingface/trl, "Stepwise supervision"): `prompt`, one
 * completion per step, and one label per step. StepLens's TRL export is read back with its images.
 */
export const trl: JsonFormat = {
  syntax: 'json',
  id: 'trl',
  title: 'TRL stepwise supervision',
  recognizedBy: '`prompt`, `completions`, `labels`',
  shown: 'hard labels',
  keys: ['completions'],
  claims(json, record) {
    const completions = json.get(record, 'completions');
    const labels = json.get(record, 'labels');
    return json.get(record, 'prompt') !== undefined && isList(json, completions) && isList(json, labels);
  },
  holds: (json, record) => json.get(record, 'prompt') !== undefined && json.get(record, 'completions') !== undefined,
  read: readRecord,
};

function isList(json: RecordReader['json'], id: number | undefined): boolean {
  return id !== undefined && json.isArray(id);
}

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'completions');
  const steps = stepsAt(reader, list) ?? [];
  addHardLabels(reader, record, 'labels', steps);
  const known = steps.filter((step) => step !== undefined);
  if (list !== undefined && known.length > 0) draft.addSolution(known, reader.json.span(list));
  return draft.finish(record, index, chatQuestion(reader, record, 'prompt'));
}

/** One right-or-wrong label per step; the soft value it was made from is lost. */
export function addHardLabels(reader: RecordReader, record: number, key: string, steps: readonly (LabeledStep | undefined)[]): void {
  const labels = reader.list(record, key);
  if (labels === undefined) {
    if (reader.json.get(record, key) === undefined) reader.missingKey(record, key);
    return;
  }
  if (labels.length !== steps.length) reportCounts(reader, reader.json.span(reader.value(record, key)!), key, labels.length, steps.length);
  steps.forEach((step, at) => {
    const value = labels[at] === undefined ? undefined : hardLabelAt(reader, labels[at]);
    if (step !== undefined && value !== undefined) step.values = { ...step.values, mc: { value, hard: true } };
  });
}
