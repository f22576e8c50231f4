import type { RuntimeSession, TensorInfo, TensorValue } from '../runtime.js';
import { describeTensor, GraphError, pixelInputName, requireTensor } from './graph.js';

const embeddingsName = 'inputs_embeds';

export interface PartSessions {
  readonly decoder: RuntimeSession;
  readonly embeddings: RuntimeSession;
  readonly vision: RuntimeSession;
}

/**
 * A model in three graphs (as Optimum and transformers.js lay vision-language models out) as one session with `input_ids`
 * and `pixel_values`: `embed_tokens` (`input_ids` [1, S] -> [1, S, H]), `vision_encoder` (`pixel_values` [T, C, H, W] ->
 * features, whose last axis is H) and a decoder that takes `inputs_embeds` [1, S, H]. The features take the places of the
 * image tokens, in order. Throws GraphError, naming the tensors, when the graphs do not fit together.
 *
 * @param imageToken Its id; -1 = the model reads no images.
 */
export function joinThreeParts({ decoder, embeddings, vision }: PartSessions, imageToken: number): RuntimeSession {
  const embeds = requireTensor(decoder.inputs, embeddingsName, ['float32', 'float16'], 'input');
  const ids = requireTensor(embeddings.inputs, 'input_ids', ['int64', 'int32'], 'input');
  const pixels = requireTensor(vision.inputs, pixelInputName, ['float32'], 'input');
  const embedded = onlyOutput(embeddings, embeds);
  const features = onlyOutput(vision, embeds);

  async function embed(feeds: Readonly<Record<string, TensorValue>>): Promise<TensorValue> {
    const tokens = feeds['input_ids']!;
    const rows = (await embeddings.run({ input_ids: tokens }, [embedded]))[embedded]!;
    const images = feeds[pixelInputName];
    if (!images || images.dims[0] === 0) return rows;
    const found = (await vision.run({ [pixelInputName]: images }, [features]))[features]!;
    return withFeatures(rows, found, placesOf(tokens.data as ArrayLike<number | bigint>, imageToken));
  }

  return {
    inputs: [ids, pixels, ...decoder.inputs.filter((input) => input !== embeds)],
    outputs: decoder.outputs,
    async run(feeds, fetches) {
      const others = Object.entries(feeds).filter(([name]) => name !== 'input_ids' && name !== pixelInputName);
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

/** `rows` [1, S, H] with those at `places` replaced by the features, whatever axes they are in. */
function withFeatures(rows: TensorValue, features: TensorValue, places: readonly number[]): TensorValue {
  const width = rows.dims.at(-1)!;
  const count = features.dims.slice(0, -1).reduce((a, b) => a * b, 1);
  if (features.dims.at(-1) !== width || count !== places.length) {
    throw new GraphError(
      `the graph for images gives features of [${features.dims.join(', ')}], but ${places.length} image tokens of ${width} numbers wait for them; correct 'images.tokens' of the profile`,
      'images',
    );
  }
  const data = (rows.data as RowData).slice();
  places.forEach((place, i) => data.set((features.data as RowData).subarray(i * width, (i + 1) * width), place * width));
  return { ...rows, data };
}
