import { type FileHandle, open, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Stored, writeModel } from './model.js';
import { type QuantiseOptions, quantiseModel } from './quantise.js';
import { OnnxFileError, readModel } from './readModel.js';
import { openData } from './weights.js';
import { WireError } from './wire.js';

/** Weights begin at multiples of this, so that the runtime can map them into memory. */
const alignment = 4096;
/** Smaller weights stay in the graph's own file. */
const smallestOutside = 1024;
const copiedBytes = 16 << 20;

export interface QuantizedFile {
  /** Number of products that now use integer arithmetic, and number of their weights. */
  readonly products: number;
  readonly weights: number;
  /** Sizes of the graphs with their weights. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Quantizes the graph file `from` into `to`, whose weights go to `<to>_data`. Neither of the two may exist. For a graph
 * of any size, only a few pieces of 16 MB are in memory at a time. Rejects with OnnxFileError, or the signal's reason.
 */
export async function quantiseFile(from: string, to: string, options: Omit<QuantiseOptions, 'store'>): Promise<QuantizedFile> {
  const model = await readModel(from, smallestOutside);
  const elsewhere = model.graph.initializers.map(({ data }) =>
    data === undefined || Buffer.isBuffer(data) || data.path === from ? 0 : data.length,
  );
  const bytesBefore = elsewhere.reduce((sum, length) => sum + length, (await stat(from)).size);
  const path = `${to}_data`;
  const file = await open(path, 'wx');
  try {
    const data = new DataFile(file, path);
    const {
      model: quantized,
      products,
      weights,
    } = await quantiseModel(model, { ...options, store: (chunks, length) => data.append(chunks, length) });
    const initializers = [];
    for (const tensor of quantized.graph.initializers) {
      const held = tensor.data;
      const isOutside = held === undefined || Buffer.isBuffer(held) || held.path === path;
      initializers.push(isOutside ? tensor : { ...tensor, data: await data.append(piecesOf(held, options.signal), held.length) });
    }
    await writeFile(to, writeModel({ ...quantized, graph: { ...quantized.graph, initializers } }, basename), { flag: 'wx' });
    return { products, weights, bytesBefore, bytesAfter: (await stat(to)).size + data.length };
  } catch (error) {
    if (error instanceof RangeError || error instanceof WireError)
      throw new OnnxFileError(`${from} cannot be quantized: ${error.message}.`);
    throw error;
  } finally {
    await file.close();
  }
}

class DataFile {
  length = 0;

  constructor(
    readonly file: FileHandle,
    readonly path: string,
  ) {}

  async append(chunks: AsyncIterable<Buffer>, length: number): Promise<Stored> {
    const offset = Math.ceil(this.length / alignment) * alignment;
    let at = offset;
    for await (const chunk of chunks) {
      for (let written = 0; written < chunk.length; )
        written += (await this.file.write(chunk, written, chunk.length - written, at + written)).bytesWritten;
      at += chunk.length;
    }
    this.length = at;
    return { path: this.path, offset, length };
  }
}

async function* piecesOf(data: Stored, signal: AbortSignal): AsyncGenerator<Buffer> {
  const opened = await openData(data);
  try {
    for (let at = 0; at < data.length; at += copiedBytes) {
      signal.throwIfAborted();
      yield await opened.read(at, Math.min(data.length, at + copiedBytes));
    }
  } finally {
    await opened.close();
  }
}
