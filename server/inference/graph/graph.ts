import type { Pixels } from '../protocol.js';
import type { RuntimeSession, TensorInfo, TensorValue } from '../runtime.js';

/**
 * A loaded graph, independent of the names of its inputs and of how it keeps its keys and values. There is one file per
 * cache layout beside this one; `openGraph` chooses by the session's own metadata.
 */
export interface Graph {
  /** `none`: every run starts at the first token. */
  readonly cacheLayout: 'token-major' | 'hugging-face' | 'none';
  readonly takesImages: boolean;
  /** Keys and values of one token; 0 where the graph takes no cache. */
  readonly bytesPerToken: number;
  /** An empty cache. */
  createCache(): KeyValueCache;
  /**
   * Runs `ids` after the tokens in `cache` and adds them to it. Rejects with the runtime's error.
   * @param pixels The images of the image tokens among `ids`.
   * @param reads The tokens whose scores are wanted, as indices into `ids`; all when not given.
   */
  run(cache: KeyValueCache, ids: Int32Array, pixels?: Pixels, reads?: Int32Array): Promise<Scores>;
  /**
   * Runs tokens that branch, each of which sees only its own path, if the graph takes a mask. Afterwards `cache` holds
   * the path to the last of them.
   * @param reads As in `run`.
   */
  runTree?(cache: KeyValueCache, tree: TokenTree, reads?: Int32Array): Promise<Scores>;
  /** Like `runTree`, but from the beginning and with nothing kept: keys and values stay on the device. */
  scoreTree?(tree: TokenTree, reads: Int32Array, pixels?: Pixels): Promise<Scores>;
  /** Opens `rows` continuations of the sequence in `cache`, if the graph has a batch axis. */
  openBatch?(cache: KeyValueCache, rows: number): Batch;
  release(): Promise<void>;
}

/** Tokens that each follow another one of them, or the first tokens of a cache. */
export interface TokenTree {
  readonly ids: Int32Array;
  /** Index of the token before it, always a smaller one; ~n = it follows the first n tokens of the cache. */
  readonly parents: Int32Array;
}

/** Keys and values of a sequence's tokens. */
export interface KeyValueCache {
  /** Tokens held; always 0 where the graph takes no cache. */
  readonly length: number;
  readonly bytes: number;
  /** Forgets the tokens from `length` on. */
  cut(length: number): void;
  /** Copies the first `length` tokens; all when not given. */
  copy(length?: number): KeyValueCache;
}

/** Sequences of equal length that grow together, by one token at a time. */
export interface Batch {
  readonly rows: number;
  /** Runs one more token of every row; the scores are one token a row. */
  run(ids: Int32Array): Promise<Scores>;
  /** Continues with these rows alone, ascending. */
  keep(rows: readonly number[]): void;
}

/** Raw scores of the wanted tokens of one run, a row each. */
export interface Scores {
  readonly values: Float32Array;
  /** Columns of the graph's head: vocabulary or number of labels. */
  readonly width: number;
  /** The columns that a row holds, in their order; undefined = all. */
  readonly columns?: Int32Array;
}

/** A graph whose inputs or outputs StepLens does not understand; the message names them. */
export class GraphError extends Error {
  override readonly name = 'GraphError';

  /** @param reason `images`: graph and images do not fit together. */
  constructor(
    message: string,
    readonly reason: 'graph' | 'images' = 'graph',
  ) {
    super(message);
  }
}

export function describeTensor(info: TensorInfo): string {
  return `${info.name} (${info.type} [${info.shape.join(', ')}])`;
}

/** Finds an input or output by name and checks its type. */
export function requireTensor(infos: readonly TensorInfo[], name: string, types: readonly string[], role: string): TensorInfo {
  const info = infos.find((candidate) => candidate.name === name);
  if (!info) throw new GraphError(`the graph has no ${role} '${name}'; it has ${infos.map(describeTensor).join(', ')}`);
  if (!types.includes(info.type)) throw new GraphError(`the graph's ${role} ${describeTensor(info)} is not ${types.join(' or ')}`);
  return info;
}

/** Throws GraphError if a graph needs inputs other than those that would be fed. */
export function refuseOtherInputs(session: RuntimeSession, isKnown: (name: string) => boolean): void {
  const unknown = session.inputs.filter((input) => !isKnown(input.name));
  if (unknown.length > 0)
    throw new GraphError(`the graph needs inputs that StepLens does not know: ${unknown.map(describeTensor).join(', ')}`);
}

/** The inputs of a graph that reads images. */
export interface PixelInputs {
  /** float32 [images, channels, height, width], or [patches, values of a patch] where there are `grids`. */
  readonly pixels: TensorInfo;
  /** [images, 3]: frames, rows and columns of patches. */
  readonly grids?: TensorInfo;
}

export function findPixelInputs(session: RuntimeSession): PixelInputs | undefined {
  if (!session.inputs.some((input) => input.name === pixelInputName)) return undefined;
  const pixels = requireTensor(session.inputs, pixelInputName, ['float32'], 'input');
  if (session.inputs.some((input) => input.name === gridInputName)) {
    const grids = requireTensor(session.inputs, gridInputName, ['int64', 'int32'], 'input');
    if (pixels.shape.length === 2) return { pixels, grids };
    throw new GraphError(`the graph's input ${describeTensor(pixels)} is not [patches, values], as '${gridInputName}' asks for`, 'images');
  }
  if (pixels.shape.length !== 4)
    throw new GraphError(`the graph's input ${describeTensor(pixels)} is not [images, channels, height, width]`, 'images');
  return { pixels };
}

export const pixelInputName = 'pixel_values';
export const gridInputName = 'image_grid_thw';

/** Returns the image inputs: nothing if the graph takes no images, and zero images if the tokens have none. */
export function pixelFeeds(inputs: PixelInputs | undefined, pixels: Pixels | undefined): Record<string, TensorValue> {
  if (!inputs) {
    if (pixels) throw new GraphError(`the graph has no input '${pixelInputName}' for the images of the profile`, 'images');
    return {};
  }
  const { pixels: info, grids } = inputs;
  const [, ...size] = info.shape;
  const dims = pixels?.shape ?? [0, ...size.map((axis) => (typeof axis === 'number' ? axis : 1))];
  if (dims.length !== info.shape.length || size.some((axis, i) => typeof axis === 'number' && axis !== dims[i + 1])) {
    throw new GraphError(`the graph's input ${describeTensor(info)} does not take the profile's images of [${dims.join(', ')}]`, 'images');
  }
  const sizes = pixels?.grids?.sizes ?? new Int32Array(0);
  return {
    [info.name]: { type: info.type, data: pixels?.values ?? new Float32Array(0), dims },
    ...(grids && { [grids.name]: { ...integerTensor(sizes, grids.type), dims: [sizes.length / 3, 3] } }),
  };
}

/** Token ids, positions or masks in the integer type the graph asks for, as [rows, n]. */
export function integerTensor(values: ArrayLike<number>, type: string, rows = 1): TensorValue {
  const dims = [rows, values.length / rows];
  if (type === 'int32') return { type, data: Int32Array.from(values), dims };
  return { type: 'int64', data: BigInt64Array.from({ length: values.length }, (_, i) => BigInt(values[i]!)), dims };
}

/** The score output [rows, tokens, width] as float32; throws GraphError when the graph gives another shape. */
export function readScores(output: TensorValue | undefined, tokens: number, rows = 1): Scores {
  const [batch, length, width] = output?.dims ?? [];
  if (!output || output.dims.length !== 3 || batch !== rows || length !== tokens || width === undefined) {
    const shape = output ? `[${output.dims.join(', ')}]` : 'nothing';
    throw new GraphError(
      `the graph's output 'logits' is ${shape} for ${tokens} tokens, not [${rows}, ${tokens}, labels or vocabulary]: it gives no score per token`,
    );
  }
  return { values: output.type === 'float16' ? fromFloat16(output.data as unknown as Uint16Array) : (output.data as Float32Array), width };
}

/** IEEE 754 half precision, as bits or as a Float16Array where the platform has one. */
export function fromFloat16(data: ArrayLike<number>): Float32Array {
  const values = new Float32Array(data.length);
  if (!(data instanceof Uint16Array)) {
    for (let i = 0; i < data.length; i++) values[i] = data[i]!;
    return values;
  }
  for (let i = 0; i < data.length; i++) {
    const bits = data[i]!;
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) values[i] = fraction ? NaN : sign * Infinity;
    else values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}
