import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import type { DocumentString } from './jsonString.js';
import { STEP_TAG, taggedSteps } from './mathShepherd.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { splitSlices } from './slices.js';
import type { LabeledStep } from './stepLabels.js';
import { addHardLabels } from './trl.js';

/**
 * OpenR's training and test samples (openreasoner/openr `prm/code`): `process` with `ки` (or five line breaks) at the
 * end of each step, and one label per step under `labels` or `label`: 1 and 0, or "+" and "-".
 */
export const openRProcess: JsonFormat = {
  syntax: 'json',
  id: 'openRProcess',
  title: 'OpenR process sample',
  recognizedBy: '`question`, `process` with `ки`, `labels` or `label`',
  shown: 'hard labels',
  keys: ['process'],
  claims(json, record) {
    const process = json.get(record, 'process');
    const labels = json.get(record, 'labels') ?? json.get(record, 'label');
    if (process === undefined || !json.isString(process) || labels === undefined || !json.isArray(labels)) return false;
    return json.get(record, 'question') !== undefined && !json.string(process).text.includes('<prm>');
  },
  holds: (json, record) => json.get(record, 'process') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const process = reader.string(record, 'process');
  const key = reader.json.get(record, 'labels') === undefined ? 'label' : 'labels';
  if (process !== undefined) {
    const steps = stepsOf(process);
    addHardLabels(reader, record, key, steps);
    if (steps.length > 0) draft.addSolution(steps, process.span());
  }
  return draft.finish(record, index, questionOf(reader, record));
}

function stepsOf(process: DocumentString): LabeledStep[] {
  if (process.text.includes(STEP_TAG)) return taggedSteps(process, 0);
  const separator = /\n{5}/.test(process.text) ? /\n{5,}/g : process.text.includes('\n\n') ? /\n\n+/g : /\n/g;
  return splitSlices(process, separator).map((slice) => ({ slice, values: {} }));
}
