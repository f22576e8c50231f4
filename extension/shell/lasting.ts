import type { StatusParams } from '../../server/protocol/status.js';

/** Work shorter than this is not worth a change of what is shown. */
const slowMs = 1_000;

/** Whether the model is at work. */
export function isBusy({ state }: Pick<StatusParams, 'state'>): boolean {
  return state === 'scoring' || state === 'loading';
}

/** Shows what lasts: each edit is scored, mostly in less time than an eye needs. */
export class Lasting {
  #timer: NodeJS.Timeout | undefined;
  #isLong = false;
  #last: (() => void) | undefined;

  /** Shows this once the work has lasted for `slowMs`, or what is given until then; from there on at once. */
  show(act: () => void): void {
    if (this.#isLong) return act();
    this.#last = act;
    this.#timer ??= setTimeout(() => {
      this.#isLong = true;
      this.#last?.();
    }, slowMs);
  }

  /** The work has ended: shows this at once. */
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
