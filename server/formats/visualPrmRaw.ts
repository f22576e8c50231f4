import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { McValue, StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import type { Slice } from './slices.js';
import { readStep } from './stepLabels.js';

/**
 * VisualPRM's Monte-Carlo labels (InternVL `tools/reasoning_data_pipeline`): every step with its score and counts. The
 * pipeline stops at the first step that fails; the steps after it have 0 of 0, which is unknown and not wrong.
 */
export const visualPrmRaw: JsonFormat = {
  syntax: 'json',
  id: 'visualPrmRaw',
  title: 'VisualPRM raw sample',
  recognizedBy: '`steps_with_score`',
  shown: 'Monte-Carlo counts with intervals; 0 of 0 is *unknown*, not wrong',
  keys: ['steps_with_score'],
  claims(json, record) {
    const steps = json.get(record, 'steps_with_score');
    return steps !== undefined && json.isArray(steps);
  },
  holds: (json, record) => json.get(record, 'steps_with_score') !== undefined,
  read: readSample,
};

function readSample(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const question = questionOf(reader, record);
  const steps: { slice: Slice; values: StepValues }[] = [];
  for (const item of reader.list(record, 'steps_with_score') ?? []) {
    if (!reader.json.isObject(item)) {
      reader.wrongType(item, english('an object'));
      continue;
    }
    const step = reader.json.get(item, 'step');
    if (step === undefined) reader.missingKey(item, 'step');
    const slice = step === undefined ? undefined : readStep(reader, step);
    const mc = readMc(reader, item);
    if (slice !== undefined) steps.push({ slice, values: mc ? { mc } : {} });
  }
  if (steps.length > 0) draft.addSolution(steps, reader.json.span(reader.json.get(record, 'steps_with_score')!));
  return draft.finish(record, index, question);
}

function readMc(reader: RecordReader, item: number): McValue | undefined {
  const value = reader.share(item, 'score');
  const correct = reader.count(item, 'num_mc_correct');
  const total = reader.count(item, 'num_mc_total');
  if (value === undefined || total === 0) return undefined;
  if (correct !== undefined && total !== undefined && correct > total) {
    reader.countMismatch(reader.json.span(reader.json.get(item, 'num_mc_correct')!), () =>
      english('{0} of {1} continuations cannot be right; the counts were left out.', correct, total),
    );
    return { value };
  }
  return { value, ...(correct !== undefined && total !== undefined && { correct, total }) };
}
