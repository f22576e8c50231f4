import { attentionBias } from '../../onnx/tokenMajor.js';
import { treeMaskInputs } from '../../onnx/treeMask.js';
import type { RuntimeSession, TensorValue } from '../runtime.js';
import type { TokenTree } from './graph.js';

/** Added to the attention score of a token that must not be seen. */
export const masked = -1e9;

/**
 * Whether a graph builds its mask from five vectors (see `treeMask`) instead of taking a matrix of all pairs of tokens.
 */
export function takesTreeVectors(session: RuntimeSession): boolean {
  return session.inputs.some(({ name }) => name === treeMaskInputs.index);
}

/**
 * Returns the inputs that define which tokens each token sees: its own path in the tree, and the first tokens of a
 * cache of `past`. Throws an Error when the tokens are not in depth-first order, in which the tokens that see the same
 * token are contiguous.
 */
export function treeVectors(past: number, { parents }: TokenTree): Record<string, TensorValue> {
  const count = parents.length;
  const [index, seen] = [Int32Array.from(parents, (_, i) => i), new Int32Array(count)];
  const [from, to] = [new Int32Array(past + count).fill(count), new Int32Array(past + count)];
  parents.forEach((parent, i) => {
    if (parent >= 0 && i > 0 && !isOnPath(parents, i - 1, parent)) throw new Error('The tokens of a tree are not in depth-first order.');
    seen[i] = parent < 0 ? ~parent : seen[parent]!;
    from[past + i] = i - 1;
    to[past + i] = i + 1;
  });
  for (let i = count - 1; i >= 0; i--) if (parents[i]! >= 0) to[past + parents[i]!] = Math.max(to[past + parents[i]!]!, to[past + i]!);
  return vectors({ index, seen, from, to });
}

/** Returns the same inputs for a graph that takes a matrix. */
export function withMatrix(feeds: Readonly<Record<string, TensorValue>>): Readonly<Record<string, TensorValue>> {
  const { index, seen, column, from, to } = treeMaskInputs;
  const names: readonly string[] = Object.values(treeMaskInputs);
  const others = Object.fromEntries(Object.entries(feeds).filter(([name]) => !names.includes(name)));
  const of = (name: string) => feeds[name]!.data as Int32Array;
  const [rows, width] = [of(index).length, of(column).length];
  const data = new Float32Array(rows * width).fill(masked);
  for (let i = 0; i < rows; i++)
    for (let c = 0; c < width; c++) if (c < of(seen)[i]! || (of(from)[c]! < i && i < of(to)[c]!)) data[i * width + c] = 0;
  return { ...others, [attentionBias]: { type: 'float32', data, dims: [1, 1, rows, width] } };
}

/** Whether `wanted` is on the path from the root to `token`. */
function isOnPath(parents: Int32Array, token: number, wanted: number): boolean {
  let at = token;
  while (at > wanted) at = parents[at]!;
  return at === wanted;
}

function vectors(given: { index: Int32Array; seen: Int32Array; from: Int32Array; to: Int32Array }): Record<string, TensorValue> {
  const width = given.to.length;
  const of = (data: Int32Array, dims: readonly number[]) => ({ type: 'int32', data, dims });
  return {
    [treeMaskInputs.index]: of(given.index, [given.index.length, 1]),
    [treeMaskInputs.seen]: of(given.seen, [given.seen.length, 1]),
    [treeMaskInputs.column]: of(
      Int32Array.from({ length: width }, (_, column) => column),
      [1, width],
    ),
    [treeMaskInputs.from]: of(given.from, [1, width]),
    [treeMaskInputs.to]: of(given.to, [1, width]),
  };
}
