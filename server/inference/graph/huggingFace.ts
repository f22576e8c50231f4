import { scorePositions } from '../../onnx/sliceHead.js';
import type { RuntimeSession, TensorInfo, TensorValue } from '../runtime.js';
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
} from './graph.js';
import type { Head } from './head.js';
import { chainOf, positionFeed, shiftOf } from './positions.js';

export function isHuggingFace(session: RuntimeSession): boolean {
  return session.inputs.some((input) => input.name === 'past_key_values.0.key');
}

interface Part {
  readonly past: TensorInfo;
  readonly present: string;
  readonly heads: number;
  readonly headSize: number;
}

/**
 * Opens Hugging Face Optimum's text-generation-with-past export. Inputs: `input_ids` [1, S], `attention_mask` [1, P+S],
 * optionally `position_ids` [1, S] or [3, 1, S], `past_key_values.i.key` / `.value` [1, heads, P, size], optionally
 * `pixel_values` [T, C, H, W]. Outputs: `logits` [1, S, width], `present.i.key` / `.value` [1, heads, P+S, size] of the
 * whole sequence. Cutting a cache copies it, head by head.
 */
export function openHuggingFace(session: RuntimeSession, head: Head): Graph {
  const layers = session.inputs.filter((input) => /^past_key_values\.\d+\.key$/.test(input.name)).length;
  const parts: Part[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const kind of ['key', 'value']) {
      const past = requireTensor(session.inputs, `past_key_values.${layer}.${kind}`, ['float32', 'float16'], 'input');
      const present = requireTensor(session.outputs, `present.${layer}.${kind}`, [past.type], 'output').name;
      const [, heads, , headSize] = past.shape;
      if (past.shape.length !== 4 || typeof heads !== 'number' || typeof headSize !== 'number') {
        throw new GraphError(`the graph's input ${past.name} is not [batch, heads, past, size] with fixed heads and size`);
      }
      parts.push({ past, present, heads, headSize });
    }
  }
  const ids = requireTensor(session.inputs, 'input_ids', ['int64', 'int32'], 'input');
  const mask = requireTensor(session.inputs, 'attention_mask', ['int64', 'int32'], 'input');
  const positions = session.inputs.find((input) => input.name === 'position_ids');
  const images = findPixelInputs(session);
  refuseOtherInputs(
    session,
    (name) =>
      name === pixelInputName ||
      name === gridInputName ||
      name === scorePositions ||
      /^(input_ids|attention_mask|position_ids|past_key_values\.\d+\.(key|value))$/.test(name),
  );
  const fetches = ['logits', ...parts.map((part) => part.present)];

  return {
    cacheLayout: 'hugging-face',
    takesImages: images !== undefined,
    bytesPerToken: parts.reduce((sum, { heads, headSize, past }) => sum + heads * headSize * (past.type === 'float16' ? 2 : 4), 0),
    createCache: () => new HeadMajorCache(parts),
    async run(keyValues, tokens, pixels, reads) {
      const cache = keyValues as HeadMajorCache;
      const past = cache.length;
      const feeds: Record<string, TensorValue> = {
        ...pixelFeeds(images, pixels),
        ...head.feeds(tokens.length, reads),
        input_ids: integerTensor(tokens, ids.type),
        attention_mask: integerTensor(new Uint8Array(past + tokens.length).fill(1), mask.type),
      };
      if (positions) feeds['position_ids'] = positionFeed(positions, chainOf(tokens, past), cache.shift, pixels);
      parts.forEach((part, i) => {
        feeds[part.past.name] = { type: part.past.type, data: cache.past(i), dims: [1, part.heads, past, part.headSize] };
      });
      const outputs = await session.run(feeds, fetches);
      const scores = head.scores(outputs['logits'], tokens.length, reads);
      cache.take(
        parts.map((part) => outputs[part.present]!.data as HeadData),
        past + tokens.length,
      );
      if (pixels) cache.shift = shiftOf(pixels);
      return scores;
    },
    release: () => session.release(),
  };
}

/** float32, or the bits of float16. */
type HeadData = Float32Array | Uint16Array;

class HeadMajorCache implements KeyValueCache {
  /** See `shiftOf`. */
  shift = 0;
  #length = 0;
  /** Tokens in a head's row of `#data`, cut ones included. */
  #stride = 0;
  #data: HeadData[] = [];

  constructor(readonly parts: readonly Part[]) {}

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#data.reduce((sum, data) => sum + data.byteLength, 0);
  }

  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
    if (length === 0) this.shift = 0;
  }

  copy(length = this.#length): HeadMajorCache {
    const copy = new HeadMajorCache(this.parts);
    copy.take(
      this.parts.map((_, i) => this.past(i)),
      this.#length,
    );
    copy.cut(length);
    copy.shift = this.shift;
    return copy;
  }

  take(data: HeadData[], length: number): void {
    this.#data = data;
    this.#length = length;
    this.#stride = length;
  }

  /** Keys or values of the tokens held, [heads, length, size]. */
  past(index: number): HeadData {
    const { heads, headSize, past } = this.parts[index]!;
    const Data = past.type === 'float16' ? halfArray : Float32Array;
    const held = this.#data[index];
    if (!held || this.#length === 0) return new Data(0);
    if (this.#length === this.#stride) return held;
    const packed = new Data(heads * this.#length * headSize);
    for (let head = 0; head < heads; head++) {
      const start = head * this.#stride * headSize;
      packed.set(held.subarray(start, start + this.#length * headSize), head * this.#length * headSize);
    }
    return packed;
  }
}

/** The array type of onnxruntime-node for float16: Float16Array if the platform has one, else the bits. */
export const halfArray = (globalThis as { Float16Array?: typeof Uint16Array }).Float16Array ?? Uint16Array;
