import { type SlicedColumns, scorePositions } from '../../onnx/sliceHead.js';
import type { RuntimeSession, TensorValue } from '../runtime.js';
import { GraphError, integerTensor, readScores, requireTensor, type Scores } from './graph.js';

/** Gets the scores of some tokens of a run: a rewritten graph returns only these, another one those of all tokens. */
export interface Head {
  /** Returns the inputs for scores of the tokens at `reads` (all when undefined) among `tokens` fed ones. */
  feeds(tokens: number, reads?: Int32Array): Record<string, TensorValue>;
  /** Returns one row of scores per read. Throws GraphError when the graph gives another shape. */
  scores(output: TensorValue | undefined, tokens: number, reads?: Int32Array): Scores;
}

export function openHead(session: RuntimeSession, columns?: SlicedColumns): Head {
  requireTensor(session.outputs, 'logits', ['float32', 'float16'], 'output');
  if (session.inputs.some(({ name }) => name === scorePositions)) {
    return {
      feeds(tokens, reads = allOf(tokens)) {
        // Not every provider takes a tensor without elements.
        const rows = reads.length > 0 ? reads : Int32Array.of(tokens - 1);
        return { [scorePositions]: { ...integerTensor(rows, 'int64'), dims: [rows.length] } };
      },
      scores(output, tokens, reads = allOf(tokens)) {
        const { values, width } = readScores(output, Math.max(1, reads.length));
        return columns ? { values, width: columns.width, columns: columns.kept } : { values, width };
      },
    };
  }
  return {
    feeds: () => ({}),
    scores(output, tokens, reads) {
      const all = readScores(output, tokens);
      if (!reads) return all;
      const { width } = all;
      const values = new Float32Array(reads.length * width);
      reads.forEach((token, row) => values.set(all.values.subarray(token * width, (token + 1) * width), row * width));
      return { values, width };
    },
  };
}

/**
 * Returns where the wanted columns (all when empty) are in a row of scores. Throws GraphError if one was not loaded.
 */
export function placesOf({ width, columns }: Scores, wanted: Int32Array): Int32Array {
  if (!columns) return wanted.length > 0 ? wanted : allOf(width);
  const places = (wanted.length > 0 ? wanted : allOf(width)).map((column) => columns.indexOf(column));
  if (places.includes(-1)) throw new GraphError(`the graph was loaded for its columns ${columns.join(', ')} alone`);
  return places;
}

function allOf(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
