import type { Problem } from '../reasoning/problem.js';
import { benchmarkProblem } from './benchmarkProblem.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { addRecordedScores, type LabeledStep, labelFirstError, stepsAt } from './stepLabels.js';

/**
 * ProcessBench (QwenLM/ProcessBench, arXiv 2412.06559): one solution per record; `label` is the 0-based index of the
 * first wrong step, -1 when all are right. Nothing is known about the steps after it. The subset is in the id
 * (`gsm8k-0`). `final_answer_correct` and `label` may disagree: a right answer after a wrong step.
 */
export const processBench: JsonFormat = {
  syntax: 'json',
  id: 'processBench',
  title: 'ProcessBench',
  recognizedBy: '`problem`, `steps`, integer `label`',
  shown: 'human labels up to the first error',
  keys: ['steps'],
  claims(json, record) {
    const steps = json.get(record, 'steps');
    if (steps === undefined || !json.isArray(steps) || json.get(record, 'problem') === undefined) return false;
    return ['generator', 'final_answer_correct', 'label'].some((key) => json.get(record, key) !== undefined);
  },
  holds: (json, record) => json.get(record, 'steps') !== undefined && json.get(record, 'problem') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'steps');
  const steps = stepsAt(reader, list) ?? [];
  addLabel(reader, record, steps);
  addRecordedScores(reader, record, steps);
  const source = /^(.+)-\d+$/.exec(reader.text(record, 'id') ?? '')?.[1];
  return benchmarkProblem(draft, record, index, questionOf(reader, record, ['problem']), steps, {
    list,
    source,
    model: reader.text(record, 'generator'),
    correct: reader.boolean(record, 'final_answer_correct'),
  });
}

function addLabel(reader: RecordReader, record: number, steps: readonly (LabeledStep | undefined)[]): void {
  const id = reader.value(record, 'label');
  if (id === undefined) {
    if (reader.json.get(record, 'label') === undefined) reader.missingKey(record, 'label');
    return;
  }
  const error = reader.wholeNumberAt(id, -1, steps.length - 1);
  if (error !== undefined) labelFirstError(steps, error);
}
