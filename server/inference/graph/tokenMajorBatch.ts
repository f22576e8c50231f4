import type { RuntimeSession, TensorInfo, TensorValue } from '../runtime.js';
import { type Batch, integerTensor, type PixelInputs, pixelFeeds } from './graph.js';
import type { Head } from './head.js';
import { samePosition } from './positions.js';
import { masked } from './treeFeeds.js';

export interface BatchGraph {
  readonly session: RuntimeSession;
  readonly head: Head;
  readonly idType: string;
  readonly positions: TensorInfo;
  readonly images: PixelInputs | undefined;
}

/** Keys or values of a sequence, [tokens, size]; `name` as in `past_<name>`. */
export interface HeldPart {
  readonly name: string;
  readonly size: number;
  readonly values: Float32Array;
}

/**
 * `rows` continuations of one sequence, run as one sequence: the shared tokens are kept once, followed by the new
 * tokens step by step (all rows of a step side by side), and the mask of a row hides the tokens of the others. A step
 * appends with one copy per buffer. The graph reads some hundred cached tokens once; a batch of rows would read as many
 * for each row.
 */
export function openTokenMajorBatch(
  graph: BatchGraph,
  held: readonly HeldPart[],
  { length: heldLength, shift }: { readonly length: number; readonly shift: number },
  rowCount: number,
): Batch {
  let rows = rowCount;
  let steps = 0;
  let capacity = heldLength + 32 * rows;
  let buffers = held.map(({ values, size }) => {
    const buffer = new Float32Array(capacity * size);
    buffer.set(values);
    return buffer;
  });
  const fetches = ['logits', ...held.map(({ name }) => `present_${name}`)];
  const length = (): number => heldLength + steps * rows;

  /** The mask: row r sees the shared tokens, and its own token of every step. */
  function bias(): TensorValue {
    const width = length() + rows;
    const data = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      data.fill(masked, row * width + heldLength, (row + 1) * width);
      for (let at = heldLength + row; at < width; at += rows) data[row * width + at] = 0;
    }
    return { type: 'float32', data, dims: [1, 1, rows, width] };
  }

  function grow(): void {
    capacity *= 2;
    buffers = buffers.map((buffer, part) => {
      const grown = new Float32Array(capacity * held[part]!.size);
      grown.set(buffer);
      return grown;
    });
  }

  return {
    get rows() {
      return rows;
    },
    async run(ids) {
      const past = length();
      if (past + rows > capacity) grow();
      const feeds: Record<string, TensorValue> = {
        ...pixelFeeds(graph.images, undefined),
        ...graph.head.feeds(rows),
        input_ids: integerTensor(ids, graph.idType),
        position_ids: samePosition(graph.positions, heldLength + shift + steps, rows),
        attention_bias: bias(),
      };
      held.forEach(({ name, size }, part) => {
        feeds[`past_${name}`] = { type: 'float32', data: buffers[part]!.subarray(0, past * size), dims: [1, past, size] };
      });
      const outputs = await graph.session.run(feeds, fetches);
      held.forEach(({ name, size }, part) => buffers[part]!.set(outputs[`present_${name}`]!.data as Float32Array, past * size));
      steps++;
      return graph.head.scores(outputs['logits'], rows);
    },
    keep(kept) {
      held.forEach(({ size }, part) => {
        let to = heldLength;
        for (let step = 0; step < steps; step++) {
          for (const row of kept) {
            const from = heldLength + step * rows + row;
            buffers[part]!.copyWithin(to * size, from * size, (from + 1) * size);
            to++;
          }
        }
      });
      rows = kept.length;
    },
  };
}
