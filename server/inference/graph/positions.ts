import type { Pixels } from '../protocol.js';
import type { TensorInfo, TensorValue } from '../runtime.js';
import { describeTensor, GraphError, integerTensor, type TokenTree } from './graph.js';

/** Time, row and column: the axes of positions where images have grids. */
const axes = 3;

/** Whether a graph takes positions on three axes, [3, B, S], as Qwen2-VL's and Qwen2.5-VL's do. */
function hasAxes({ shape }: TensorInfo): boolean {
  return shape.length === 3;
}

/**
 * Returns the difference between the position of a token after a sequence's images and its index: an image takes as
 * many positions as its longer side has tokens. 0 without images, or if these count as text does. A cache keeps this
 * number, so that a run need not know the images before it.
 */
export function shiftOf(pixels: Pixels | undefined): number {
  if (!pixels?.grids) return 0;
  return 1 + largestOf(pixels.grids.positions, pixels.end - 1, pixels.end) - pixels.end;
}

function largestOf(positions: Int32Array, token: number, count: number): number {
  return Math.max(positions[token]!, positions[count + token]!, positions[2 * count + token]!);
}

/** Returns `ids` as a chain that follows the first `past` tokens of a cache. */
export function chainOf(ids: Int32Array, past: number): TokenTree {
  return { ids, parents: Int32Array.from(ids, (_, i) => (i === 0 ? ~past : i - 1)) };
}

/**
 * Returns `position_ids` of a run, in the shape and type of the graph's input. Each token is one further than the one
 * before it, except for the tokens of images with grids. Throws GraphError when the graph has no axes for these.
 *
 * @param shift Of the cache, see `shiftOf`.
 * @param pixels The images of the first `pixels.end` tokens, if these are in the run.
 */
export function positionFeed(info: TensorInfo, { ids, parents }: TokenTree, shift: number, pixels?: Pixels): TensorValue {
  const grids = pixels?.grids;
  if (grids && !hasAxes(info))
    throw new GraphError(
      `the profile's images have grids, and the graph's input ${describeTensor(info)} has no positions of rows and columns. Export the model again with steplens export-model`,
      'images',
    );
  const count = ids.length;
  const last = new Int32Array(count);
  const given = Math.min(grids ? pixels.end : 0, count);
  for (let i = 0; i < count; i++) {
    const parent = parents[i]!;
    if (i < given) last[i] = largestOf(grids!.positions, i, pixels!.end);
    else if (parent >= 0) last[i] = last[parent]! + 1;
    else last[i] = parent === ~0 ? 0 : ~parent + shift;
  }
  return hasAxes(info) ? onAxes(info, last, given, pixels) : integerTensor(last, info.type);
}

function onAxes({ type }: TensorInfo, text: Int32Array, given: number, pixels: Pixels | undefined): TensorValue {
  const count = text.length;
  const all = new Int32Array(axes * count);
  for (let axis = 0; axis < axes; axis++) {
    all.set(text, axis * count);
    if (given > 0) all.set(pixels!.grids!.positions.subarray(axis * pixels!.end, axis * pixels!.end + given), axis * count);
  }
  return { ...integerTensor(all, type), dims: [axes, 1, count] };
}

/** Returns the same position for every row, in a run with one token per row. */
export function samePosition(info: TensorInfo, position: number, rows: number): TensorValue {
  const tensor = integerTensor(new Int32Array((hasAxes(info) ? axes : 1) * rows).fill(position), info.type);
  return hasAxes(info) ? { ...tensor, dims: [axes, 1, rows] } : tensor;
}
