import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import { benchmarkProblem } from './benchmarkProblem.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { addRecordedScores, type LabeledStep, reportCounts, stepsAt } from './stepLabels.js';

/**
 * VisualProcessBench `test.jsonl` (VisualPRM, arXiv 2503.10291): one solution per record, with every step judged by
 * people as right (1), neutral (0) or wrong (-1); judging continues after the first error.
 */
export const visualProcessBench: JsonFormat = {
  syntax: 'json',
  id: 'visualProcessBench',
  title: 'VisualProcessBench',
  recognizedBy: '`response.steps`, `response.process_correctness`',
  shown: 'human labels: right, neutral, wrong',
  keys: ['response'],
  claims(json, record) {
    const response = json.get(record, 'response');
    if (response === undefined || !json.isObject(response)) return false;
    const steps = json.get(response, 'steps');
    return json.get(response, 'process_correctness') !== undefined || (steps !== undefined && json.isArray(steps));
  },
  holds: (json, record) => json.get(record, 'response') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const question = questionOf(reader, record);
  const response = reader.value(record, 'response');
  if (response === undefined || !reader.json.isObject(response)) {
    if (response !== undefined) reader.wrongType(response, english('an object'));
    return draft.finish(record, index, question);
  }
  const list = reader.value(response, 'steps');
  if (list === undefined) reader.missingKey(response, 'steps');
  const steps = stepsAt(reader, list) ?? [];
  addLabels(reader, response, steps);
  addRecordedScores(reader, record, steps);
  const model = reader.text(record, 'policy_model');
  return benchmarkProblem(draft, record, index, question, steps, { list, model, source: reader.text(record, 'data_source') });
}

function addLabels(reader: RecordReader, response: number, steps: readonly (LabeledStep | undefined)[]): void {
  const labels = reader.list(response, 'process_correctness');
  if (labels === undefined) {
    if (reader.json.get(response, 'process_correctness') === undefined) reader.missingKey(response, 'process_correctness');
    return;
  }
  if (labels.length !== steps.length) {
    reportCounts(
      reader,
      reader.json.span(reader.value(response, 'process_correctness')!),
      'process_correctness',
      labels.length,
      steps.length,
    );
  }
  steps.forEach((step, at) => {
    const label = labels[at];
    const human = label === undefined ? undefined : reader.wholeNumberAt(label, -1, 1);
    if (step !== undefined && human !== undefined) step.values = { ...step.values, human: human as -1 | 0 | 1 };
  });
}
