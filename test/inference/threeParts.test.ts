import { describe, expect, it } from 'vitest';
import { GraphError } from '../../server/inference/graph/graph.js';
import { joinThreeParts } from '../../server/inference/graph/threeParts.js';
import type { RuntimeSession, TensorInfo, TensorValue } from '../../server/inference/runtime.js';

const image = 9;
const ids = (...tokens: number[]): TensorValue => ({
  type: 'int64',
  data: BigInt64Array.from(tokens.map(BigInt)),
  dims: [1, tokens.length],
});
const floats = (data: number[], ...dims: number[]): TensorValue => ({ type: 'float32', data: Float32Array.from(data), dims });

interface Recorded {
  readonly session: RuntimeSession;
  readonly runs: Readonly<Record<string, TensorValue>>[];
}

function fake(
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  run: (feeds: Readonly<Record<string, TensorValue>>) => TensorValue,
): Recorded {
  const runs: Recorded['runs'] = [];
  const session: RuntimeSession = {
    inputs,
    outputs,
    run(feeds, fetches) {
      runs.push(feeds);
      return Promise.resolve({ [fetches[0]!]: run(feeds) });
    },
    release: () => Promise.resolve(),
  };
  return { session, runs };
}

const embeds: TensorInfo = { name: 'inputs_embeds', type: 'float32', shape: ['b', 's', 2] };
const mask: TensorInfo = { name: 'attention_mask', type: 'int64', shape: ['b', 's'] };
const logits: TensorInfo = { name: 'logits', type: 'float32', shape: ['b', 's', 2] };
/** A token's embedding is its id, twice; an image's features are 100 and up. */
function model(features = [1, 2, 2]) {
  const embeddings = fake([{ name: 'input_ids', type: 'int64', shape: ['b', 's'] }], [embeds], ({ input_ids: tokens }) =>
    floats(
      [...(tokens!.data as BigInt64Array)].flatMap((id) => [Number(id), Number(id)]),
      1,
      tokens!.dims[1]!,
      2,
    ),
  );
  const vision = fake(
    [{ name: 'pixel_values', type: 'float32', shape: ['t', 3, 4, 4] }],
    [{ name: 'image_features', type: 'float32', shape: features }],
    () =>
      floats(
        Array.from({ length: features.reduce((a, b) => a * b, 1) }, (_, i) => 100 + i),
        ...features,
      ),
  );
  const decoder = fake([embeds, mask], [logits], ({ inputs_embeds: rows }) => rows!);
  return {
    embeddings,
    vision,
    decoder,
    session: joinThreeParts({ embeddings: embeddings.session, vision: vision.session, decoder: decoder.session }, image),
  };
}

const pixels = floats(Array<number>(48).fill(0), 1, 3, 4, 4);
const noPixels = floats([], 0, 3, 4, 4);

describe('a model in three graphs', () => {
  it('has the inputs and outputs of one graph that takes token IDs and images', () => {
    const { session } = model();
    expect(session.inputs.map(({ name }) => name)).toEqual(['input_ids', 'pixel_values', 'attention_mask']);
    expect(session.outputs).toEqual([logits]);
  });

  it('puts the features of images at their tokens, in order', async () => {
    const { session, decoder } = model();
    const { logits: rows } = await session.run(
      { input_ids: ids(5, image, 6, image), pixel_values: pixels, attention_mask: ids(1, 1, 1, 1) },
      ['logits'],
    );
    expect([...(rows!.data as Float32Array)]).toEqual([5, 5, 100, 101, 6, 6, 102, 103]);
    expect(Object.keys(decoder.runs[0]!).sort()).toEqual(['attention_mask', 'inputs_embeds']);
  });

  it('passes images with grids to the vision graph one by one, each with its own patches', async () => {
    const { embeddings, decoder } = model();
    const vision = fake(
      [
        { name: 'pixel_values', type: 'float32', shape: ['p', 2] },
        { name: 'image_grid_thw', type: 'int64', shape: [1, 3] },
      ],
      [{ name: 'image_features', type: 'float32', shape: ['t', 2] }],
      ({ pixel_values: patches }) => ({ ...patches!, data: (patches!.data as Float32Array).map((value) => value * 10) }),
    );
    const session = joinThreeParts({ embeddings: embeddings.session, vision: vision.session, decoder: decoder.session }, image);
    expect(session.inputs.map(({ name }) => name)).toEqual(['input_ids', 'pixel_values', 'image_grid_thw', 'attention_mask']);
    const grids = { type: 'int64', data: BigInt64Array.of(1n, 1n, 2n, 1n, 1n, 1n), dims: [2, 3] };
    const { logits: rows } = await session.run(
      {
        input_ids: ids(image, image, 5, image),
        pixel_values: floats([1, 2, 3, 4, 5, 6], 3, 2),
        image_grid_thw: grids,
        attention_mask: ids(1),
      },
      ['logits'],
    );
    expect([...(rows!.data as Float32Array)]).toEqual([10, 20, 30, 40, 5, 5, 50, 60]);
    expect(vision.runs.map((feeds) => [feeds['pixel_values']!.dims, feeds['image_grid_thw']!.data])).toEqual([
      [[2, 2], BigInt64Array.of(1n, 1n, 2n)],
      [[1, 2], BigInt64Array.of(1n, 1n, 1n)],
    ]);
  });

  it('passes images one by one to a vision graph that takes a single image', async () => {
    const { embeddings, decoder } = model();
    const vision = fake(
      [{ name: 'pixel_values', type: 'float32', shape: [1, 1, 1, 2] }],
      [{ name: 'image_features', type: 'float32', shape: [1, 1, 2] }],
      ({ pixel_values: square }) => ({ ...square!, dims: [1, 1, 2] }),
    );
    const session = joinThreeParts({ embeddings: embeddings.session, vision: vision.session, decoder: decoder.session }, image);
    const { logits: rows } = await session.run(
      { input_ids: ids(image, 5, image), pixel_values: floats([1, 2, 3, 4], 2, 1, 1, 2), attention_mask: ids(1) },
      ['logits'],
    );
    expect([...(rows!.data as Float32Array)]).toEqual([1, 2, 5, 5, 3, 4]);
    expect(vision.runs.map((feeds) => feeds['pixel_values']!.dims)).toEqual([
      [1, 1, 1, 2],
      [1, 1, 1, 2],
    ]);
  });

  it('does not run the vision graph when there are no images', async () => {
    const { session, vision } = model();
    await session.run({ input_ids: ids(5, 6), pixel_values: noPixels, attention_mask: ids(1, 1) }, ['logits']);
    expect(vision.runs).toHaveLength(0);
  });

  it('refuses image features whose number or width does not match their tokens', async () => {
    const feeds = { input_ids: ids(image, 5), pixel_values: pixels, attention_mask: ids(1, 1) };
    await expect(model().session.run(feeds, ['logits'])).rejects.toThrow(
      "gives features of [1, 2, 2], but 1 image tokens of 2 numbers wait for them; correct 'images' of the profile",
    );
    await expect(model([1, 1, 3]).session.run(feeds, ['logits'])).rejects.toThrow(GraphError);
  });

  it('refuses graphs that do not fit together', () => {
    const { embeddings, vision } = model();
    const parts = { embeddings: embeddings.session, vision: vision.session };
    expect(() => joinThreeParts({ ...parts, decoder: fake([mask], [logits], () => pixels).session }, image)).toThrow(
      "the graph has no input 'inputs_embeds'",
    );
    const half = fake([{ ...embeds, type: 'float16' }, mask], [logits], () => pixels).session;
    expect(() => joinThreeParts({ ...parts, decoder: half }, image)).toThrow(
      "the graph that should give the decoder's inputs_embeds (float16 [b, s, 2]) gives inputs_embeds (float32 [b, s, 2])",
    );
  });
});
