import { dataTypes, makeNode, makeTensor, makeValueInfo, type Node, type Tensor, type ValueInfo } from './model.js';

/**
 * Inputs that define which tokens see which: int32 [S, 1] for the tokens that are run, int32 [1, P+S] for all that may
 * be seen. Token i sees column c if `column[c] < seen[i]`, or if `from[c] < index[i]` and `index[i] < to[c]`. A matrix
 * of all pairs would take 52 MB for 3,600 tokens, and sending it to a GPU would take as long as a run of a small model.
 */
export const treeMaskInputs = { index: 'tree_index', seen: 'tree_seen', column: 'tree_column', from: 'tree_from', to: 'tree_to' } as const;

/** Mask value of hidden tokens. It must be finite in half precision: the difference of two infinities is NaN. */
const hidden = { single: -1e9, half: -30000 };

export interface TreeMask {
  readonly inputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly constants: readonly Tensor[];
}

/** The part of a graph that computes `output`, [1, 1, S, P+S] of this type, from the inputs above. */
export function treeMask(output: string, type: number): TreeMask {
  const { index, seen, column, from, to } = treeMaskInputs;
  const name = (what: string) => `tree.${what}`;
  const isHalf = type === dataTypes.float16;
  const number = (which: string, value: number) => {
    const data = Buffer.alloc(isHalf ? 2 : 4);
    // -30000 as IEEE 754 binary16 is 0xf753.
    if (!isHalf) data.writeFloatLE(value);
    else if (value !== 0) data.writeUInt16LE(0xf753);
    return makeTensor(name(which), [], type, data);
  };
  return {
    inputs: [
      ...[index, seen].map((input) => makeValueInfo(input, dataTypes.int32, [undefined, 1])),
      ...[column, from, to].map((input) => makeValueInfo(input, dataTypes.int32, [1, undefined])),
    ],
    nodes: [
      makeNode('Less', [column, seen], [name('cached')]),
      makeNode('Less', [from, index], [name('after')]),
      makeNode('Less', [index, to], [name('before')]),
      makeNode('And', [name('after'), name('before')], [name('inside')]),
      makeNode('Or', [name('cached'), name('inside')], [name('visible')]),
      makeNode('Where', [name('visible'), name('zero'), name('hidden')], [name('mask')]),
      makeNode('Unsqueeze', [name('mask'), name('axes')], [output]),
    ],
    constants: [
      number('zero', 0),
      number('hidden', isHalf ? hidden.half : hidden.single),
      makeTensor(name('axes'), [2], dataTypes.int64, Buffer.from(BigInt64Array.of(0n, 1n).buffer)),
    ],
  };
}
