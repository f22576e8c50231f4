import { type Decides, type ProblemScores, type ScoredDocument, type ScoredProblem, scoredProblem } from '../language/scoredDocument.js';
import type { ProblemImage } from '../models/images/imageFile.js';
import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import { LineIndex } from '../reasoning/span.js';
import { applyLabels, type LabeledDocument } from '../review/applyLabels.js';
import type { StepLabel } from '../review/labelRecord.js';
import { type ScoreJob, type ScoreResult, scoreJob } from '../scoring/scorer.js';
import { recallAll, ScoreMemory } from './scoreMemory.js';

/** A text the client has open; `getText` always gives the present text. */
export interface EditedText {
  readonly uri: string;
  readonly version: number;
  readonly languageId: string;
  getText(): string;
}

/** The text of a document before an edit, and the document read from it. */
export interface ReadBefore {
  readonly text: string;
  readonly document: ReasoningDocument;
}

/** Reads a text as a reasoning document; undefined when no format claims it. */
export type Reader = (text: string, source: { readonly uri: string; readonly languageId: string }) => ReasoningDocument | undefined;

/** Reads an edited text incrementally, from the previous reading; undefined if all of it has to be read. */
export type EditReader = (text: string, before: ReadBefore) => ReasoningDocument | undefined;

export interface Readers {
  readonly read: Reader;
  readonly readEdited?: EditReader;
}

/** From this length on, in UTF-16 units, the previous reading is dropped before a full one: memory cannot fit both. */
const longText = 5_000_000;

interface VersionReading {
  readonly version: number;
  readonly lines: LineIndex;
  readonly reasoning: ReasoningDocument;
}

/** An open document: its reading, the scores of its problems, and which of them wait for the model. */
export class OpenDocument {
  readonly uri: string;
  /** Whether the document is to be scored; set when it is opened, and when scoring is requested or cancelled. */
  wanted: boolean;
  /** Whether scoring bypasses the cache. */
  ignoresCache = false;
  /** Larger = looked at or edited more recently. */
  touched = 0;
  /** The problem that the user viewed last, which is scored first. */
  focus = 0;
  readonly #source: EditedText;
  readonly #readers: Readers;
  #readVersion: number | undefined;
  #reading: VersionReading | undefined;
  #scores: ProblemScores[] = [];
  #views: (ScoredProblem | undefined)[] = [];
  #viewThreshold = NaN;
  #viewDecides: Decides = 'model';
  #labels: readonly StepLabel[] = [];
  /** The present reading joined with its labels; undefined until they are joined again. */
  #labeled: LabeledDocument | undefined;
  readonly #waiting = new Set<number>();
  #waitingSteps = 0;

  constructor(source: EditedText, readers: Readers, wanted: boolean) {
    this.uri = source.uri;
    this.#source = source;
    this.#readers = readers;
    this.wanted = wanted;
  }

  get version(): number {
    return this.#source.version;
  }

  /** Whether the reading is of an older text. */
  get isStale(): boolean {
    return this.#readVersion !== this.#source.version;
  }

  /** Whether a format claimed the text that was read last. */
  get isClaimed(): boolean {
    return this.#reading !== undefined;
  }

  /** Steps of the problems that wait for the model. */
  get waitingSteps(): number {
    return this.#waitingSteps;
  }

  /** Reads the present text unless it has been read already. Scores of unchanged prefixes are kept. */
  read(): void {
    if (!this.isStale) return;
    const text = this.#source.getText();
    if (!this.#readEdited(text)) this.#readWhole(text);
  }

  #readEdited(text: string): boolean {
    const before = this.#reading;
    const edited = before && this.#readers.readEdited?.(text, { text: before.lines.text, document: before.reasoning });
    if (edited) this.#take(text, edited, before.reasoning.problems);
    return edited !== undefined;
  }

  #readWhole(text: string): void {
    const before = this.#forgetTrees(text.length);
    this.#take(text, this.#readers.read(text, this.#source), before);
  }

  /** Returns the previous problems. For a long text it drops their trees, and everything derived from them. */
  #forgetTrees(length: number): readonly Problem[] {
    const problems = this.#reading?.reasoning.problems ?? [];
    if (length < longText) return problems;
    this.#reading = undefined;
    this.#views = [];
    this.#labeled = undefined;
    return problems.map(({ tree: _tree, ...problem }) => problem);
  }

  #take(text: string, reasoning: ReasoningDocument | undefined, before: readonly Problem[]): void {
    this.#readVersion = this.#source.version;
    this.#reading = reasoning && { version: this.#source.version, lines: new LineIndex(text), reasoning };
    const problems = reasoning?.problems ?? [];
    this.#scores = recallAll(before, this.#scores, problems);
    // A person's label may now belong to another step.
    const kept = this.#labels.length === 0 ? this.#views : [];
    this.#views = problems.map((problem, at) => (kept[at]?.problem === problem ? kept[at] : undefined));
    this.#labeled = undefined;
    this.enqueue();
  }

  /** Replaces the people's labels of this document with the current ones (`currentLabels`). */
  setLabels(labels: readonly StepLabel[]): void {
    this.#labels = labels;
    this.#labeled = undefined;
    this.#views = [];
  }

  /** The present reading with people's labels; undefined when no format claims it. */
  get labeled(): LabeledDocument | undefined {
    if (this.#reading) this.#labeled ??= applyLabels(this.#reading.reasoning, this.#labels);
    return this.#labeled;
  }

  /** Puts every problem with a step that has no valid score in the queue; none when the document is not wanted. */
  enqueue(): void {
    this.#waiting.clear();
    this.#waitingSteps = 0;
    if (!this.wanted) return;
    for (const problem of this.#reading?.reasoning.problems ?? []) {
      if (!this.#scores[problem.index]?.pending?.size) continue;
      this.#waiting.add(problem.index);
      this.#waitingSteps += problem.steps.length;
    }
  }

  /** Forgets all scores, for another model or a fresh start, and queues the problems again. */
  forgetScores(): void {
    this.#scores = (this.#reading?.reasoning.problems ?? []).map((problem) => new ScoreMemory([]).recall(problem));
    this.#views = [];
    this.enqueue();
  }

  /** The next problem for the model: from the one viewed last to the end, then from the start. */
  nextWaiting(): number | undefined {
    let first: number | undefined;
    for (const index of this.#waiting) {
      if (index >= this.focus) return index;
      first ??= index;
    }
    return first;
  }

  /** A problem of the present reading for the model. `images` opens those that it names. */
  job(problem: number, images: (names: readonly string[]) => readonly ProblemImage[]): ScoreJob {
    const read = this.#problem(problem);
    return scoreJob(read, images(read.images));
  }

  /** Steps of a problem of the present reading. */
  stepCount(problem: number): number {
    return this.#problem(problem).steps.length;
  }

  #problem(index: number): Problem {
    const problem = this.#reading?.reasoning.problems[index];
    if (problem === undefined) throw new RangeError(`The present reading has no problem ${index}.`);
    return problem;
  }

  /** Takes the model's answer for a problem of the present reading. */
  settle(problem: number, result: Pick<ScoreResult, 'scores' | 'skipped' | 'outOfScope' | 'source'>): void {
    if (this.#waiting.delete(problem)) this.#waitingSteps -= result.scores.length;
    const { scores, skipped, outOfScope, source } = result;
    this.#scores[problem] = { scores, skipped, ...(outOfScope && { outOfScope }), ...(source && { source }) };
    this.#views[problem] = undefined;
  }

  /** The document as the language features see it; undefined when no format claims it. */
  view(threshold: number, model: string | undefined, decides: Decides): ScoredDocument | undefined {
    this.read();
    if (!this.#reading) return undefined;
    if (threshold !== this.#viewThreshold || decides !== this.#viewDecides) {
      this.#viewThreshold = threshold;
      this.#viewDecides = decides;
      this.#views = [];
    }
    const { reasoning, lines, version } = this.#reading;
    const { verdicts = [] } = this.labeled ?? {};
    const problems = reasoning.problems.map(
      (problem) =>
        (this.#views[problem.index] ??= scoredProblem(problem, this.#scores[problem.index], threshold, decides, verdicts[problem.index])),
    );
    return { uri: this.uri, version, lines, reasoning, problems, threshold, ...(model !== undefined && { model }) };
  }
}
