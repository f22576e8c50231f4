import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import { chatMessages } from './chat.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice } from './slices.js';
import { solutionSlices } from './solutionString.js';
import { type LabeledStep, labelFirstError, reportCounts, stepsAt } from './stepLabels.js';

/** What the labels mean. `firstError0`, `firstError1`: one number, the position of the first error, from 0 or 1. */
export type LabelKind = 'human' | 'mc' | 'hard' | 'prm' | 'judge' | 'firstError0' | 'firstError1';

/**
 * The keys of a record by their role, each a key or a path such as `response.steps`. The generic format infers a
 * mapping; a user writes one into `steplens.json` (media/schemas/mapping.schema.json).
 */
export interface Mapping {
  readonly question?: string;
  /** A list of steps, or a text that is split as a solution in Markdown is. */
  readonly steps?: string;
  /** Instead of `steps`: a list of solutions. */
  readonly solutions?: string;
  /** One label per step, a list of them for each solution, or one number (first error). */
  readonly labels?: string;
  readonly labelKind?: LabelKind;
  /** Whether the solution is right; with `solutions`, a list. */
  readonly correct?: string;
  readonly answer?: string;
  readonly id?: string;
  readonly image?: string;
}

/** The value at a path of keys; undefined when it is absent or `null`. */
export function valueAt(json: JsonDocument, record: number, path: string | undefined): number | undefined {
  if (path === undefined) return undefined;
  const whole = json.get(record, path);
  const id = whole ?? path.split('.').reduce<number | undefined>((at, key) => (at === undefined ? undefined : json.get(at, key)), record);
  return id === undefined || json.kind(id) === Kind.null || json.kind(id) === Kind.invalid ? undefined : id;
}

/** Reads a record by means of a mapping. */
export function readMapped(reader: RecordReader, record: number, index: number, mapping: Mapping): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const steps = valueAt(json, record, mapping.steps);
  const solutions = valueAt(json, record, mapping.solutions);
  const labels = valueAt(json, record, mapping.labels);
  const correct = valueAt(json, record, mapping.correct);
  const kind = mapping.labelKind ?? 'human';
  if (steps !== undefined) addSolution(reader, draft, steps, labels, kind, correct);
  else if (solutions !== undefined) {
    const verdicts = correct !== undefined && json.isArray(correct) ? json.items(correct) : [];
    const lists = labels !== undefined && json.isArray(labels) ? json.items(labels) : [];
    (reader.listAt(solutions) ?? []).forEach((solution, at) => addSolution(reader, draft, solution, lists[at], kind, verdicts[at]));
  }
  const answer = valueAt(json, record, mapping.answer);
  const id = valueAt(json, record, mapping.id);
  const image = valueAt(json, record, mapping.image);
  const problem = draft.finish(record, index, questionAt(reader, valueAt(json, record, mapping.question)));
  return {
    ...problem,
    ...(answer !== undefined && !json.isObject(answer) && { answer: scalarText(json, answer) }),
    ...(id !== undefined && !json.isObject(id) && { id: scalarText(json, id) }),
    ...(image !== undefined && json.isString(image) && { images: [json.string(image).text] }),
  };
}

function scalarText(json: JsonDocument, id: number): string {
  const parts = json.isArray(id) ? json.items(id) : [id];
  return parts.map((part) => json.string(part).text).join(', ');
}

/** Reads a question: a text, a list of texts, or the last user message of a chat. */
function questionAt(reader: RecordReader, id: number | undefined): Slice | undefined {
  const { json } = reader;
  if (id === undefined) return undefined;
  if (json.isString(id)) return questionSlice(json.string(id));
  if (!json.isArray(id)) {
    reader.wrongType(id, english('a string'));
    return undefined;
  }
  const user = chatMessages(json, id)
    .findLast((message) => message.role === 'user')
    ?.texts.at(-1);
  const last = json.items(id).findLast((item) => json.isString(item));
  const text = user ?? (last === undefined ? undefined : json.string(last));
  return text && questionSlice(text);
}

function addSolution(
  reader: RecordReader,
  draft: ProblemDraft,
  at: number,
  labels: number | undefined,
  kind: LabelKind,
  correct: number | undefined,
): void {
  const { json } = reader;
  const text = json.isString(at) ? json.string(at) : undefined;
  const found = text === undefined ? undefined : solutionSlices(text);
  const steps: (LabeledStep | undefined)[] = found?.map((slice) => ({ slice, values: {} })) ?? stepsAt(reader, at) ?? [];
  if (labels !== undefined) addLabels(reader, labels, kind, steps);
  else if (json.isArray(at)) addOwnValues(reader, at, steps);
  const known = steps.filter((step) => step !== undefined);
  if (known.length > 0) draft.addSolution(known, json.span(at), correct === undefined ? undefined : reader.verdictAt(correct));
}

function addLabels(reader: RecordReader, at: number, kind: LabelKind, steps: readonly (LabeledStep | undefined)[]): void {
  const { json } = reader;
  if (kind === 'firstError0' || kind === 'firstError1') {
    const base = kind === 'firstError0' ? 0 : 1;
    const error = reader.wholeNumberAt(at, Math.min(-1, base), steps.length - 1 + base);
    if (error !== undefined) labelFirstError(steps, error < base ? -1 : error - base);
    return;
  }
  const items = reader.listAt(at);
  if (items === undefined) return;
  if (items.length !== steps.length) reportCounts(reader, json.span(at), json.path(at), items.length, steps.length);
  steps.forEach((step, i) => {
    if (step !== undefined && items[i] !== undefined) step.values = { ...step.values, ...labelValue(reader, items[i], kind) };
  });
}

const RIGHT = new Set(['+', 'correct', 'right', 'good', 'great', 'true', 'positive', 'pos', 'yes']);
const NEUTRAL = new Set(['neutral', 'okay', 'ok']);
const WRONG = new Set(['-', 'incorrect', 'wrong', 'bad', 'false', 'negative', 'neg', 'no', 'error']);

function labelValue(reader: RecordReader, id: number, kind: LabelKind): StepValues {
  if (kind === 'prm') {
    const recordedPrm = reader.scoreAt(id);
    return recordedPrm === undefined ? {} : { recordedPrm };
  }
  if (kind === 'mc' || kind === 'judge') {
    const value = reader.shareAt(id);
    return value === undefined ? {} : kind === 'mc' ? { mc: { value } } : { judge: value };
  }
  const human = verdictOf(reader, id);
  if (human === undefined) return {};
  return kind === 'hard' ? (human === 0 ? {} : { mc: { value: human === 1 ? 1 : 0, hard: true } }) : { human };
}

/** Reads a label in any usual vocabulary. 0 is neutral only in a list that also has -1; otherwise it is wrong. */
function verdictOf(reader: RecordReader, id: number): -1 | 0 | 1 | undefined {
  const { json } = reader;
  const kind = json.kind(id);
  if (kind === Kind.true || kind === Kind.false) return kind === Kind.true ? 1 : -1;
  if (kind === Kind.null) return undefined;
  if (json.isString(id)) {
    const word = json.string(id).text.trim().toLowerCase();
    if (RIGHT.has(word)) return 1;
    if (NEUTRAL.has(word)) return 0;
    if (WRONG.has(word)) return -1;
    reader.wrongType(id, english('"+" or "-", or a word for right, neutral or wrong'));
    return undefined;
  }
  const value = reader.wholeNumberAt(id, -1, 1) as -1 | 0 | 1 | undefined;
  return value === 0 && !hasNegative(json, id) ? -1 : value;
}

/** Whether the list of this label also has -1, so that its 0 is neutral. */
function hasNegative(json: JsonDocument, label: number): boolean {
  const list = json.parent(label);
  return list !== undefined && json.items(list).some((item) => json.kind(item) === Kind.number && json.number(item) < 0);
}

const OWN_VALUES: readonly (readonly [RegExp, LabelKind])[] = [
  [/^(?:prm_)?(?:score|reward|prob(?:ability)?)$/, 'prm'],
  [/^(?:mc_value|mc)$/, 'mc'],
  [/^(?:label|rating|correct|is_correct|verdict)$/, 'human'],
];

/** Adds the values beside the text in steps that are objects. */
function addOwnValues(reader: RecordReader, list: number, steps: readonly (LabeledStep | undefined)[]): void {
  const { json } = reader;
  json.items(list).forEach((item, i) => {
    const step = steps[i];
    if (step === undefined || !json.isObject(item)) return;
    for (const [key, value] of json.entries(item)) {
      const kind = OWN_VALUES.find(([name]) => name.test(key))?.[1];
      const isScalar = json.kind(value) !== Kind.null && !json.isObject(value) && !json.isArray(value);
      if (kind !== undefined && isScalar) step.values = { ...step.values, ...labelValue(reader, value, kind) };
    }
  });
}
