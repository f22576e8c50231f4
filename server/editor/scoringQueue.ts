import type { ProblemImage } from '../models/images/imageFile.js';
import { ModelChangedError, ModelError } from '../models/modelError.js';
import { messageOf } from '../reasoning/errorText.js';
import { NotAllowedError, type ScoreJob, type ScoreOptions, type ScoreResult, type Scorer, type ScorerInfo } from '../scoring/scorer.js';
import type { OpenDocument } from './openDocument.js';

/** A problem that fails this often is left unscored, so that it cannot keep the others waiting. */
const attemptsPerProblem = 2;
/** So many failed problems in a row mean that the model itself is at fault. */
const failuresInRow = 3;
/** Priority of an evaluation: open documents are scored first. */
const beforeNone = -1;

export interface QueueEvents {
  /** A problem of the document got its scores. */
  settled(document: OpenDocument): void;
  /** State or progress changed. */
  changed(): void;
  /** The model's files changed: scores of other documents are from the previous version of the model. */
  modelChanged(message: string): void;
  /** The model cannot be used; nothing more is scored until `resume`. */
  failed(message: string): void;
}

/** The images that a document names, for a model to read. */
export type OpenImages = (uri: string, names: readonly string[]) => readonly ProblemImage[];

interface Run {
  readonly document: OpenDocument;
  readonly problem: number;
  readonly abort: AbortController;
  done: number;
}

/**
 * Scores the waiting problems of the open documents one after the other, starting with the problem viewed last in the
 * document touched last. An edit stops the running problem of its document and nothing else.
 */
export class ScoringQueue {
  readonly #documents: () => Iterable<OpenDocument>;
  readonly #createScorer: () => Scorer;
  readonly #images: OpenImages;
  readonly #events: QueueEvents;
  #scorer: Scorer | undefined;
  #info: ScorerInfo | undefined;
  #failure: Error | undefined;
  #draining = false;
  #run: Run | undefined;
  /** Steps of the problems finished since the queue was last empty. */
  #finished = 0;
  #failedInRow = 0;
  #attempts = 0;

  constructor(documents: () => Iterable<OpenDocument>, createScorer: () => Scorer, images: OpenImages, events: QueueEvents) {
    this.#documents = documents;
    this.#createScorer = createScorer;
    this.#images = images;
    this.#events = events;
  }

  get info(): ScorerInfo | undefined {
    return this.#info;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** `loading` until the model is loaded, `scoring` while problems wait. */
  get state(): 'idle' | 'loading' | 'scoring' | 'ready' | 'failed' {
    if (this.#failure !== undefined) return 'failed';
    if (this.#draining) return this.#info ? 'scoring' : 'loading';
    return this.#info ? 'ready' : 'idle';
  }

  /** Steps scored and to score since the queue was last empty. */
  get progress(): { done: number; total: number } {
    let total = this.#finished;
    for (const document of this.#documents()) total += document.waitingSteps;
    return { done: Math.min(total, this.#finished + (this.#run?.done ?? 0)), total };
  }

  /** Scores steps that are in no open document, after those that are. Rejects like the scorer. */
  async score(job: ScoreJob, options: ScoreOptions): Promise<{ readonly result: ScoreResult; readonly info: ScorerInfo }> {
    const scorer = (this.#scorer ??= this.#createScorer());
    try {
      const info = await scorer.describe(options.signal);
      return { result: await scorer.score(job, { ...options, priority: beforeNone }), info };
    } catch (error) {
      // The queue fails as a whole, so that the status reports it and the user can be asked for consent.
      if (error instanceof NotAllowedError && scorer === this.#scorer) this.#fail(error);
      throw error;
    }
  }

  /** Starts scoring the waiting problems, unless it is already running or the model has failed. */
  wake(): void {
    if (this.#draining || this.#failure !== undefined || !this.#next()) return;
    this.#draining = true;
    void this.#drain().finally(() => {
      this.#draining = false;
      this.#run = undefined;
      this.#finished = 0;
      this.#events.changed();
      this.wake();
    });
  }

  /** Tries again after a failure. */
  resume(): void {
    this.#failure = undefined;
    this.#failedInRow = 0;
    this.wake();
  }

  /** Stops the running problem if it is of this document, or any when none is given. Its finished steps are cached. */
  stop(document?: OpenDocument): void {
    if (!document || this.#run?.document === document) this.#run?.abort.abort();
  }

  /** Drops the model; the next run creates another. */
  async replaceScorer(): Promise<void> {
    this.#failure = undefined;
    this.stop();
    await this.#dropScorer();
  }

  async clearCache(): Promise<void> {
    await (this.#scorer ??= this.#createScorer()).clearCache();
  }

  async #drain(): Promise<void> {
    for (let next = this.#next(); next && this.#failure === undefined; next = this.#next()) {
      const run: Run = { ...next, abort: new AbortController(), done: 0 };
      this.#run = run;
      try {
        await this.#score(run);
        this.#attempts = 0;
        this.#failedInRow = 0;
      } catch (error) {
        if (!run.abort.signal.aborted) this.#recover(run, error);
      }
    }
  }

  async #score(run: Run): Promise<void> {
    const { document, problem, abort } = run;
    const scorer = (this.#scorer ??= this.#createScorer());
    if (!this.#info) {
      this.#events.changed();
      const info = await scorer.describe();
      if (scorer !== this.#scorer) return;
      this.#info = info;
      this.#events.changed();
    }
    const job = document.job(problem, (names) => this.#images(document.uri, names));
    const result = await scorer.score(job, {
      signal: abort.signal,
      ignoreCache: document.ignoresCache,
      onProgress: (done) => {
        run.done = done;
        this.#events.changed();
      },
    });
    if (abort.signal.aborted) return;
    // The device may have changed meanwhile: it was lost, or its memory was too small.
    this.#info = await scorer.describe();
    document.settle(problem, result);
    this.#finished += result.scores.length;
    run.done = 0;
    this.#events.settled(document);
    this.#events.changed();
  }

  #recover(run: Run, error: unknown): void {
    const message = messageOf(error);
    if (error instanceof ModelChangedError) return this.#events.modelChanged(message);
    if (error instanceof ModelError) return this.#fail(error);
    if (++this.#attempts < attemptsPerProblem) return;
    this.#attempts = 0;
    if (++this.#failedInRow >= failuresInRow) return this.#fail(error instanceof Error ? error : new Error(message));
    const steps = run.document.stepCount(run.problem);
    run.document.settle(run.problem, {
      scores: new Float64Array(steps).fill(NaN),
      skipped: new Map(Array.from({ length: steps }, (_, index) => [index, message])),
    });
    this.#finished += steps;
    this.#events.settled(run.document);
  }

  #fail(error: Error): void {
    this.#failure = error;
    // The cause may be fixed by the time `resume` is called, which then starts with a new scorer.
    this.#dropScorer().catch(() => undefined);
    this.#events.failed(error.message);
  }

  async #dropScorer(): Promise<void> {
    const scorer = this.#scorer;
    this.#scorer = undefined;
    this.#info = undefined;
    await scorer?.dispose();
  }

  #next(): { document: OpenDocument; problem: number } | undefined {
    let best: { document: OpenDocument; problem: number } | undefined;
    for (const document of this.#documents()) {
      if (document.isStale || (best && best.document.touched >= document.touched)) continue;
      const problem = document.nextWaiting();
      if (problem !== undefined) best = { document, problem };
    }
    return best;
  }
}
