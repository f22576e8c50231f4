import type { Problem } from '../reasoning/problem.js';
import { benchmarkProblem } from './benchmarkProblem.js';
import { jsonFormat } from './jsonFormat.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { addRecordedScores, type LabelledStep, stepsAt, textOf, wholeNumberAt } from './stepLabels.js';

/**
 * ProcessBench (QwenLM/ProcessBench, arXiv 2412.06559): one solution a record; `label` is the 0-based index of the first wrong
 * step, -1 when all are right. Nothing is known about the steps after it. The subset stands in the id (`gsm8k-0`).
 * `final_answer_correct` and `label` may disagree: a right answer after a wrong step.
 */
export const processBench = jsonFormat({
  id: 'processBench',
  title: 'ProcessBench',
  claims(json, record) {
    const steps = json.get(record, 'steps');
    if (steps === undefined || !json.isArray(steps) || json.get(record, 'problem') === undefined) return false;
    return ['generator', 'final_answer_correct', 'label'].some((key) => json.get(record, key) !== undefined);
  },
  holds: (json, record) => json.get(record, 'steps') !== undefined && json.get(record, 'problem') !== undefined,
  read: readRecord,
});

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'steps');
  const steps = stepsAt(reader, list) ?? [];
  addLabel(reader, record, steps);
  addRecordedScores(reader, record, steps);
  const source = /^(.+)-\d+$/.exec(textOf(reader, record, 'id') ?? '')?.[1];
  return benchmarkProblem(draft, record, index, questionOf(reader, record, ['problem']), steps, {
    list,
    source,
    model: textOf(reader, record, 'generator'),
    correct: reader.boolean(record, 'final_answer_correct'),
  });
}

function addLabel(reader: RecordReader, record: number, steps: readonly (LabelledStep | undefined)[]): void {
  const id = reader.value(record, 'label');
  if (id === undefined) {
    if (reader.json.get(record, 'label') === undefined) reader.missingKey(record, 'label');
    return;
  }
  const error = wholeNumberAt(reader, id, -1, steps.length - 1);
  if (error === undefined) return;
  steps.forEach((step, at) => {
    if (step !== undefined && (error < 0 || at <= error)) step.values = { human: at === error ? -1 : 1 };
  });
}
