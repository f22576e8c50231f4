import type { RunSize } from './protocol.js';

/** Smaller runs are not tried: their own needs are small beside those of the weights. */
export const fewestTokens = 16;

/** The largest runs of a model's graph, found by trying: half of what did not fit, and half of that again. */
export class RunLimits implements RunSize {
  #tokens: number;
  #rows: number;

  constructor(size: RunSize | undefined) {
    this.#tokens = Math.max(fewestTokens, size?.tokens ?? Infinity);
    this.#rows = Math.max(1, size?.rows ?? Infinity);
  }

  get tokens(): number {
    return this.#tokens;
  }

  get rows(): number {
    return this.#rows;
  }

  /** What did not fit before may fit now. */
  set({ tokens, rows }: RunSize): void {
    this.#tokens = Math.max(fewestTokens, tokens);
    this.#rows = Math.max(1, rows);
  }

  /** `tried` tokens did not fit. False when less must not be tried: `fewest` go together. */
  halveTokens(tried: number, fewest = fewestTokens): boolean {
    if (tried <= fewest) return false;
    this.#tokens = Math.max(fewestTokens, Math.min(this.#tokens, tried) >> 1);
    return true;
  }

  /** `tried` rows did not fit. False when it was one. */
  halveRows(tried: number): boolean {
    if (tried <= 1) return false;
    this.#rows = Math.min(this.#rows, tried) >> 1;
    return true;
  }
}
