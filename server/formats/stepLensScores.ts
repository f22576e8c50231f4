import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { type LabeledStep, stepsAt } from './stepLabels.js';

/** Lines of `steplens score --json`: a solution with every value of every step. The question is in the file that was scored. */
export const stepLensScores: JsonFormat = {
  syntax: 'json',
  id: 'stepLensScores',
  title: 'output of steplens score --json',
  recognizedBy: '`steps` with `values`, `aggregate`, `threshold`',
  shown: 'the scores of that run as recorded scores, and every other value',
  keys: ['aggregate'],
  claims: (json, record) => ['file', 'steps', 'aggregate', 'threshold'].every((key) => json.get(record, key) !== undefined),
  holds: (json, record) => json.get(record, 'steps') !== undefined && json.get(record, 'file') !== undefined,
  read: readLine,
};

function readLine(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'steps');
  const steps = stepsAt(reader, list) ?? [];
  const items = list === undefined || !json.isArray(list) ? [] : json.items(list);
  steps.forEach((step, i) => addValues(reader, step, json.get(items[i]!, 'values')));
  const known = steps.filter((step) => step !== undefined);
  if (list !== undefined && known.length > 0) draft.addSolution(known, json.span(list));
  const source = reader.text(record, 'file');
  const problem = draft.finish(record, index, undefined);
  return { ...problem, ...(source !== undefined && { source }) };
}

function addValues(reader: RecordReader, step: LabeledStep | undefined, values: number | undefined): void {
  if (step === undefined || values === undefined || !reader.json.isObject(values)) return;
  const prm = reader.value(values, 'prm') ?? reader.value(values, 'recordedPrm');
  const recordedPrm = prm === undefined ? undefined : reader.scoreAt(prm);
  const mcAt = reader.value(values, 'mc');
  const value = mcAt === undefined ? undefined : reader.share(mcAt, 'value');
  const correct = mcAt === undefined ? undefined : reader.count(mcAt, 'correct');
  const total = mcAt === undefined ? undefined : reader.count(mcAt, 'total');
  const judge = reader.share(values, 'judge');
  const humanAt = reader.value(values, 'human');
  const human = humanAt === undefined ? undefined : (reader.wholeNumberAt(humanAt, -1, 1) as StepValues['human']);
  step.values = {
    ...(recordedPrm !== undefined && { recordedPrm }),
    ...(value !== undefined && { mc: { value, ...(correct !== undefined && total !== undefined && { correct, total }) } }),
    ...(judge !== undefined && { judge }),
    ...(human !== undefined && { human }),
  };
}
