import type { Session, TensorValue } from '../runtime.js';
import { findPixelInput, GraphError, integerTensor, pixelFeeds, pixelInputName, readScores, refuseOtherInputs, requireTensor, type Graph, type KeyValueCache } from './graph.js';
import { masked, openTokenMajorBatch } from './tokenMajorBatch.js';

const firstCapacity = 256;

export function isTokenMajor(session: Session): boolean {
  return session.inputs.some((input) => input.name === 'past_key.0');
}

/**
 * StepLens's own export: `input_ids` and `position_ids` int64 [1, S], `attention_bias` float32 [1, 1, S, P+S],
 * `past_key.i` / `past_value.i` float32 [1, P, D], perhaps `pixel_values` float32 [T, C, H, W]; `logits` [1, S, width],
 * `present_key.i` / `present_value.i` [1, S, D], the new tokens alone. The first axis may vary, for batches. A token's keys stand together, so appending is one `set` and cutting a `subarray`, and both go
 * to the runtime without a copy.
 */
export function openTokenMajor(session: Session): Graph {
  const layers = session.inputs.filter((input) => /^past_key\.\d+$/.test(input.name)).length;
  const names: string[] = [];
  const sizes: number[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const part of ['key', 'value']) {
      const past = requireTensor(session.inputs, `past_${part}.${layer}`, ['float32'], 'input');
      requireTensor(session.outputs, `present_${part}.${layer}`, ['float32'], 'output');
      const size = past.shape[2];
      if (past.shape.length !== 3 || typeof size !== 'number') throw new GraphError(`the graph's input ${past.name} is not [batch, past, size] with a fixed size`);
      names.push(`${part}.${layer}`);
      sizes.push(size);
    }
  }
  const ids = requireTensor(session.inputs, 'input_ids', ['int64', 'int32'], 'input');
  const positions = requireTensor(session.inputs, 'position_ids', ['int64', 'int32'], 'input');
  const bias = requireTensor(session.inputs, 'attention_bias', ['float32'], 'input');
  const images = findPixelInput(session);
  requireTensor(session.outputs, 'logits', ['float32', 'float16'], 'output');
  refuseOtherInputs(session, (name) => name === pixelInputName || /^(input_ids|position_ids|attention_bias|past_(key|value)\.\d+)$/.test(name));

  const fetches = ['logits', ...names.map((name) => `present_${name}`)];
  return {
    cacheLayout: 'token-major',
    takesImages: images !== undefined,
    createCache: () => new TokenMajorCache(sizes),
    async run(keyValues, tokens, pixels) {
      const cache = keyValues as TokenMajorCache;
      const past = cache.length;
      const feeds: Record<string, TensorValue> = {
        ...pixelFeeds(images, pixels),
        input_ids: integerTensor(tokens, ids.type),
        position_ids: integerTensor(
          Array.from(tokens, (_, i) => past + i),
          positions.type,
        ),
        attention_bias: causalBias(past, tokens.length),
      };
      names.forEach((name, i) => {
        feeds[`past_${name}`] = { type: 'float32', data: cache.view(i), dims: [1, past, sizes[i]!] };
      });
      const outputs = await session.run(feeds, fetches);
      const scores = readScores(outputs['logits'], tokens.length);
      cache.append(
        names.map((name) => outputs[`present_${name}`]!.data as Float32Array),
        tokens.length,
      );
      return scores;
    },
    ...(typeof bias.shape[0] !== 'number' && {
      openBatch: (keyValues: KeyValueCache, rows: number) => {
        const cache = keyValues as TokenMajorCache;
        const held = names.map((name, i) => ({ name, size: sizes[i]!, values: cache.view(i) }));
        return openTokenMajorBatch({ session, idType: ids.type, positionType: positions.type, images }, held, cache.length, rows);
      },
    }),
    release: () => session.release(),
  };
}

/** Row s may look at the whole past and at the new tokens up to s. */
function causalBias(past: number, length: number): TensorValue {
  const width = past + length;
  const data = new Float32Array(length * width);
  for (let row = 0; row < length; row++) data.fill(masked, row * width + past + row + 1, (row + 1) * width);
  return { type: 'float32', data, dims: [1, 1, length, width] };
}

class TokenMajorCache implements KeyValueCache {
  #length = 0;
  #capacity = 0;
  #buffers: Float32Array[];

  constructor(readonly sizes: readonly number[]) {
    this.#buffers = sizes.map(() => new Float32Array(0));
    this.#reserve(firstCapacity);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  }

  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  copy(): TokenMajorCache {
    const copy = new TokenMajorCache(this.sizes);
    copy.append(
      this.sizes.map((_, i) => this.view(i)),
      this.#length,
    );
    return copy;
  }

  view(buffer: number): Float32Array {
    return this.#buffers[buffer]!.subarray(0, this.#length * this.sizes[buffer]!);
  }

  append(added: readonly Float32Array[], tokens: number): void {
    this.#reserve(this.#length + tokens);
    added.forEach((values, i) => this.#buffers[i]!.set(values, this.#length * this.sizes[i]!));
    this.#length += tokens;
  }

  #reserve(tokens: number): void {
    if (tokens <= this.#capacity) return;
    this.#capacity = Math.max(tokens, this.#capacity * 2);
    this.#buffers = this.#buffers.map((old, i) => {
      const grown = new Float32Array(this.#capacity * this.sizes[i]!);
      grown.set(old);
      return grown;
    });
  }
}
