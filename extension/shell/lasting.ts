import type { StatusParams } from '../../server/protocol/status.js';

/** Work shorter than this does not change what is shown. */
const slowMs = 1_000;

/** Whether the model is working. */
export function isBusy({ state }: Pick<StatusParams, 'state'>): boolean {
  return state === 'scoring' || state === 'loading';
}

/** Shows only lasting work: each edit is scored, mostly in less time than an eye needs. */
export class Lasting {
  #timer: NodeJS.Timeout | undefined;
  #isLong = false;
  #last: (() => void) | undefined;

  /** Runs the latest given `act` when the work has lasted for `slowMs`. After that, runs each one at once. */
  show(act: () => void): void {
    if (this.#isLong) return act();
    this.#last = act;
    this.#timer ??= setTimeout(() => {
      this.#isLong = true;
      this.#last?.();
    }, slowMs);
  }

  /** Ends the work and runs `act` at once. */
  now(act: () => void): void {
    this.dispose();
    act();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isLong = false;
    this.#last = undefined;
  }
}
