import { failureOf, runtimeCause } from '../failures.js';
import type { RuntimeSession, TensorInfo, TensorValue } from '../runtime.js';
import { describeTensor, findPixelInputs, GraphError, pixelInputName, requireTensor } from './graph.js';

const embeddingsName = 'inputs_embeds';

export interface PartSessions {
  readonly decoder: RuntimeSession;
  readonly embeddings: RuntimeSession;
  readonly vision: RuntimeSession;
}

/**
 * Joins a model in three graphs (as Optimum and transformers.js export vision-language models) into one session with
 * `input_ids` and `pixel_values`: `embed_tokens` (`input_ids` [1, S] -> [1, S, H]), `vision_encoder` (`pixel_values`
 * [T, C, H, W], or [P, V] with `image_grid_thw` [1, 3] -> features, whose last axis is H) and a decoder that takes
 * `inputs_embeds` [1, S, H]. The features replace the image tokens, in order. Throws GraphError, naming the tensors,
 * when the graphs do not fit together.
 *
 * @param imageToken Its id; -1 = the model reads no images.
 */
export function joinThreeParts({ decoder, embeddings, vision }: PartSessions, imageToken: number): RuntimeSession {
  const embeds = requireTensor(decoder.inputs, embeddingsName, ['float32', 'float16'], 'input');
  const ids = requireTensor(embeddings.inputs, 'input_ids', ['int64', 'int32'], 'input');
  // Throws an error that names what is missing if there are no image inputs.
  const images = findPixelInputs(vision) ?? { pixels: requireTensor(vision.inputs, pixelInputName, ['float32'], 'input') };
  const embedded = onlyOutput(embeddings, embeds);
  const features = onlyOutput(vision, embeds);

  /**
   * Runs images one by one if they have grids or the graph takes only one. Attention over patches needs memory that is
   * quadratic in their number.
   */
  async function featuresOf(feeds: Readonly<Record<string, TensorValue>>): Promise<TensorValue> {
    const pixels = feeds[pixelInputName]!;
    const alone = images.pixels.shape[0] === 1 ? squaresApart(pixels) : [feeds];
    const runs = images.grids ? imagesApart(pixels, feeds[images.grids.name]!, images.grids.name) : alone;
    const found: TensorValue[] = [];
    for (const own of runs) found.push((await vision.run(own, [features]).catch(explain))[features]!);
    return found.length === 1 ? found[0]! : joined(found);
  }

  async function embed(feeds: Readonly<Record<string, TensorValue>>): Promise<TensorValue> {
    const tokens = feeds['input_ids']!;
    const rows = (await embeddings.run({ input_ids: tokens }, [embedded]))[embedded]!;
    const given = Object.fromEntries(Object.entries(feeds).filter(([name]) => isOfImages(name)));
    if (!given[pixelInputName] || given[pixelInputName].dims[0] === 0) return rows;
    const found = await featuresOf(given);
    return withFeatures(rows, found, placesOf(tokens.data as ArrayLike<number | bigint>, imageToken));
  }

  const isOfImages = (name: string) => name === pixelInputName || name === images.grids?.name;
  return {
    inputs: [ids, images.pixels, ...(images.grids ? [images.grids] : []), ...decoder.inputs.filter((input) => input !== embeds)],
    outputs: decoder.outputs,
    async run(feeds, fetches) {
      const others = Object.entries(feeds).filter(([name]) => name !== 'input_ids' && !isOfImages(name));
      return decoder.run({ ...Object.fromEntries(others), [embeddingsName]: await embed(feeds) }, fetches);
    },
    async release() {
      await Promise.all([decoder.release(), embeddings.release(), vision.release()]);
    },
  };
}

function onlyOutput({ outputs }: RuntimeSession, wanted: TensorInfo): string {
  const output = outputs.find(({ type }) => type === wanted.type);
  if (output) return output.name;
  throw new GraphError(
    `the graph that should give the decoder's ${describeTensor(wanted)} gives ${outputs.map(describeTensor).join(', ')}`,
  );
}

function placesOf(tokens: ArrayLike<number | bigint>, token: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < tokens.length; i++) if (Number(tokens[i]) === token) places.push(i);
  return places;
}

type RowData = Float32Array | Uint16Array;

/** Throws an error about the graph for images, or the error itself if memory or the device is the cause. */
function explain(error: unknown): never {
  if (failureOf(error) !== 'other') throw error;
  throw new GraphError(`the graph for images fails: ${runtimeCause(error)}; correct 'images' of the profile`, 'images');
}

function squaresApart(pixels: TensorValue): Readonly<Record<string, TensorValue>>[] {
  const [count, ...size] = pixels.dims as readonly [number, ...number[]];
  const data = pixels.data as Float32Array;
  const length = data.length / count;
  return Array.from({ length: count }, (_, image) => ({
    [pixelInputName]: { ...pixels, data: data.subarray(image * length, (image + 1) * length), dims: [1, ...size] },
  }));
}

/** The patches and the grid of each image. */
function imagesApart(pixels: TensorValue, grids: TensorValue, gridName: string): Readonly<Record<string, TensorValue>>[] {
  const width = pixels.dims[1]!;
  let first = 0;
  return Array.from({ length: grids.dims[0]! }, (_, image) => {
    const grid = (grids.data as Int32Array | BigInt64Array).slice(3 * image, 3 * image + 3);
    const count = Array.from(grid, Number).reduce((product, size) => product * size, 1);
    const data = (pixels.data as Float32Array).subarray(first * width, (first + count) * width);
    first += count;
    return { [pixelInputName]: { ...pixels, data, dims: [count, width] }, [gridName]: { ...grids, data: grid, dims: [1, 3] } };
  });
}

/** The features of several images, one after the other. */
function joined(parts: readonly TensorValue[]): TensorValue {
  const rows = parts.map(({ data }) => data as RowData);
  const Data = rows[0]!.constructor as new (length: number) => RowData;
  const data = new Data(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of rows) {
    data.set(part, at);
    at += part.length;
  }
  const width = parts[0]!.dims.at(-1)!;
  return { ...parts[0]!, data, dims: [data.length / width, width] };
}

/** Returns `rows` [1, S, H] with the rows at `places` replaced by the features, whatever axes these have. */
function withFeatures(rows: TensorValue, features: TensorValue, places: readonly number[]): TensorValue {
  const width = rows.dims.at(-1)!;
  const count = features.dims.slice(0, -1).reduce((a, b) => a * b, 1);
  if (features.dims.at(-1) !== width || count !== places.length) {
    throw new GraphError(
      `the graph for images gives features of [${features.dims.join(', ')}], but ${places.length} image tokens of ${width} numbers wait for them; correct 'images' of the profile`,
      'images',
    );
  }
  const data = (rows.data as RowData).slice();
  places.forEach((place, i) => data.set((features.data as RowData).subarray(i * width, (i + 1) * width), place * width));
  return { ...rows, data };
}
