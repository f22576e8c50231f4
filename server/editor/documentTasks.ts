import { editPauseMs } from '../protocol/status.js';
import type { OpenDocument } from './openDocument.js';
import type { Clock } from './service.js';

/** An edit waits for `editPauseMs` before it is read; where reading takes longer, as long as that, up to this. */
const longestPauseMs = 3_000;
/**
 * While a document is being scored, its features are refreshed no more often than this; then after twice the time, up to `longestRefreshMs`.
 * What is in sight is scored first, and an editor takes in all marks of the file at each refresh.
 */
const refreshMs = 500;
const longestRefreshMs = 2_000;
/** After an edit the first new scores are waited for this long, so that the editor takes in the text and its scores at once. */
const firstScoresMs = 250;

/** One open document and what is still to be done for it: reading an edit, announcing new scores, answering who waits for them. */
export class DocumentTasks {
  readonly #clock: Clock;
  readonly #announce: () => void;
  /** Milliseconds that reading took last. */
  #readingMs = 0;
  #stopRead: (() => void) | undefined;
  #stopRefresh: (() => void) | undefined;
  #refreshMs = refreshMs;
  /** Scores of the present text were shown. */
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

  /** Runs `read` when no further edit has come for a moment; until then the editor is given nothing. */
  readSoon(read: () => void): void {
    this.#stopRead?.();
    this.#stopRefresh?.();
    this.#stopRefresh = undefined;
    this.#stopRead = this.#clock.after(Math.min(Math.max(editPauseMs, this.#readingMs), longestPauseMs), read);
  }

  /** The text is read now: an edit that waited is no longer to be read. */
  readNow(): void {
    const isEdit = this.#stopRead !== undefined;
    this.#stopRead?.();
    this.#stopRead = undefined;
    this.#hasShown = false;
    const start = performance.now();
    try {
      this.document.read();
    } catch (error) {
      // A text that cannot be read is not waited for: a client may send anything as the text of a document.
      this.#answerReaders();
      throw error;
    } finally {
      this.#readingMs = performance.now() - start;
    }
    if (this.document.waitingSteps === 0) this.settle();
    if (!isEdit || this.document.waitingSteps === 0) return this.refresh();
    // Somebody types: what is in sight comes first, and the rest of a large file must not meet the next key.
    this.#refreshMs = longestRefreshMs;
    this.#stopRefresh = this.#clock.after(firstScoresMs, () => this.refresh());
  }

  refresh(): void {
    this.#stopRefresh?.();
    this.#stopRefresh = undefined;
    this.#announce();
    this.#answerReaders();
  }

  /** While scores come in: the first ones after each edit are shown at once, more of them less and less often. */
  refreshInTurn(): void {
    if (!this.#hasShown) this.refresh();
    else if (!this.#stopRefresh) {
      this.#stopRefresh = this.#clock.after(this.#refreshMs, () => this.refresh());
      this.#refreshMs = Math.min(2 * this.#refreshMs, longestRefreshMs);
    }
    this.#hasShown = true;
  }

  /** Resolves when the present text has been read and announced, or could not be: at once, or when nothing was edited for a moment. */
  whenRead(): Promise<void> {
    // Without an edit that waits, nobody reads the text any more: reading it has failed.
    const isAwaited = this.document.isStale ? this.#stopRead !== undefined : !this.#hasShown && this.#stopRefresh !== undefined;
    return isAwaited ? new Promise((resolve) => this.#readers.push(resolve)) : Promise.resolve();
  }

  /** Resolves when every step is settled; rejects with what `settle` is given. */
  waitForScores(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Answers everybody who waits. */
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
