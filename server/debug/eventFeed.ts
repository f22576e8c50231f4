import type { RunEvent } from '../labeling/runEvents.js';

/**
 * Where the debugger gets events from, one at a time and only when it asks: a finished log, a log that another process is
 * writing, or a search of its own that waits between two events.
 */
export interface EventFeed {
  /** The next event; undefined when there will be none. Waits while none is there yet. Rejects with AbortError. */
  next(signal: AbortSignal): Promise<RunEvent | undefined>;
  /** The events are made as they are asked for, by this process. */
  readonly isLive: boolean;
  /** File of the event log. */
  readonly logFile: string;
  dispose(): Promise<void>;
}

/** Hands events from the side that makes them to the side that asks, one by one: `offer` resolves when the next one is asked for. */
export class Handover {
  #offered: { readonly event: RunEvent; readonly accepted: () => void } | undefined;
  #taken: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #isEnded = false;
  #failure: Error | undefined;

  /** Resolves when `event` was taken and the one after it is asked for. */
  async offer(event: RunEvent): Promise<void> {
    await new Promise<void>((accepted) => {
      this.#offered = { event, accepted };
      this.#wake?.();
    });
  }

  /** There will be no more; with an error, `take` rejects once. */
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

  /** Lets the other side continue to its own end: it is not asked for any more. */
  release(): void {
    this.#taken?.();
    this.#offered?.accepted();
    this.#offered = undefined;
  }
}
