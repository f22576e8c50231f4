import { english } from '../l10n.js';
import type { Problem, ReasoningTree, Solution, Step } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonDocument } from './jsonDocument.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice } from './slices.js';

/** A problem while it is read from a record. */
export class ProblemDraft {
  readonly steps: Step[] = [];
  readonly solutions: Solution[] = [];

  constructor(readonly reader: RecordReader) {}

  /** Appends a step after `parent` and returns its index. */
  addStep(slice: Slice, parent: number | undefined, values: StepValues, node?: number): number {
    const index = this.steps.length;
    if (slice.text === '')
      this.reader.faults.add('empty-step', slice.span, () =>
        english('This step has no text and is not scored; write its text, or remove it.'),
      );
    this.steps.push({ index, ...(parent !== undefined && { parent }), ...slice, values, ...(node !== undefined && { node }) });
    return index;
  }

  /** Appends a solution with steps of its own. */
  addSolution(steps: readonly { readonly slice: Slice; readonly values: StepValues }[], span: Span, correct?: boolean): void {
    const path: number[] = [];
    for (const { slice, values } of steps) path.push(this.addStep(slice, path.at(-1), values));
    this.addPath(path, span, correct);
  }

  /** Appends a solution that is a path of existing steps. */
  addPath(steps: readonly number[], span: Span, correct?: boolean, node?: number): void {
    if (steps.length === 0) {
      this.reader.faults.add('no-steps', span, () =>
        english('This solution has no steps, so it is not scored. Write its steps, or remove it.'),
      );
    }
    const index = this.solutions.length;
    this.solutions.push({ index, steps, span, ...(correct !== undefined && { correct }), ...(node !== undefined && { node }) });
  }

  /** Builds the problem of a record. Its keys `id`, `answer` and images are read here. */
  finish(record: number, index: number, question: Slice | undefined, tree?: ReasoningTree): Problem {
    const { reader } = this;
    const id = idOf(reader, record);
    const answer = answerOf(reader, record);
    return {
      index,
      ...(id !== undefined && { id }),
      question: question?.text ?? '',
      ...(question?.raw !== undefined && { rawQuestion: question.raw }),
      ...(answer !== undefined && { answer }),
      images: imagesOf(reader, record),
      span: reader.json.span(record),
      ...(question && { questionSpan: question.span }),
      steps: this.steps,
      solutions: this.solutions,
      ...(tree && { tree }),
    };
  }
}

/** Reads the question under the first of `keys` that is present. */
export function questionOf(reader: RecordReader, record: number, keys: readonly string[] = ['question']): Slice | undefined {
  for (const key of keys) {
    const question = reader.string(record, key);
    if (question !== undefined) return questionSlice(question);
  }
  if (keys.every((key) => reader.json.get(record, key) === undefined)) reader.missingKey(record, keys[0]!);
  return undefined;
}

/** VisualPRM400K writes -1 for "no id". */
function idOf(reader: RecordReader, record: number): string | undefined {
  const id = reader.value(record, 'id');
  if (id === undefined || reader.json.isObject(id) || reader.json.isArray(id)) return undefined;
  const text = reader.json.string(id).text;
  return text === '-1' || text === '' ? undefined : text;
}

/** Keys of a reference answer; the first one present is used. */
export const ANSWER_KEYS = [
  'answer',
  'correct_answer',
  'final_answer',
  'ground_truth_answer',
  'gold_answer',
  'gt_answer',
  'reference_answer',
  'expected_answer',
  'Answer',
];

function answerOf(reader: RecordReader, record: number): string | undefined {
  for (const key of ANSWER_KEYS) {
    const id = reader.value(record, key);
    const text = id === undefined ? undefined : referenceText(reader.json, id);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Reads a reference answer: a string, number or list (OlympiadBench); for GSM8K, the part after `####`. */
export function referenceText(json: JsonDocument, id: number): string | undefined {
  if (json.isObject(id)) return undefined;
  const parts = json.isArray(id) ? json.items(id) : [id];
  const text = parts.map((part) => json.string(part).text).join(', ');
  return /\n####[ \t]*(\S[^\n]*)\s*$/.exec(text)?.[1]?.trim() ?? text;
}

const IMAGE_KEYS = ['image_path', 'image', 'images', 'image_1', 'image_2', 'image_3', 'image_4', 'image_5'];

/** The images that a record, or an object in it, names under the usual keys: paths or lists of paths, each once. */
export function imagesOf(reader: RecordReader, record: number): string[] {
  const images = new Set<string>();
  for (const key of IMAGE_KEYS) {
    const id = reader.value(record, key);
    if (id === undefined) continue;
    const items = reader.json.isArray(id) ? reader.json.items(id) : [id];
    for (const item of items) {
      const path = imageAt(reader, item);
      if (path !== undefined && path !== '') images.add(path);
    }
  }
  return [...images];
}

/** Beginnings of PNG, JPEG, GIF and WebP files in base64. */
const BASE64_IMAGES: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'png'],
  ['/9j/', 'jpeg'],
  ['R0lGOD', 'gif'],
  ['UklGR', 'webp'],
];

/** Reads an image: a path, a `data:` URL, a file in base64, or an object `{path, bytes}` as `datasets` writes it. */
function imageAt(reader: RecordReader, id: number): string | undefined {
  if (!reader.json.isObject(id)) return asDataUrl(reader.stringAt(id)?.text);
  const bytes = reader.value(id, 'bytes') ?? reader.value(id, 'url') ?? reader.value(id, 'src');
  const path = reader.value(id, 'path');
  const found = bytes !== undefined && reader.json.isString(bytes) ? bytes : path;
  return found === undefined ? undefined : asDataUrl(reader.stringAt(found)?.text);
}

function asDataUrl(text: string | undefined): string | undefined {
  if (text === undefined || text.length < 64 || text.startsWith('data:')) return text;
  const type = BASE64_IMAGES.find(([beginning]) => text.startsWith(beginning))?.[1];
  return type === undefined || !/^[A-Za-z0-9+/=\s]+$/.test(text) ? text : `data:image/${type};base64,${text}`;
}
