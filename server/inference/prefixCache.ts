import type { Graph, KeyValueCache } from './graph/graph.js';

/** Tokens that have been run, with their keys and values. */
export interface Line {
  tokens: Int32Array;
  /** Digest of the images among them; empty when there are none. */
  readonly images: string;
  readonly cache: KeyValueCache;
}

/**
 * Keys and values of the last few sequences, so that an edit of a late step runs only the new tokens. A line in use
 * belongs to one request; the others are kept up to `maxBytes`, and the least recently used is dropped first.
 */
export class PrefixCache {
  readonly #graph: Graph;
  #maxBytes: number;
  /** Least recently used first. */
  #idle: Line[] = [];

  constructor(graph: Graph, maxBytes: number) {
    this.#graph = graph;
    this.#maxBytes = maxBytes;
  }

  /**
   * Returns a line to run `sequence` on. The line with the longest shared beginning is reused if it shares at least
   * half of its tokens. Otherwise the shared part is copied, so that another document's work is not lost.
   */
  take(sequence: Int32Array, images = ''): Line {
    let best: Line | undefined;
    let shared = 0;
    for (const line of this.#idle) {
      if (line.images !== images) continue;
      const length = Math.min(sharedLength(line.tokens, sequence), line.cache.length);
      if (length >= shared && length > 0) [best, shared] = [line, length];
    }
    if (!best) return { tokens: new Int32Array(0), images, cache: this.#graph.createCache() };
    if (shared * 2 >= best.cache.length) {
      this.#idle = this.#idle.filter((line) => line !== best);
      return best;
    }
    return { tokens: best.tokens.slice(0, shared), images, cache: best.cache.copy(shared) };
  }

  giveBack(line: Line): void {
    if (line.cache.length === 0) return;
    this.#idle.push(line);
    let bytes = this.#idle.reduce((sum, idle) => sum + idle.cache.bytes, 0);
    while (bytes > this.#maxBytes && this.#idle.length > 0) bytes -= this.#idle.shift()!.cache.bytes;
  }

  /** Frees memory: drops the lines that are not in use, and keeps half as much from now on. */
  shrink(): void {
    this.#maxBytes /= 2;
    this.#idle = [];
  }
}

export function sharedLength(a: Int32Array, b: Int32Array): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return i;
}
