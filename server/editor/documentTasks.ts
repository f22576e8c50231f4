import { editPauseMs } from '../protocol/status.js';
import type { OpenDocument } from './openDocument.js';
import type { Clock } from './service.js';

/** Longest delay before an edit is read. The delay is `editPauseMs`, or the time of the last reading if longer. */
const longestPauseMs = 3_000;
/**
 * Time between two refreshes of a document's features while it is scored. It doubles up to `longestRefreshMs`: visible
 * steps are scored first, and an editor processes all marks of the file at each refresh.
 */
const refreshMs = 500;
const longestRefreshMs = 2_000;
/** Longest wait for the first new scores after an edit, so that the editor gets the text and its scores at once. */
const firstScoresMs = 250;

/** An open document and its pending work: reading an edit, announcing new scores, settling promises that wait. */
export class DocumentTasks {
  readonly #clock: Clock;
  readonly #announce: () => void;
  /** Milliseconds that the last reading took. */
  #readingMs = 0;
  #stopRead: (() => void) | undefined;
  #stopRefresh: (() => void) | undefined;
  #refreshMs = refreshMs;
  /** Whether scores of the present text have been shown. */
  #hasShown = false;
  #readers: (() => void)[] = [];
  #waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  /** `announce`: informs the client that the document's features changed. */
  constructor(
    readonly document: OpenDocument,
    clock: Clock,
    announce: () => void,
  ) {
    this.#clock = clock;
    this.#announce = announce;
  }

  /** Runs `read` after a pause without further edits. Until then nothing is announced to the editor. */
  readSoon(read: () => void): void {
    this.#stopRead?.();
    this.#stopRefresh?.();
    this.#stopRefresh = undefined;
    this.#stopRead = this.#clock.after(Math.min(Math.max(editPauseMs, this.#readingMs), longestPauseMs), read);
  }

  /** Reads the text now and cancels the pending reading of an edit. */
  readNow(): void {
    const isEdit = this.#stopRead !== undefined;
    this.#stopRead?.();
    this.#stopRead = undefined;
    this.#hasShown = false;
    const start = performance.now();
    try {
      this.document.read();
    } catch (error) {
      // Readers must not wait for a text that cannot be read: a client may send anything as a document's text.
      this.#answerReaders();
      throw error;
    } finally {
      this.#readingMs = performance.now() - start;
    }
    if (this.document.waitingSteps === 0) this.settle();
    if (!isEdit || this.document.waitingSteps === 0) return this.refresh();
    // The user is typing: visible steps come first, and refreshing a large file must not delay the next keystroke.
    this.#refreshMs = longestRefreshMs;
    this.#stopRefresh = this.#clock.after(firstScoresMs, () => this.refresh());
  }

  refresh(): void {
    this.#stopRefresh?.();
    this.#stopRefresh = undefined;
    this.#announce();
    this.#answerReaders();
  }

  /** Refreshes while scores arrive: at once for the first ones after an edit, then at growing intervals. */
  refreshInTurn(): void {
    if (!this.#hasShown) this.refresh();
    else if (!this.#stopRefresh) {
      this.#stopRefresh = this.#clock.after(this.#refreshMs, () => this.refresh());
      this.#refreshMs = Math.min(2 * this.#refreshMs, longestRefreshMs);
    }
    this.#hasShown = true;
  }

  /** Resolves when the present text has been read and announced, or cannot be read; at once without a pending edit. */
  whenRead(): Promise<void> {
    // A stale text without a pending edit is not read again: reading it has failed.
    const isAwaited = this.document.isStale ? this.#stopRead !== undefined : !this.#hasShown && this.#stopRefresh !== undefined;
    return isAwaited ? new Promise((resolve) => this.#readers.push(resolve)) : Promise.resolve();
  }

  /** Resolves when every step is settled; rejects with the error passed to `settle`. */
  waitForScores(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Settles all promises of `waitForScores`. */
  settle(error?: Error): void {
    this.#refreshMs = refreshMs;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve, reject } of waiters) {
      if (error) reject(error);
      else resolve();
    }
  }

  dispose(): void {
    this.#stopRead?.();
    this.#stopRefresh?.();
    this.#answerReaders();
  }

  #answerReaders(): void {
    const readers = this.#readers;
    this.#readers = [];
    for (const resolve of readers) resolve();
  }
}
