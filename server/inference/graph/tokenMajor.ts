import { scorePositions } from '../../onnx/sliceHead.js';
import type { Pixels } from '../protocol.js';
import { stretches } from '../readGroups.js';
import type { RuntimeSession, TensorValue } from '../runtime.js';
import {
  findPixelInputs,
  type Graph,
  GraphError,
  gridInputName,
  integerTensor,
  type KeyValueCache,
  pixelFeeds,
  pixelInputName,
  refuseOtherInputs,
  requireTensor,
  type Scores,
  type TokenTree,
} from './graph.js';
import type { Head } from './head.js';
import { halfArray } from './huggingFace.js';
import { chainOf, positionFeed, shiftOf } from './positions.js';
import { openTokenMajorBatch } from './tokenMajorBatch.js';
import { masked, takesTreeVectors, treeVectors } from './treeFeeds.js';

const firstCapacity = 256;
const growth = 1.25;
/** ONNX Runtime's attention on CUDA takes a mask only if its rows begin at addresses that are multiples of 32 bytes. */
const alignment = 16;

export function isTokenMajor(session: RuntimeSession): boolean {
  return session.inputs.some((input) => input.name === 'past_key.0');
}

/**
 * Opens StepLens's own export. Inputs: `input_ids` int64 [1, S], `position_ids` int64 [1, S] or [3, 1, S],
 * `attention_bias` float32 [1, 1, S, P+S], `past_key.i` / `past_value.i` float32 [1, P, D], optionally `pixel_values`
 * float32 [T, C, H, W]. Outputs: `logits` [1, S, width], `present_key.i` / `present_value.i` [1, S, D] of the new
 * tokens only. The first axis may vary, for batches. A token's keys are contiguous, so appending is one `set` and
 * cutting a `subarray`, and both are passed to the runtime without a copy.
 */
export function openTokenMajor(session: RuntimeSession, head: Head): Graph {
  const layers = session.inputs.filter((input) => /^past_key\.\d+$/.test(input.name)).length;
  const names: string[] = [];
  const sizes: number[] = [];
  let type = 'float32';
  for (let layer = 0; layer < layers; layer++) {
    for (const part of ['key', 'value']) {
      const past = requireTensor(session.inputs, `past_${part}.${layer}`, ['float32', 'float16'], 'input');
      requireTensor(session.outputs, `present_${part}.${layer}`, [past.type], 'output');
      type = past.type;
      const size = past.shape[2];
      if (past.shape.length !== 3 || typeof size !== 'number')
        throw new GraphError(`the graph's input ${past.name} is not [batch, past, size] with a fixed size`);
      names.push(`${part}.${layer}`);
      sizes.push(size);
    }
  }
  const ids = requireTensor(session.inputs, 'input_ids', ['int64', 'int32'], 'input');
  const positions = requireTensor(session.inputs, 'position_ids', ['int64', 'int32'], 'input');
  const takesVectors = takesTreeVectors(session);
  const bias = takesVectors ? undefined : requireTensor(session.inputs, 'attention_bias', ['float32'], 'input');
  const images = findPixelInputs(session);
  refuseOtherInputs(
    session,
    (name) =>
      name === pixelInputName ||
      name === gridInputName ||
      name === scorePositions ||
      /^(input_ids|position_ids|attention_bias|tree_\w+|past_(key|value)\.\d+)$/.test(name),
  );

  const nothing = new TokenMajorCache(sizes, type === 'float16');
  const fetches = ['logits', ...names.map((name) => `present_${name}`)];

  function feedsOf(cache: TokenMajorCache, tree: TokenTree, reads?: Int32Array, pixels?: Pixels): Record<string, TensorValue> {
    const past = cache.length;
    const feeds: Record<string, TensorValue> = {
      ...pixelFeeds(images, pixels),
      ...head.feeds(tree.ids.length, reads),
      input_ids: integerTensor(tree.ids, ids.type),
      position_ids: positionFeed(positions, tree, cache.shift, pixels),
      ...(takesVectors ? treeVectors(past, tree) : { attention_bias: treeBias(past, tree) }),
    };
    names.forEach((name, i) => {
      feeds[`past_${name}`] = { type, data: cache.view(i), dims: [1, past, sizes[i]!] };
    });
    return feeds;
  }

  async function runTokens(cache: TokenMajorCache, tree: TokenTree, reads?: Int32Array, pixels?: Pixels): Promise<Scores> {
    const count = tree.ids.length;
    // Cached tokens that no new token sees would only be masked.
    cache.cut(tree.parents.reduce((most, parent) => Math.max(most, ~parent), 0));
    const outputs = await session.run(feedsOf(cache, tree, reads, pixels), fetches);
    const scores = head.scores(outputs['logits'], count, reads);
    const path: number[] = [];
    let at = count - 1;
    for (; at >= 0; at = tree.parents[at]!) path.push(at);
    cache.cut(~at);
    cache.append(
      names.map((name) => outputs[`present_${name}`]!.data as KeyData),
      path.reverse(),
    );
    if (pixels) cache.shift = shiftOf(pixels);
    return scores;
  }

  return {
    cacheLayout: 'token-major',
    takesImages: images !== undefined,
    bytesPerToken: sizes.reduce((sum, size) => sum + size, 0) * (type === 'float16' ? 2 : 4),
    createCache: () => new TokenMajorCache(sizes, type === 'float16'),
    async run(keyValues, tokens, pixels, reads) {
      const cache = keyValues as TokenMajorCache;
      return runTokens(cache, chainOf(tokens, cache.length), reads, pixels);
    },
    async scoreTree(tree, reads, pixels) {
      const whole = takesVectors ? rounded(tree) : tree;
      const outputs = await session.run(feedsOf(nothing, whole, reads, pixels), ['logits']);
      return head.scores(outputs['logits'], whole.ids.length, reads);
    },
    runTree: (keyValues, tree, reads) => runTokens(keyValues as TokenMajorCache, tree, reads),
    ...(bias &&
      typeof bias.shape[0] !== 'number' &&
      type === 'float32' && {
        openBatch: (keyValues: KeyValueCache, rows: number) => {
          const cache = keyValues as TokenMajorCache;
          const held = names.map((name, i) => ({ name, size: sizes[i]!, values: cache.view(i) as Float32Array }));
          return openTokenMajorBatch({ session, head, idType: ids.type, positions, images }, held, cache, rows);
        },
      }),
    release: () => session.release(),
  };
}

/**
 * Returns the tree with further tokens that no token sees, at most an eighth, so that few different lengths are run: on
 * an H200 the first run of a length took 80 to 800 ms longer in float16.
 */
function rounded({ ids, parents }: TokenTree): TokenTree {
  const step = Math.max(alignment, 2 ** (Math.floor(Math.log2(ids.length)) - 3));
  const length = Math.ceil(ids.length / step) * step;
  const [allIds, allParents] = [new Int32Array(length).fill(ids[0]!), new Int32Array(length).fill(~0)];
  allIds.set(ids);
  allParents.set(parents);
  return { ids: allIds, parents: allParents };
}

/** Returns the mask: a token sees what its parent sees, and itself. */
function treeBias(past: number, { parents }: TokenTree): TensorValue {
  const width = past + parents.length;
  const data = new Float32Array(parents.length * width);
  parents.forEach((parent, i) => {
    const start = i * width;
    if (parent < 0) data.fill(masked, start + ~parent, start + width);
    else data.copyWithin(start, parent * width, (parent + 1) * width);
    data[start + past + i] = 0;
  });
  return { type: 'float32', data, dims: [1, 1, parents.length, width] };
}

/** float32, or the bits of float16. */
type KeyData = Float32Array | Uint16Array;

class TokenMajorCache implements KeyValueCache {
  /** See `shiftOf`. */
  shift = 0;
  #length = 0;
  #capacity = 0;
  readonly #buffers: KeyData[];

  constructor(
    readonly sizes: readonly number[],
    readonly isHalf: boolean,
  ) {
    this.#buffers = sizes.map(() => this.#allocate(0));
    this.#grow(firstCapacity);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  }

  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
    if (length === 0) this.shift = 0;
  }

  copy(length = this.#length): TokenMajorCache {
    const copy = new TokenMajorCache(this.sizes, this.isHalf);
    copy.append(
      this.sizes.map((_, i) => this.view(i)),
      Array.from({ length }, (_, i) => i),
    );
    copy.shift = this.shift;
    return copy;
  }

  view(buffer: number): KeyData {
    return this.#buffers[buffer]!.subarray(0, this.#length * this.sizes[buffer]!);
  }

  /** @param rows Rows of `added` to append, ascending. */
  append(added: readonly KeyData[], rows: readonly number[]): void {
    const needed = this.#length + rows.length;
    if (needed > this.#capacity) this.#grow(Math.max(needed, Math.ceil(this.#capacity * growth)));
    for (const [from, to] of stretches(rows)) {
      added.forEach((values, i) => {
        const size = this.sizes[i]!;
        this.#buffers[i]!.set(values.subarray(rows[from]! * size, (rows[from]! + to - from) * size), this.#length * size);
      });
      this.#length += to - from;
    }
  }

  #allocate(length: number): KeyData {
    return this.isHalf ? new halfArray(length) : new Float32Array(length);
  }

  /**
   * Grows one buffer after the other, so that only one at a time exists twice, and copies only what is held, to save
   * memory.
   */
  #grow(capacity: number): void {
    this.#buffers.forEach((old, i) => {
      const size = this.sizes[i]!;
      if (old.length >= capacity * size) return;
      const grown = this.#allocate(capacity * size);
      grown.set(old.subarray(0, this.#length * size));
      this.#buffers[i] = grown;
    });
    // Set last, because an allocation above may have failed.
    this.#capacity = capacity;
  }
}
