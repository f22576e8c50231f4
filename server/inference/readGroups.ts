import { GraphError, type Scores } from './graph/graph.js';
import { placesOf } from './graph/head.js';
import type { ReadValues, RunRequest } from './protocol.js';

/** Yields the ranges [from, to) of consecutive numbers in an ascending list. */
export function* stretches(numbers: readonly number[]): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < numbers.length; ) {
    let to = from + 1;
    while (to < numbers.length && numbers[to] === numbers[from]! + to - from) to++;
    yield [from, to];
    from = to;
  }
}

/** Returns the number of values per read, on a graph whose head has `width` columns. */
export function valuesPerRead({ columns, targets }: Pick<RunRequest, 'columns' | 'targets'>, width: number): number {
  return targets ? 1 : columns.length || width;
}

/**
 * Passes on the wanted scores of a run, whose row i is read `reads[i]`, in groups that are consecutive in the request.
 */
export function tellReads(
  scores: Scores,
  { columns, targets }: Pick<RunRequest, 'columns' | 'targets'>,
  reads: readonly number[],
  onRead: (reads: ReadValues) => void,
): void {
  if (targets) {
    for (const [from, to] of stretches(reads))
      onRead({
        first: reads[from]!,
        values: Float32Array.from({ length: to - from }, (_, i) => logProbability(scores, from + i, targets[reads[from + i]!]!)),
      });
    return;
  }
  const places = placesOf(scores, columns);
  const stride = scores.columns?.length ?? scores.width;
  for (const [from, to] of stretches(reads)) {
    const values = new Float32Array((to - from) * places.length);
    for (let row = from; row < to; row++)
      places.forEach((place, c) => (values[(row - from) * places.length + c] = scores.values[row * stride + place]!));
    onRead({ first: reads[from]!, values });
  }
}

/** Natural logarithm of the share that `target` has in the softmax of a row; NaN where the row has no such column. */
function logProbability({ values, width, columns }: Scores, row: number, target: number): number {
  if (columns) throw new GraphError(`the graph was loaded for its columns ${columns.join(', ')} alone`);
  const logits = values.subarray(row * width, (row + 1) * width);
  let highest = -Infinity;
  for (const logit of logits) if (!(logit <= highest)) highest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return logits[target]! - highest - Math.log(sum);
}
