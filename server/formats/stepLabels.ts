import { english } from '../l10n.js';
import type { Span } from '../reasoning/span.js';
import type { StepValues } from '../reasoning/stepValue.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import type { RecordReader } from './record.js';
import { paragraphSlices, type Slice, stepSlice } from './slices.js';

/** A step of a list while its labels are added. */
export interface LabeledStep {
  readonly slice: Slice;
  values: StepValues;
}

/** Keys of the text in a step that is an object. */
const TEXT_KEYS = ['text', 'step', 'content', 'value', 'message', 'sentence', 'step_text', 'output', 'response', 'solution_prefix'];

/** Keys of the parts of an agent's step, which together are its text. */
const PART_KEYS = ['thought', 'reasoning', 'explanation', 'action', 'action_input', 'calculation', 'observation', 'conclusion'];

/**
 * The steps of a list, without values; undefined when there is no list. A step is a string, a list of lines, or an
 * object with its text under a usual key. A lone string is reported and split at blank lines. Anything else is reported
 * and stays in the list as undefined, so that the labels still match their steps.
 */
export function stepsAt(reader: RecordReader, list: number | undefined): (LabeledStep | undefined)[] | undefined {
  if (list === undefined) return undefined;
  return stepSlices(reader, list)?.map((slice) => slice && { slice, values: {} });
}

/** Like `stepsAt`, without the values. */
export function stepSlices(reader: RecordReader, list: number): (Slice | undefined)[] | undefined {
  if (reader.json.isString(list)) {
    reader.wrongType(list, english('an array of strings'));
    return paragraphSlices(reader.json.string(list));
  }
  return reader.listAt(list)?.map((item) => readStep(reader, item));
}

/** One step of a list; undefined, and reported, when it has no text. */
export function readStep(reader: RecordReader, item: number): Slice | undefined {
  const { json } = reader;
  if (json.isArray(item)) return linesAt(reader, item);
  const text = json.isObject(item) ? textKeyOf(json, item) : item;
  if (text === undefined) {
    const parts = PART_KEYS.flatMap((key) => json.get(item, key) ?? []).filter((id) => json.isString(id));
    if (parts.length > 0) return joined(reader, parts);
  }
  if (text !== undefined && json.isString(text)) return stepSlice(json.string(text));
  if (text !== undefined && json.isArray(text)) return linesAt(reader, text);
  if (json.kind(item) === Kind.null) {
    reader.faults.add('empty-step', json.span(item), () => english('This step is null and was skipped; write its text, or remove it.'));
  } else reader.wrongType(item, english('a string, a list of lines or an object with "text"'));
  return undefined;
}

/** The value of the first usual key for a step's text. */
export function textKeyOf(json: JsonDocument, object: number): number | undefined {
  for (const key of TEXT_KEYS) {
    const id = json.get(object, key);
    if (id !== undefined && (json.isString(id) || json.isArray(id))) return id;
  }
  return undefined;
}

/** A step stored as a list of lines (MR-MATH): its text is the lines, its range goes from the first line to the last. */
function linesAt(reader: RecordReader, list: number): Slice | undefined {
  const lines = reader.json.items(list);
  if (lines.length === 0 || !lines.every((line) => reader.json.isString(line))) {
    reader.wrongType(list, english('a string or a list of lines'));
    return undefined;
  }
  return joined(reader, lines);
}

/** Several texts as lines of one step; its range goes from the first to the last. */
function joined(reader: RecordReader, texts: readonly number[]): Slice {
  const slices = texts.map((text) => stepSlice(reader.json.string(text))).sort((a, b) => a.span.start - b.span.start);
  return {
    text: slices
      .map((slice) => slice.text)
      .join('\n')
      .trim(),
    span: { start: slices[0]!.span.start, end: slices.at(-1)!.span.end },
  };
}

/** Adds the scores of a PRM that ran over the file, one per step. */
export function addRecordedScores(
  reader: RecordReader,
  record: number,
  steps: readonly (LabeledStep | undefined)[],
  key = 'prm_scores',
): void {
  const list = reader.value(record, key);
  const scores = list === undefined ? undefined : reader.listAt(list);
  if (list === undefined || scores === undefined) return;
  if (scores.length !== steps.length) reportCounts(reader, reader.json.span(list), key, scores.length, steps.length);
  steps.forEach((step, at) => {
    const score = scores[at];
    const recordedPrm = score === undefined ? undefined : reader.scoreAt(score);
    if (step !== undefined && recordedPrm !== undefined) step.values = { ...step.values, recordedPrm };
  });
}

export function reportCounts(reader: RecordReader, span: Span, key: string, items: number, steps: number): void {
  reader.countMismatch(span, () =>
    english(
      'The number of items in "{0}" ({1}) and the number of steps ({2}) differ; they were paired from the front. Write one item for each step.',
      key,
      items,
      steps,
    ),
  );
}

/** Labels the steps up to the first error, counted from 0 (-1 = no error): right before it, and no label after it. */
export function labelFirstError(steps: readonly (LabeledStep | undefined)[], error: number): void {
  steps.forEach((step, at) => {
    if (step !== undefined && (error < 0 || at <= error)) step.values = { ...step.values, human: at === error ? -1 : 1 };
  });
}
