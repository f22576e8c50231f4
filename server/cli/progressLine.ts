import type { CliWorld } from './command.js';
import { escapeControls, Styled } from './terminal.js';

const showAfterMs = 1000;
const everyMs = 100;

/** Shows "120 of 4,000 steps" on the error stream, if it is a terminal, for work that takes more than a second. */
export class ProgressLine {
  readonly #world: CliWorld;
  readonly #started: number;
  #last = 0;
  #isShown = false;

  constructor(world: CliWorld) {
    this.#world = world;
    this.#started = world.now();
  }

  show(file: string, done: number, total: number): void {
    this.tell(`${file}: ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} steps`);
  }

  tell(text: string): void {
    const now = this.#world.now();
    if (!this.#world.err.isTTY || now - this.#started < showAfterMs || now - this.#last < everyMs) return;
    this.#last = now;
    this.#isShown = true;
    this.#world.err.write(new Styled(`\r\u001b[K${escapeControls(text).slice(-((this.#world.err.columns ?? 80) - 1))}`));
  }

  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#world.err.write(new Styled('\r\u001b[K'));
  }
}
