import type { ScoredDocument } from '../language/scoredDocument.js';
import { RequestError } from '../protocol/message.js';
import type { ScoreDocumentResult } from '../protocol/scoring.js';
import { type ServerSettings, untrustedSettings } from '../protocol/settingsTable.js';
import type { StatusParams } from '../protocol/status.js';
import { isLoopback } from '../remote/loopback.js';
import type { StepLabel } from '../review/labelRecord.js';
import type { ScorerSettings } from '../scoring/openScorer.js';
import { NotAllowedError, type Scorer } from '../scoring/scorer.js';
import { DocumentTasks } from './documentTasks.js';
import { type EditedText, type EditReader, OpenDocument, type Reader } from './openDocument.js';
import { type OpenImages, ScoringQueue } from './scoringQueue.js';
import { scoringStatus } from './scoringStatus.js';

/** A step below this is low when neither a setting nor a profile has a threshold. */
const defaultThreshold = 0.5;
/** Milliseconds until a changed state is reported. */
const changeMs = 100;
/** Milliseconds between two progress reports: VS Code draws its status and two progress bars for each one. */
const progressMs = 1_000;

export interface Clock {
  /** Runs `action` once after `ms`; the result cancels it. */
  after(ms: number, action: () => void): () => void;
}

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface ServiceWorld {
  readonly read: Reader;
  readonly readEdited?: EditReader;
  createScorer(settings: ScorerSettings): Scorer;
  readonly images: OpenImages;
  readonly clock: Clock;
  readonly log: Log;
  /** The reading, the scores or the threshold of a document changed. */
  onDocument(uri: string): void;
  onStatus(status: StatusParams): void;
}

/** Scoring was cancelled, or its document closed, before it was done. */
export class ScoringCancelled extends RequestError {
  constructor(message: string) {
    super('cancelled', message);
  }
}

/** The language service without a connection: open documents, their scores and the model's state. */
export interface Service {
  readonly settings: ServerSettings;
  /** The settings; in an untrusted workspace, restricted settings have their defaults. */
  readonly trusted: ServerSettings;
  /** Whether the workspace may choose models and servers, and have files written. */
  readonly isTrusted: boolean;
  /** In [0, 1]; a step below it is low. */
  readonly threshold: number;
  /** Whether question and steps may be sent to an origin: it is on this machine, or the user has consented to it. */
  allows(origin: string): boolean;
  /**
   * Applies new settings. A new threshold takes effect at once; a new model, device or number of threads loads another
   * scorer, and so does revoked consent. New consent that was missing lets the scoring continue.
   */
  configure(settings: ServerSettings, isTrusted: boolean, allowedServers: readonly string[]): void;
  /** A document opened or changed. */
  update(source: EditedText): void;
  close(uri: string): void;
  /** People's current labels of a document changed. */
  setLabels(uri: string, labels: readonly StepLabel[]): void;
  /** The present document; undefined when it is not open or no format claims it. */
  document(uri: string): ScoredDocument | undefined;
  /**
   * Resolves when a document's present text has been read: a moment after its last edit, together with its first scores
   * if they arrive soon; at once when it is not open.
   */
  whenRead(uri: string): Promise<void>;
  /** The user is viewing this problem of this document: it is scored first. */
  look(uri: string, problem: number): void;
  /**
   * Scores a document, even if `scoreOnOpen` is off, and resolves when every step is settled.
   * Rejects with ScoringCancelled, or with an error that says why the model cannot be used.
   */
  score(uri: string, again: boolean): Promise<ScoreDocumentResult>;
  /** Stops scoring a document (or all) until scoring is requested again. */
  cancel(uri?: string): void;
  /** Scores steps that are in no open document, after those that are. Rejects like a Scorer. */
  scoreJob: ScoringQueue['score'];
  clearCache(): Promise<void>;
  dispose(): Promise<void>;
}

/** The user's choices: settings, trust, and the servers that may be sent text. */
interface Choices {
  readonly settings: ServerSettings;
  readonly isTrusted: boolean;
  readonly allowedServers: readonly string[];
}

export function createService(world: ServiceWorld, choices: Choices): Service {
  return new ScoringService(world, choices);
}

class ScoringService implements Service {
  readonly #world: ServiceWorld;
  readonly #documents = new Map<string, DocumentTasks>();
  readonly #queue: ScoringQueue;
  #choices: Choices;
  #threshold: number;
  /** Pending timer that sends the status `ms` milliseconds after it was set. */
  #statusTimer: { readonly ms: number; readonly stop: () => void } | undefined;
  /** The last status that was sent, as JSON. */
  #toldStatus = '';
  #toldState: StatusParams['state'] = 'idle';
  #touches = 0;
  #isDisposed = false;

  constructor(world: ServiceWorld, choices: Choices) {
    this.#world = world;
    this.#choices = choices;
    const documents = this.#documents;
    this.#queue = new ScoringQueue(
      function* () {
        for (const { document } of documents.values()) yield document;
      },
      () => world.createScorer(this.#scorerSettings()),
      world.images,
      {
        settled: (document) => this.#settled(document),
        changed: () => this.#statusSoon(),
        modelChanged: (message) => {
          world.log.warn(message);
          this.#reload();
        },
        failed: (message) => {
          world.log.error(message);
          for (const tasks of documents.values()) tasks.settle(new Error(message));
          this.#sendStatus();
        },
      },
    );
    this.#threshold = this.#currentThreshold();
  }

  get settings(): ServerSettings {
    return this.#choices.settings;
  }

  get trusted(): ServerSettings {
    return this.#choices.isTrusted ? this.settings : untrustedSettings(this.settings);
  }

  get isTrusted(): boolean {
    return this.#choices.isTrusted;
  }

  get threshold(): number {
    return this.#threshold;
  }

  allows(origin: string): boolean {
    return isLoopback(origin) || this.#choices.allowedServers.includes(origin);
  }

  configure(settings: ServerSettings, isTrusted: boolean, allowedServers: readonly string[]): void {
    const before = this.#scorerSettings();
    const wasScoredOnOpen = this.settings.scoreOnOpen;
    this.#choices = { settings, isTrusted, allowedServers };
    if (settings.scoreOnOpen && !wasScoredOnOpen) {
      for (const { document } of this.#documents.values()) {
        document.wanted = true;
        document.enqueue();
      }
    }
    const server = this.#queue.info?.device.server;
    const isRevoked = server !== undefined && !this.allows(server);
    if (isRevoked || !isSame(before, this.#scorerSettings())) return this.#reload();
    this.#threshold = this.#currentThreshold();
    for (const tasks of this.#documents.values()) tasks.refresh();
    const { failure } = this.#queue;
    if (failure instanceof NotAllowedError && this.allows(failure.origin)) this.#queue.resume();
    else this.#queue.wake();
    this.#sendStatus();
  }

  update(source: EditedText): void {
    const { uri } = source;
    const known = this.#documents.get(uri);
    const tasks = known ?? this.#open(source);
    tasks.document.touched = ++this.#touches;
    if (!known) return this.#readNow(tasks);
    this.#queue.stop(tasks.document);
    tasks.readSoon(() => this.#readNow(tasks));
  }

  close(uri: string): void {
    const tasks = this.#documents.get(uri);
    if (!tasks) return;
    this.#unwant(tasks);
    this.#documents.delete(uri);
    tasks.dispose();
    this.#statusSoon();
  }

  setLabels(uri: string, labels: readonly StepLabel[]): void {
    const tasks = this.#documents.get(uri);
    tasks?.document.setLabels(labels);
    tasks?.refresh();
  }

  document(uri: string): ScoredDocument | undefined {
    const tasks = this.#documents.get(uri);
    return tasks && this.#view(tasks.document);
  }

  whenRead(uri: string): Promise<void> {
    return this.#documents.get(uri)?.whenRead() ?? Promise.resolve();
  }

  look(uri: string, problem: number): void {
    const document = this.#documents.get(uri)?.document;
    if (!document) return;
    document.touched = ++this.#touches;
    document.focus = problem;
  }

  async score(uri: string, again: boolean): Promise<ScoreDocumentResult> {
    const tasks = this.#documents.get(uri);
    if (!tasks) return { steps: 0, low: 0 };
    const { document } = tasks;
    document.wanted = true;
    document.touched = ++this.#touches;
    document.read();
    if (again) {
      document.ignoresCache = true;
      this.#queue.stop(document);
      document.forgetScores();
    } else document.enqueue();
    if (document.waitingSteps > 0) {
      const scored = tasks.waitForScores();
      this.#queue.resume();
      await scored;
    }
    const steps = this.#view(document)?.problems.flatMap((problem) => problem.steps) ?? [];
    return { steps: steps.length, low: steps.filter((step) => step.low).length };
  }

  cancel(uri?: string): void {
    for (const tasks of this.#documents.values()) if (uri === undefined || tasks.document.uri === uri) this.#unwant(tasks);
    this.#statusSoon();
  }

  scoreJob: ScoringQueue['score'] = (job, options) => this.#queue.score(job, options);

  clearCache(): Promise<void> {
    return this.#queue.clearCache();
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#statusTimer?.stop();
    for (const tasks of this.#documents.values()) {
      tasks.dispose();
      tasks.settle(new ScoringCancelled('The language server is shutting down.'));
    }
    this.#documents.clear();
    await this.#queue.replaceScorer();
  }

  #open(source: EditedText): DocumentTasks {
    const { clock } = this.#world;
    const document = new OpenDocument(source, this.#world, this.settings.scoreOnOpen);
    const tasks = new DocumentTasks(document, clock, () => this.#world.onDocument(source.uri));
    this.#documents.set(source.uri, tasks);
    return tasks;
  }

  #readNow(tasks: DocumentTasks): void {
    tasks.readNow();
    this.#queue.wake();
    if (tasks.document.isClaimed) this.#statusSoon();
  }

  #settled(document: OpenDocument): void {
    const tasks = this.#documents.get(document.uri);
    if (document.waitingSteps > 0) return tasks?.refreshInTurn();
    document.ignoresCache = false;
    tasks?.refresh();
    tasks?.settle();
  }

  #unwant(tasks: DocumentTasks): void {
    const { document } = tasks;
    document.wanted = false;
    document.ignoresCache = false;
    document.enqueue();
    this.#queue.stop(document);
    tasks.settle(new ScoringCancelled('Scoring was cancelled.'));
  }

  /** Replaces the model with another one, or the same one again, and drops all scores of the previous one. */
  #reload(): void {
    this.#queue
      .replaceScorer()
      .catch((error: unknown) => this.#world.log.warn(`The previous model did not close cleanly: ${String(error)}`));
    for (const tasks of this.#documents.values()) {
      tasks.document.forgetScores();
      tasks.refresh();
    }
    this.#applyThreshold();
    this.#queue.wake();
    this.#sendStatus();
  }

  #scorerSettings(): ScorerSettings {
    const { modelPath, device, threads } = this.trusted;
    return { modelPath, device, threads };
  }

  /** A model that the user chose takes precedence over the labels in a file; the bundled one does not. */
  #view(document: OpenDocument): ScoredDocument | undefined {
    const decides = this.trusted.modelPath === '' ? 'labels' : 'model';
    return document.view(this.#threshold, this.#queue.info?.model, decides);
  }

  #currentThreshold(): number {
    return this.settings.threshold ?? this.#queue.info?.threshold ?? defaultThreshold;
  }

  #applyThreshold(): void {
    const threshold = this.#currentThreshold();
    if (threshold === this.#threshold) return;
    this.#threshold = threshold;
    for (const tasks of this.#documents.values()) tasks.refresh();
  }

  #statusSoon(): void {
    if (this.#isDisposed) return;
    this.#applyThreshold();
    const ms = this.#queue.state === this.#toldState ? progressMs : changeMs;
    if (this.#statusTimer && this.#statusTimer.ms <= ms) return;
    this.#statusTimer?.stop();
    this.#statusTimer = { ms, stop: this.#world.clock.after(ms, () => this.#sendStatus()) };
  }

  #sendStatus(): void {
    this.#statusTimer?.stop();
    this.#statusTimer = undefined;
    const status = scoringStatus(this.#queue, this.#threshold);
    // After an edit the model is often done before its state is reported, and then the status has not changed.
    const key = JSON.stringify(status);
    if (key === this.#toldStatus) return;
    this.#toldStatus = key;
    this.#toldState = status.state;
    this.#world.onStatus(status);
  }
}

function isSame(one: ScorerSettings, other: ScorerSettings): boolean {
  return one.modelPath === other.modelPath && one.device === other.device && one.threads === other.threads;
}
