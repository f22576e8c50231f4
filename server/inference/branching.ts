import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type OnnxModel, writeModel } from '../onnx/model.js';
import { maskGraph, type TokenMajorModel, toTokenMajor } from '../onnx/tokenMajor.js';
import { fromFloat16 } from './graph/graph.js';
import type { LoadRequest } from './protocol.js';
import type { Runtime, RuntimeSession, TensorInfo, TensorValue } from './runtime.js';
import { locator } from './slicedGraph.js';

/** A mask value of at least `seen` shows a token; a value of at most `hidden` hides it. */
const seen = -1;
const hidden = -1000;
/** Tokens of the longest sequence, assumed when the caller does not give them. */
const defaultLongest = 4096;

/**
 * Gives a decoder in Hugging Face's layout a tree mask and outputs of the new tokens alone, if its own masks are causal
 * and cover the whole of the longest sequence. Otherwise returns, as a text, the reason to run it unchanged.
 */
export async function branchingModel(runtime: Runtime, { graphPath, longest }: LoadRequest, model: OnnxModel): Promise<OnnxModel | string> {
  const rewritten = toTokenMajor(model);
  if (typeof rewritten === 'string') return rewritten;
  const part = maskGraph(model, rewritten);
  const folder = dirname(await realpath(graphPath));
  const session = await runtime.createSession({ bytes: writeModel(part, await locator(part, folder)), folder }, 'cpu', 1);
  try {
    const reason = (await differs(session, rewritten, 3, 5)) ?? (await differs(session, rewritten, (longest ?? defaultLongest) - 1, 1));
    return reason ?? rewritten.model;
  } finally {
    await session.release();
  }
}

/**
 * Returns why the masks of `count` tokens after `past` others are not the full causal mask; undefined when they are.
 */
async function differs(session: RuntimeSession, { masks }: TokenMajorModel, past: number, count: number): Promise<string | undefined> {
  const feeds = Object.fromEntries(session.inputs.map((info) => [info.name, filled(info, past, count)]));
  const outputs = await session.run(feeds, masks);
  for (const name of masks) {
    const { data, dims, type } = outputs[name]!;
    const values = type === 'float16' ? fromFloat16(data as unknown as Uint16Array) : (data as Float32Array);
    const width = past + count;
    if (dims.at(-1) !== width || dims.at(-2) !== count) return `its mask is [${dims.join(', ')}] for ${count} tokens after ${past}`;
    for (let i = 0; i < values.length; i++) {
      const [query, key] = [Math.floor(i / width) % count, i % width];
      const isSeen = key <= past + query;
      if (isSeen ? !(values[i]! >= seen) : !(values[i]! <= hidden))
        return isSeen ? 'its layers do not look back over the whole sequence' : 'its mask is not causal';
    }
  }
  return undefined;
}

/** Returns ones for a mask, ascending positions, and zeros for all else. A mask depends only on the shapes. */
function filled({ name, type, shape }: TensorInfo, past: number, count: number): TensorValue {
  const isMask = name === 'attention_mask';
  const isPast = name.startsWith('past');
  // In positions on three axes, [3, batch, tokens], the batch is the second axis.
  const batch = name === 'position_ids' ? shape.length - 2 : 0;
  const dims = shape.map((size, axis) => {
    if (typeof size === 'number') return size;
    if (axis === batch) return 1;
    return isMask ? past + count : isPast && axis === 2 ? past : count;
  });
  const length = dims.reduce((a, b) => a * b, 1);
  if (type === 'int64') {
    const value = (i: number) => (isMask ? 1n : name === 'position_ids' ? BigInt(past + i) : 0n);
    return { type, data: BigInt64Array.from({ length }, (_, i) => value(i)), dims };
  }
  if (type === 'int32')
    return { type, data: Int32Array.from({ length }, (_, i) => (isMask ? 1 : name === 'position_ids' ? past + i : 0)), dims };
  return { type, data: type === 'float16' ? new Uint16Array(length) : new Float32Array(length), dims };
}
