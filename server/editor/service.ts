import type { ScoredDocument } from '../language/scoredDocument.js';
import { RequestError } from '../protocol/message.js';
import type { ScoreDocumentResult } from '../protocol/scoring.js';
import { type ServerSettings, untrustedSettings } from '../protocol/settingsTable.js';
import type { StatusParams } from '../protocol/status.js';
import { isLoopback } from '../remote/loopback.js';
import type { StepLabel } from '../review/labelRecord.js';
import type { ScorerSettings } from '../scoring/openScorer.js';
import { NotAllowedError, type Scorer } from '../scoring/scorer.js';
import { OpenDocument, type Reader, type TextSource } from './openDocument.js';
import { type OpenImages, ScoringQueue } from './scoringQueue.js';

/** A step below this is low as long as neither a setting nor a profile says otherwise. */
const defaultThreshold = 0.5;
/** Pause after an edit before the text is read and scored. */
export const editPauseMs = 250;
/** While a document is being scored, its features are refreshed no more often than this. */
const refreshMs = 500;
const progressMs = 100;

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
  /** The settings without what an untrusted workspace must not choose. */
  readonly trusted: ServerSettings;
  /** Whether the workspace may choose models and servers, and have files written. */
  readonly isTrusted: boolean;
  /** In [0, 1]; a step below it is low. */
  readonly threshold: number;
  /** Whether question and steps may be sent to a server, by its origin: one on this machine, or one the user agreed to. */
  allows(origin: string): boolean;
  /**
   * Takes new settings. A threshold applies at once; a model, device or number of threads loads another scorer. So does leave
   * that was taken back; leave that was missing lets the scoring go on.
   */
  configure(settings: ServerSettings, isTrusted: boolean, allowedServers: readonly string[]): void;
  /** A document opened or changed. */
  update(source: TextSource): void;
  close(uri: string): void;
  /** People's current labels of a document changed. */
  setLabels(uri: string, labels: readonly StepLabel[]): void;
  /** The document as it stands now; undefined when it is not open or no format claims it. */
  document(uri: string): ScoredDocument | undefined;
  /** The reader looks at this problem of this document: it is scored first. */
  look(uri: string, problem: number): void;
  /**
   * Scores a document, whatever `scoreOnOpen` says, and resolves when every step is settled.
   * Rejects with ScoringCancelled, or with an error that says why the model cannot be used.
   */
  score(uri: string, again: boolean): Promise<ScoreDocumentResult>;
  /** Stops scoring a document (or all) until it is asked for again. */
  cancel(uri?: string): void;
  /** Scores steps that stand in no open document, after those that do. Rejects as a Scorer does. */
  scoreJob: ScoringQueue['score'];
  clearCache(): Promise<void>;
  dispose(): Promise<void>;
}

export function createService(
  world: ServiceWorld,
  initial: { settings: ServerSettings; isTrusted: boolean; allowedServers: readonly string[] },
): Service {
  const documents = new Map<string, OpenDocument>();
  const editTimers = new Map<string, () => void>();
  const refreshTimers = new Map<string, () => void>();
  const waiters = new Map<string, { resolve(): void; reject(error: Error): void }[]>();
  let { settings, isTrusted, allowedServers } = initial;
  let stopStatusTimer: (() => void) | undefined;
  let touches = 0;
  let isDisposed = false;

  const queue = new ScoringQueue(
    () => documents.values(),
    () => world.createScorer(scorerSettings(settings, isTrusted)),
    world.images,
    {
      settled(document) {
        if (document.waitingSteps > 0) return refreshSoon(document.uri);
        document.ignoresCache = false;
        refresh(document.uri);
        settleWaiters(document.uri);
      },
      changed: statusSoon,
      modelChanged(message) {
        world.log.warn(message);
        reload();
      },
      failed(message) {
        world.log.error(message);
        for (const uri of [...waiters.keys()]) settleWaiters(uri, new Error(message));
        sendStatus();
      },
    },
  );
  let threshold = currentThreshold();

  function allows(origin: string): boolean {
    return isLoopback(origin) || allowedServers.includes(origin);
  }

  function currentThreshold(): number {
    return settings.threshold ?? queue.info?.threshold ?? defaultThreshold;
  }

  /** A chosen model is believed before the labels in a file; the bundled one, which nobody chose, after them. */
  function view(document: OpenDocument | undefined): ScoredDocument | undefined {
    const isChosen = scorerSettings(settings, isTrusted).modelPath !== '';
    return document?.view(threshold, queue.info?.model, isChosen ? 'model' : 'labels');
  }

  function applyThreshold(): void {
    if (threshold === currentThreshold()) return;
    threshold = currentThreshold();
    for (const uri of documents.keys()) refresh(uri);
  }

  function settleWaiters(uri: string, error?: Error): void {
    const waiting = waiters.get(uri) ?? [];
    waiters.delete(uri);
    for (const waiter of waiting) {
      if (error) waiter.reject(error);
      else waiter.resolve();
    }
  }

  function refresh(uri: string): void {
    refreshTimers.get(uri)?.();
    refreshTimers.delete(uri);
    world.onDocument(uri);
  }

  function refreshSoon(uri: string): void {
    if (!refreshTimers.has(uri))
      refreshTimers.set(
        uri,
        world.clock.after(refreshMs, () => refresh(uri)),
      );
  }

  function statusSoon(): void {
    if (isDisposed) return;
    applyThreshold();
    stopStatusTimer ??= world.clock.after(progressMs, sendStatus);
  }

  function sendStatus(): void {
    stopStatusTimer?.();
    stopStatusTimer = undefined;
    const { info, state, failure } = queue;
    world.onStatus({
      state,
      ...(info && { model: info.model, device: info.device.provider, passedOver: info.device.passedOver }),
      ...(info?.knows !== undefined && { knows: info.knows }),
      ...(info?.device.adapter !== undefined && { adapter: info.device.adapter }),
      ...(info?.device.server !== undefined && { server: info.device.server }),
      ...(info?.device.note !== undefined && { note: info.device.note }),
      threshold,
      ...(state === 'scoring' && { progress: queue.progress }),
      ...(failure && { message: failure.message }),
      ...(failure instanceof NotAllowedError && { asksFor: failure.origin }),
    });
  }

  function readNow(document: OpenDocument): void {
    editTimers.get(document.uri)?.();
    editTimers.delete(document.uri);
    document.read();
    if (document.waitingSteps === 0) settleWaiters(document.uri);
    refresh(document.uri);
    queue.wake();
    if (document.isClaimed) statusSoon();
  }

  function reload(): void {
    queue.replaceScorer().catch((error: unknown) => world.log.warn(`The previous model did not close cleanly: ${String(error)}`));
    for (const document of documents.values()) {
      document.forgetScores();
      refresh(document.uri);
    }
    applyThreshold();
    queue.wake();
    sendStatus();
  }

  function unwant(document: OpenDocument): void {
    document.wanted = false;
    document.ignoresCache = false;
    document.enqueue();
    queue.stop(document);
    settleWaiters(document.uri, new ScoringCancelled('Scoring was cancelled.'));
  }

  return Object.freeze<Service>({
    get settings() {
      return settings;
    },
    get trusted() {
      return isTrusted ? settings : untrustedSettings(settings);
    },
    get isTrusted() {
      return isTrusted;
    },
    get threshold() {
      return threshold;
    },

    allows,

    configure(next, nextIsTrusted, nextAllowed) {
      const before = scorerSettings(settings, isTrusted);
      const wasScoredOnOpen = settings.scoreOnOpen;
      settings = next;
      isTrusted = nextIsTrusted;
      allowedServers = nextAllowed;
      const after = scorerSettings(settings, isTrusted);
      if (settings.scoreOnOpen && !wasScoredOnOpen) {
        for (const document of documents.values()) {
          document.wanted = true;
          document.enqueue();
        }
      }
      const server = queue.info?.device.server;
      const isTakenBack = server !== undefined && !allows(server);
      if (before.modelPath !== after.modelPath || before.device !== after.device || before.threads !== after.threads || isTakenBack)
        return reload();
      threshold = currentThreshold();
      for (const uri of documents.keys()) refresh(uri);
      if (queue.failure instanceof NotAllowedError && allows(queue.failure.origin)) queue.resume();
      else queue.wake();
      sendStatus();
    },

    update(source) {
      const known = documents.get(source.uri);
      const document = known ?? new OpenDocument(source, world.read, settings.scoreOnOpen);
      document.touched = ++touches;
      documents.set(source.uri, document);
      if (!known) return readNow(document);
      queue.stop(document);
      editTimers.get(source.uri)?.();
      editTimers.set(
        source.uri,
        world.clock.after(editPauseMs, () => readNow(document)),
      );
    },

    close(uri) {
      const document = documents.get(uri);
      if (!document) return;
      unwant(document);
      documents.delete(uri);
      for (const timers of [editTimers, refreshTimers]) {
        timers.get(uri)?.();
        timers.delete(uri);
      }
      statusSoon();
    },

    setLabels(uri, labels) {
      const document = documents.get(uri);
      if (!document) return;
      document.setLabels(labels);
      refresh(uri);
    },

    document: (uri) => view(documents.get(uri)),

    look(uri, problem) {
      const document = documents.get(uri);
      if (!document) return;
      document.touched = ++touches;
      document.focus = problem;
    },

    async score(uri, again) {
      const document = documents.get(uri);
      const counted = () => {
        const steps = view(document)?.problems.flatMap((problem) => problem.steps) ?? [];
        return { steps: steps.length, low: steps.filter((step) => step.low).length };
      };
      if (!document) return counted();
      document.wanted = true;
      document.touched = ++touches;
      document.read();
      if (again) {
        document.ignoresCache = true;
        queue.stop(document);
        document.forgetScores();
      } else document.enqueue();
      if (document.waitingSteps === 0) return counted();
      await new Promise<void>((resolve, reject) => {
        waiters.set(uri, [...(waiters.get(uri) ?? []), { resolve, reject }]);
        queue.resume();
      });
      return counted();
    },

    cancel(uri) {
      for (const document of documents.values()) {
        if (uri === undefined || document.uri === uri) unwant(document);
      }
      statusSoon();
    },

    scoreJob: (job, options) => queue.score(job, options),

    clearCache: () => queue.clearCache(),

    async dispose() {
      isDisposed = true;
      for (const timers of [editTimers, refreshTimers]) {
        for (const stop of timers.values()) stop();
        timers.clear();
      }
      stopStatusTimer?.();
      for (const uri of [...waiters.keys()]) settleWaiters(uri, new ScoringCancelled('The language server is shutting down.'));
      documents.clear();
      await queue.replaceScorer();
    },
  });
}

function scorerSettings(settings: ServerSettings, isTrusted: boolean): ScorerSettings {
  const { modelPath, device, threads } = isTrusted ? settings : untrustedSettings(settings);
  return { modelPath, device, threads };
}
