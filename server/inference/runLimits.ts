import type { RunSize } from './protocol.js';

/** Smaller runs are not tried: the memory they need is small beside that of the weights. */
export const fewestTokens = 16;

/** The largest runs of a model's graph, found by trying: a size that does not fit is halved until one fits. */
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

  /** Sets the limits, also to larger ones: what did not fit before may fit now. */
  set({ tokens, rows }: RunSize): void {
    this.#tokens = Math.max(fewestTokens, tokens);
    this.#rows = Math.max(1, rows);
  }

  /**
   * Halves the limit after `tried` tokens did not fit. Returns false if they cannot be fewer: `fewest` stay together.
   */
  halveTokens(tried: number, fewest = fewestTokens): boolean {
    if (tried <= fewest) return false;
    this.#tokens = Math.max(fewestTokens, Math.min(this.#tokens, tried) >> 1);
    return true;
  }

  /** Halves the limit after `tried` rows did not fit. Returns false if it was a single row. */
  halveRows(tried: number): boolean {
    if (tried <= 1) return false;
    this.#rows = Math.min(this.#rows, tried) >> 1;
    return true;
  }
}
