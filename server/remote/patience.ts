import { english } from '../l10n.js';

/** Comments keep a wait alive for so many times its limit: a server that is busy sends them, and one that hangs may, too. */
const MOST_COMMENTS = 10;
/** Longer timers than Node has are the longest, in ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Ends a wait for a server that is too long. Everything it sends restarts the wait. */
export class Patience {
  readonly #limit: number;
  readonly #late = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #heardAt = performance.now();
  #hasBegun = false;

  /** `limit`: ms. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#timer = setTimeout(() => this.#late.abort(), Math.min(limit, LONGEST_TIMER)).unref();
  }

  get signal(): AbortSignal {
    return this.#late.signal;
  }

  /** The server sent something of use. */
  heard(): void {
    this.#hasBegun = true;
    this.#heardAt = performance.now();
    this.#timer.refresh();
  }

  /** The server only said that it is there. */
  heardComment(): void {
    if (performance.now() - this.#heardAt < MOST_COMMENTS * this.#limit) this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** What happened, when the wait was too long. */
  get message(): string {
    const seconds = this.#limit / 1000;
    return this.#hasBegun
      ? english('The server wrote nothing for {0} s.', seconds)
      : english('The server did not answer within {0} s.', seconds);
  }
}
