import type { Span } from '../reasoning/span.js';
import type { StepValues } from '../reasoning/stepValue.js';
import { Kind } from './jsonDocument.js';
import type { RecordReader } from './record.js';
import { type Slice, stepSlice } from './slices.js';

/** What the process benchmarks share: a list of steps, and what people found out about each. */

export interface LabelledStep {
  readonly slice: Slice;
  values: StepValues;
}

/** The steps of a list, without values; undefined when there is no list. A step of a wrong type is reported and left out. */
export function stepsAt(reader: RecordReader, list: number | undefined): (LabelledStep | undefined)[] | undefined {
  const strings = list === undefined ? undefined : reader.stringsAt(list);
  return strings?.map((string) => (string === undefined ? undefined : { slice: stepSlice(string), values: {} }));
}

/** A whole number in [low, high]; undefined, and reported, when it is something else. */
export function wholeNumberAt(reader: RecordReader, id: number, low: number, high: number): number | undefined {
  const { json } = reader;
  if (json.kind(id) !== Kind.number) {
    if (json.kind(id) !== Kind.null && json.kind(id) !== Kind.invalid) reader.wrongType(id, 'a whole number');
    return undefined;
  }
  const value = json.number(id);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  reader.faults.add(
    'out-of-range',
    json.span(id),
    () => `${json.path(id)} is ${value}; a whole number from ${low} to ${high} was expected.`,
  );
  return undefined;
}

/** Scores of a PRM that ran over the file, `prm_scores`, one a step: read when they are there. */
export function addRecordedScores(reader: RecordReader, record: number, steps: readonly (LabelledStep | undefined)[]): void {
  const scores = reader.list(record, 'prm_scores');
  if (scores === undefined) return;
  if (scores.length !== steps.length)
    reportCounts(reader, reader.json.span(reader.value(record, 'prm_scores')!), 'prm_scores', scores.length, steps.length);
  steps.forEach((step, at) => {
    const score = scores[at];
    const recordedPrm = score === undefined ? undefined : reader.shareAt(score);
    if (step !== undefined && recordedPrm !== undefined) step.values = { ...step.values, recordedPrm };
  });
}

export function reportCounts(reader: RecordReader, span: Span, key: string, items: number, steps: number): void {
  reader.countMismatch(
    span,
    () =>
      `The number of items in "${key}" (${items}) and of steps (${steps}) differ; they were paired from the front. Write one for each step.`,
  );
}

/** The text of a key that may be a string or a number; undefined when it is absent or empty. */
export function textOf(reader: RecordReader, object: number, key: string): string | undefined {
  const text = reader.string(object, key)?.text;
  return text === '' ? undefined : text;
}
