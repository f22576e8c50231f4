import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import { labeledSteps } from './prmMarkers.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';

/** Training samples (MM-PRM `data_pipeline/traverse.py`): `process` with `<prm>` after every step, `labels` one for each. */
export const mmPrmFlattened: JsonFormat = {
  syntax: 'json',
  id: 'mmPrmFlattened',
  title: 'MM-PRM flattened sample',
  recognizedBy: '`process` with `<prm>`, `labels`',
  shown: 'steps with their soft labels',
  keys: ['process'],
  claims(json, record) {
    const process = json.get(record, 'process');
    return process !== undefined && json.isString(process) && json.string(process).text.includes('<prm>');
  },
  holds: (json, record) => json.get(record, 'process') !== undefined,
  read: readSample,
};

function readSample(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const question = questionOf(reader, record);
  const process = reader.string(record, 'process');
  const labelsAt = reader.value(record, 'labels');
  if (labelsAt === undefined && process !== undefined) reader.missingKey(record, 'labels');
  if (process !== undefined) {
    const labels = labelsAt === undefined ? undefined : reader.listAt(labelsAt);
    const steps = labeledSteps(reader, process, 0, labels ?? [], labels && labelsAt);
    if (steps.length > 0) draft.addSolution(steps, process.span());
  }
  return draft.finish(record, index, question);
}
