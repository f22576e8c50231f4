import fc from 'fast-check';
import type { RunRequest } from '../../server/inference/protocol.js';

/** Tokens after the segment at the index `parent` (-1: a root). */
export interface Segment {
  readonly parent: number;
  readonly ids: readonly number[];
  /** Offsets in the segment. */
  readonly reads: readonly number[];
}

/** Returns a request that runs these segments, with `more` of its fields. */
export function toRequest(segments: readonly Segment[], more: Partial<RunRequest> = {}): RunRequest {
  const offsets = [0];
  for (const { ids } of segments) offsets.push(offsets.at(-1)! + ids.length);
  return {
    parents: Int32Array.from(segments, ({ parent }) => parent),
    ids: Int32Array.from(segments.flatMap(({ ids }) => ids)),
    offsets: Int32Array.from(offsets),
    reads: Int32Array.from(segments.flatMap(({ reads }, i) => reads.map((read) => offsets[i]! + read))),
    columns: new Int32Array(0),
    priority: 0,
    ...more,
  };
}

/** Up to 12 segments of up to 40 tokens, each below an earlier one or a root, with up to 3 reads. */
export const forest = fc
  .array(
    fc.record({
      up: fc.nat(5),
      ids: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 40 }),
      reads: fc.uniqueArray(fc.nat(39), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) =>
    list.map(
      ({ up, ids, reads }, i): Segment => ({
        parent: up === 0 || i - up < 0 ? -1 : i - up,
        ids,
        reads: reads.filter((read) => read < ids.length).sort((a, b) => a - b),
      }),
    ),
  );
