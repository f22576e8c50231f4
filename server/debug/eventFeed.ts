import type { RunEvent } from '../labeling/runEvents.js';

/**
 * The source of the debugger's events, one at a time and only on request: a finished log, a log that another process is
 * writing, or a search of the debugger, which waits between two events.
 */
export interface EventFeed {
  /**
   * Returns the next event, if necessary after waiting for it; undefined when there are no more. Rejects with
   * AbortError.
   */
  next(signal: AbortSignal): Promise<RunEvent | undefined>;
  /** Whether this process makes the events as they are requested. */
  readonly isLive: boolean;
  /** File of the event log. */
  readonly logFile: string;
  dispose(): Promise<void>;
}

/** Passes events one by one from a producer to a consumer: `offer` resolves when the next event is requested. */
export class Handover {
  #offered: { readonly event: RunEvent; readonly accepted: () => void } | undefined;
  #taken: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #isEnded = false;
  #failure: Error | undefined;

  /** Resolves when `event` was taken and the next one is requested. */
  async offer(event: RunEvent): Promise<void> {
    await new Promise<void>((accepted) => {
      this.#offered = { event, accepted };
      this.#wake?.();
    });
  }

  /** Ends the events; with an error, `take` rejects once. */
  end(error?: Error): void {
    this.#isEnded = true;
    this.#failure = error;
    this.#wake?.();
  }

  async take(signal: AbortSignal): Promise<RunEvent | undefined> {
    this.#taken?.();
    this.#taken = undefined;
    while (this.#offered === undefined && !this.#isEnded) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          this.#wake = undefined;
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener('abort', wake, { once: true });
      });
    }
    signal.throwIfAborted();
    const offered = this.#offered;
    if (offered !== undefined) {
      this.#offered = undefined;
      this.#taken = offered.accepted;
      return offered.event;
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    return undefined;
  }

  /** Lets the producer continue to its own end: no more events are requested. */
  release(): void {
    this.#taken?.();
    this.#offered?.accepted();
    this.#offered = undefined;
  }
}
