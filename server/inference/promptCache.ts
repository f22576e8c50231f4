import { createHash } from 'node:crypto';
import type { KeyValueCache } from './graph/graph.js';
import type { SamplingRequest } from './protocol.js';

/** A prompt that was run, in one piece or several. Running it again would give the same. */
export interface RunPrompt {
  readonly cache: KeyValueCache;
  /** Scores of its last token. */
  readonly last: Float32Array;
}

/** The last few prompts of a model, up to `maxBytes`; the least recently used is dropped first. */
export class PromptCache {
  #maxBytes: number;
  readonly #prompts = new Map<string, RunPrompt>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get({ prompt, pixels }: SamplingRequest): RunPrompt | undefined {
    const key = keyOf(prompt, pixels?.digest);
    const known = this.#prompts.get(key);
    if (!known) return undefined;
    this.#prompts.delete(key);
    this.#prompts.set(key, known);
    return known;
  }

  /** Stores a prompt. Nothing may be added to the cache of `run` afterwards; a sampling continues a copy of it. */
  set({ prompt, pixels }: SamplingRequest, run: RunPrompt): void {
    this.#prompts.set(keyOf(prompt, pixels?.digest), run);
    let bytes = [...this.#prompts.values()].reduce((sum, { cache }) => sum + cache.bytes, 0);
    for (const [key, { cache }] of this.#prompts) {
      if (bytes <= this.#maxBytes) break;
      this.#prompts.delete(key);
      bytes -= cache.bytes;
    }
  }

  /** Frees memory: forgets all prompts, and keeps half as much from now on. */
  shrink(): void {
    this.#maxBytes /= 2;
    this.#prompts.clear();
  }
}

function keyOf(prompt: Int32Array, digest = ''): string {
  return `${digest} ${createHash('sha256').update(prompt).digest('base64')}`;
}
