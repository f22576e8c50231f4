import type { Scores } from './graph/graph.js';
import { placesOf } from './graph/head.js';
import type { ReadValues } from './protocol.js';

/** The stretches [from, to) of an ascending list in which every number is one more than the one before. */
export function* stretches(numbers: readonly number[]): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < numbers.length; ) {
    let to = from + 1;
    while (to < numbers.length && numbers[to] === numbers[from]! + to - from) to++;
    yield [from, to];
    from = to;
  }
}

/** Hands on the wanted columns of a run's scores, row i being read `reads[i]`, in groups that are consecutive in the request. */
export function tellReads(scores: Scores, columns: Int32Array, reads: readonly number[], onRead: (reads: ReadValues) => void): void {
  const places = placesOf(scores, columns);
  const stride = scores.columns?.length ?? scores.width;
  for (const [from, to] of stretches(reads)) {
    const values = new Float32Array((to - from) * places.length);
    for (let row = from; row < to; row++)
      places.forEach((place, c) => (values[(row - from) * places.length + c] = scores.values[row * stride + place]!));
    onRead({ first: reads[from]!, values });
  }
}
