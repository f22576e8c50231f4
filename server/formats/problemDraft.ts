import type { Problem, ReasoningTree, Solution, Step } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { DocumentString } from './jsonString.js';
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
      this.reader.faults.add('empty-step', slice.span, () => 'This step has no text and is not scored; write its text, or remove it.');
    this.steps.push({ index, ...(parent !== undefined && { parent }), ...slice, values, ...(node !== undefined && { node }) });
    return index;
  }

  /** Appends a solution with steps of its own. */
  addSolution(steps: readonly { readonly slice: Slice; readonly values: StepValues }[], span: Span, correct?: boolean): void {
    const path: number[] = [];
    for (const { slice, values } of steps) path.push(this.addStep(slice, path.at(-1), values));
    this.addPath(path, span, correct);
  }

  /** Appends a solution through known steps. */
  addPath(steps: readonly number[], span: Span, correct?: boolean, node?: number): void {
    if (steps.length === 0) {
      this.reader.faults.add('no-steps', span, () => 'This solution has no steps, so it is not scored. Write its steps, or remove it.');
    }
    const index = this.solutions.length;
    this.solutions.push({ index, steps, span, ...(correct !== undefined && { correct }), ...(node !== undefined && { node }) });
  }

  /** The problem of a record, whose keys `id`, `answer` and images are read here. */
  finish(record: number, index: number, question: Slice | undefined, tree?: ReasoningTree): Problem {
    const { reader } = this;
    const id = idOf(reader, record);
    const answer = answerOf(reader, record);
    return {
      index,
      ...(id !== undefined && { id }),
      question: question?.text ?? '',
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

/** The question, under the first of `keys` that is there. */
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

/** Reference answers are strings, numbers or (OlympiadBench) lists; each is shown as it stands. */
function answerOf(reader: RecordReader, record: number): string | undefined {
  for (const key of ['answer', 'correct_answer', 'final_answer']) {
    const id = reader.value(record, key);
    if (id === undefined || reader.json.isObject(id)) continue;
    const parts = reader.json.isArray(id) ? reader.json.items(id) : [id];
    return parts.map((part) => reader.json.string(part).text).join(', ');
  }
  return undefined;
}

const IMAGE_KEYS = ['image_path', 'image', 'image_1', 'image_2', 'image_3', 'image_4', 'image_5'];

/** Image paths: under any of the known keys, one or a list; each once. */
function imagesOf(reader: RecordReader, record: number): string[] {
  const images = new Set<string>();
  for (const key of IMAGE_KEYS) {
    const id = reader.value(record, key);
    if (id === undefined) continue;
    const paths: (DocumentString | undefined)[] = reader.json.isArray(id)
      ? reader.json.items(id).map((item) => reader.stringAt(item))
      : [reader.stringAt(id)];
    for (const path of paths) if (path !== undefined && path.text !== '') images.add(path.text);
  }
  return [...images];
}
