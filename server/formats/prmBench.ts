import type { Problem } from '../reasoning/problem.js';
import { benchmarkProblem } from './benchmarkProblem.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { addRecordedScores, type LabeledStep, stepsAt } from './stepLabels.js';

/**
 * PRMBench (ssmisya/PRMBench, arXiv 2501.03124): a right solution that was changed to contain errors of one class.
 * `modified_process` is scored; `error_steps` counts from 1. Every step that is not listed is right, even after the
 * first error.
 */
export const prmBench: JsonFormat = {
  syntax: 'json',
  id: 'prmBench',
  title: 'PRMBench',
  recognizedBy: '`modified_process`, `error_steps`',
  shown: 'human labels; error positions count from 1',
  keys: ['modified_process', 'modified_question'],
  claims(json, record) {
    if (json.get(record, 'error_steps') !== undefined && json.get(record, 'modified_process') !== undefined) return true;
    return (
      json.get(record, 'modified_question') !== undefined &&
      (json.get(record, 'original_process') !== undefined || json.get(record, 'modified_process') !== undefined)
    );
  },
  holds: (json, record) => json.get(record, 'modified_process') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'modified_process');
  const steps = stepsAt(reader, list) ?? [];
  addErrors(reader, record, steps);
  addRecordedScores(reader, record, steps);
  return benchmarkProblem(draft, record, index, questionOf(reader, record, ['modified_question', 'question']), steps, {
    list,
    source: reader.text(record, 'classification'),
    id: reader.text(record, 'idx'),
  });
}

function addErrors(reader: RecordReader, record: number, steps: readonly (LabeledStep | undefined)[]): void {
  const errors = reader.list(record, 'error_steps');
  if (errors === undefined) {
    if (reader.json.get(record, 'error_steps') === undefined) reader.missingKey(record, 'error_steps');
    return;
  }
  // Three rows of the published files have a position after their last step; it is reported and skipped.
  const wrong = new Set(errors.map((error) => reader.wholeNumberAt(error, 1, steps.length)));
  steps.forEach((step, at) => {
    if (step !== undefined) step.values = { human: wrong.has(at + 1) ? -1 : 1 };
  });
}
