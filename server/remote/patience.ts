import { english } from '../l10n.js';

/** Comments extend a wait up to this many times its limit: a busy server sends them, but one that hangs may, too. */
const MOST_COMMENTS = 10;
/** Node's longest timer, in ms. It replaces longer limits. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Limits the wait for a server. Useful data restarts the wait, comments extend it. */
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

  /** Restarts the wait, because the server sent something useful. */
  heard(): void {
    this.#hasBegun = true;
    this.#heardAt = performance.now();
    this.#timer.refresh();
  }

  /** Extends the wait, because the server sent a comment. */
  heardComment(): void {
    if (performance.now() - this.#heardAt < MOST_COMMENTS * this.#limit) this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** The message when the wait was too long. */
  get message(): string {
    const seconds = this.#limit / 1000;
    return this.#hasBegun
      ? english('The server wrote nothing for {0} s.', seconds)
      : english('The server did not answer within {0} s.', seconds);
  }
}
