import { setTimeout as pause } from 'node:timers/promises';
import { english } from '../l10n.js';
import { Gate } from '../remote/gate.js';

/** The policy or judge has failed for longer than the run waits. The message has the cause. */
export class OutageError extends Error {
  override readonly name = 'OutageError';
}

export interface BreakerOptions {
  /** ms of the first pause. Each further pause is twice as long, up to `longestPause`. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** ms of uninterrupted failure after which the run ends. */
  readonly patience: number;
  /** What has failed, named in messages (default: the policy). */
  readonly who?: 'policy' | 'judge';
  /** Called when a pause begins. */
  readonly report?: (message: string) => void;
}

export const defaultBreaker: BreakerOptions = { firstPause: 1000, longestPause: 60_000, patience: 900_000 };

/**
 * Pauses a run while its policy or judge is unavailable. When a batch fails for a temporary reason, every problem of
 * the run waits. After each pause one batch is tried again; when it succeeds, the others continue.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #trying = new Gate(1);
  #failures = 0;
  #failingSince = 0;

  constructor(options: Partial<BreakerOptions> = {}) {
    this.#options = { ...defaultBreaker, ...options };
  }

  /**
   * Repeats the work until it succeeds. `failureOf` returns why a result is a failure, undefined for a success. Rejects
   * with AbortError when cancelled, and with OutageError when the work has failed for too long.
   */
  async run<T>(work: () => Promise<T>, failureOf: (result: T) => string | undefined, signal = new AbortController().signal): Promise<T> {
    for (;;) {
      if (this.#failures === 0) {
        const result = await work();
        const failure = failureOf(result);
        if (failure === undefined) return result;
        // Batches that were running at the same time count as one failure.
        if (this.#failures === 0) this.#fail(failure);
        continue;
      }
      const tried = await this.#trying.pass(() => this.#try(work, failureOf, signal), signal);
      if (tried !== undefined) return tried.result;
    }
  }

  /** Undefined when another batch has succeeded meanwhile. */
  async #try<T>(
    work: () => Promise<T>,
    failureOf: (result: T) => string | undefined,
    signal: AbortSignal,
  ): Promise<{ result: T } | undefined> {
    while (this.#failures > 0) {
      const { firstPause, longestPause } = this.#options;
      await pause(Math.min(firstPause * 2 ** (this.#failures - 1), longestPause), undefined, { signal });
      const result = await work();
      const failure = failureOf(result);
      if (failure === undefined) {
        this.#failures = 0;
        return { result };
      }
      this.#fail(failure);
    }
    return undefined;
  }

  #fail(reason: string): void {
    const { firstPause, longestPause, patience, report, who } = this.#options;
    const now = performance.now();
    if (this.#failures++ === 0) this.#failingSince = now;
    const failed = now - this.#failingSince;
    if (failed >= patience) {
      const seconds = Math.round(failed / 1000);
      const cause =
        who === 'judge'
          ? english('The judge has failed for {0} s: {1}', seconds, reason)
          : english('The policy has failed for {0} s: {1}', seconds, reason);
      throw new OutageError(english('{0} The run ends here; the same command continues with the open problems.', cause));
    }
    const wait = Math.min(firstPause * 2 ** (this.#failures - 1), longestPause);
    const told = who === 'judge' ? english('The judge failed: {0}', reason) : reason;
    report?.(english('{0} The run waits {1} and tries again.', told, wait < 1000 ? `${wait} ms` : `${Math.round(wait / 1000)} s`));
  }
}
