import type { ReadValues, RunRequest } from './protocol.js';
import { stretches } from './readGroups.js';

/**
 * A run whose values arrive in parts. What was reported is neither requested again when another process continues the
 * run, nor reported twice.
 */
export class UnreadRun {
  readonly #request: RunRequest;
  readonly #isTold: Uint8Array;
  /** The reads that were requested last, as positions in the request's reads. */
  #asked: readonly number[];

  constructor(request: RunRequest) {
    this.#request = request;
    this.#isTold = new Uint8Array(request.reads.length);
    this.#asked = [...request.reads.keys()];
  }

  /** Returns the same forest with only the reads that are still open. */
  ask(): RunRequest {
    this.#asked = this.#asked.filter((read) => !this.#isTold[read]);
    if (this.#asked.length === this.#request.reads.length) return this.#request;
    const { reads, targets } = this.#request;
    const open = (all: Int32Array) => Int32Array.from(this.#asked, (read) => all[read]!);
    return { ...this.#request, reads: open(reads), ...(targets && { targets: open(targets) }) };
  }

  /** Converts values of the reads requested last to values of the request, in groups that are consecutive in it. */
  tell({ first, values }: ReadValues, width: number): ReadValues[] {
    const reads = this.#asked.slice(first, first + values.length / width);
    for (const read of reads) this.#isTold[read] = 1;
    return Array.from(stretches(reads), ([from, to]) => ({ first: reads[from]!, values: values.subarray(from * width, to * width) }));
  }
}
