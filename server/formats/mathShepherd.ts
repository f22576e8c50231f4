import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import type { DocumentString } from './jsonString.js';
import { ProblemDraft } from './problemDraft.js';
import { questionEnd } from './questionEnd.js';
import type { RecordReader } from './record.js';
import { stepSlice } from './slices.js';
import type { LabeledStep } from './stepLabels.js';

/** The tag that ends each step (U+043A U+0438; a PRM's score is read at this token). */
export const STEP_TAG = 'ки';

/**
 * Math-Shepherd (HF `peiyi9979/Math-Shepherd`, arXiv 2312.08935): `input` is the question and the steps, each with `ки`
 * at its end; `label` is the same text with `+` or `-` in the place of each `ки`. Labels are read by aligning the two
 * texts, because `+` and `-` also occur in the arithmetic.
 */
export const mathShepherd: JsonFormat = {
  syntax: 'json',
  id: 'mathShepherd',
  title: 'Math-Shepherd',
  recognizedBy: '`input` with `ки`, `label`',
  shown: 'hard labels of Monte-Carlo continuations',
  keys: ['input'],
  claims: (json, record) => hasTag(json, json.get(record, 'input')) && json.get(record, 'question') === undefined,
  holds: (json, record) => json.get(record, 'input') !== undefined && json.get(record, 'label') !== undefined,
  read: readRecord,
};

export function hasTag(json: JsonDocument, id: number | undefined): boolean {
  return id !== undefined && json.isString(id) && json.string(id).text.includes(STEP_TAG);
}

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const input = reader.string(record, 'input');
  const label = reader.string(record, 'label');
  if (label === undefined && reader.json.get(record, 'label') === undefined) reader.missingKey(record, 'label');
  if (input === undefined) return draft.finish(record, index, undefined);
  const firstTag = input.text.indexOf(STEP_TAG);
  const { question, stepsAt } = questionEnd(input, firstTag < 0 ? undefined : firstTag);
  const steps = taggedSteps(input, stepsAt);
  if (label !== undefined) alignLabels(reader, input, label, stepsAt, steps);
  const known = steps.filter((step) => step.slice.text !== '');
  if (known.length > 0) draft.addSolution(known, input.span(stepsAt));
  return draft.finish(record, index, question);
}

/** The parts of a text before each tag, and the rest after the last one. */
export function taggedSteps(source: DocumentString, from: number): LabeledStep[] {
  const steps: LabeledStep[] = [];
  let start = from;
  for (let at = source.text.indexOf(STEP_TAG, start); at >= 0; at = source.text.indexOf(STEP_TAG, start)) {
    steps.push({ slice: stepSlice(source, start, at), values: {} });
    start = at + STEP_TAG.length;
  }
  const rest = stepSlice(source, start);
  if (rest.text !== '') steps.push({ slice: rest, values: {} });
  return steps;
}

function alignLabels(reader: RecordReader, input: DocumentString, label: DocumentString, from: number, steps: LabeledStep[]): void {
  const tags = input.text.split(STEP_TAG).length - 1;
  let start = from;
  let at = 0;
  let found = 0;
  for (const step of steps.slice(0, tags)) {
    const tag = input.text.indexOf(STEP_TAG, start);
    const part = input.text.slice(start, tag).trim();
    const place = label.text.indexOf(part, at);
    start = tag + STEP_TAG.length;
    if (place < 0) continue;
    at = place + part.length;
    const sign = /^\s*([+-])/.exec(label.text.slice(at, at + 20));
    if (sign === null) continue;
    step.values = { mc: { value: sign[1] === '+' ? 1 : 0, hard: true } };
    at += sign[0].length;
    found++;
  }
  if (found < tags) {
    reader.countMismatch(label.span(), () =>
      english(
        'The text of "label" has a sign for {0} of the {1} steps of "input"; the other steps have no label. Write "+" or "-" in the place of each {2}.',
        found,
        tags,
        STEP_TAG,
      ),
    );
  }
}
