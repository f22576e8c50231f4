import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Graph } from '../../server/inference/graph/graph.js';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import { joinThreeParts } from '../../server/inference/graph/threeParts.js';
import { openRows } from '../../server/inference/rowBatch.js';
import { loadRuntime } from '../../server/inference/runtime.js';
import { prepareImages, toPixels } from '../../server/models/images/imageKinds.js';
import { ModelError } from '../../server/models/modelError.js';
import { toFastLayout } from '../../server/onnx/fastLayout.js';
import { fuseDecoder } from '../../server/onnx/fuseDecoder.js';
import { writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { toTokenMajor } from '../../server/onnx/tokenMajor.js';
import { visualPrm } from '../../server/scoring/families/visualPrm.js';
import { vlPrm } from '../../server/scoring/families/vlPrm.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { imagesAt } from '../images.js';
import { copyModel, openScorer, temporaryFolder } from './models.js';

/** A Qwen2.5-VL model, with image grids of any shape and positions on three axes. */
const model = fileURLToPath(new URL('../fixtures/models/families/vl-prm', import.meta.url));

interface Case {
  readonly question: string;
  readonly images: readonly string[];
  readonly ids: readonly (number | readonly [number, number])[];
}

const { cases } = JSON.parse(await readFile(join(model, 'expected.json'), 'utf8')) as { cases: readonly Case[] };
const withTwo = cases.find(({ images }) => images.length === 2)!;
/** Token ids with text before, between and after the images. */
const ids = Int32Array.from(withTwo.ids.flatMap((entry) => (typeof entry === 'number' ? [entry] : Array<number>(entry[1]).fill(entry[0]))));
const imageToken = (withTwo.ids.find((entry) => typeof entry !== 'number') as readonly [number, number])[0];

async function pixelsOf({ images }: Case) {
  const files = await Promise.all(images.map(async (name) => ({ name, bytes: await readFile(join(model, name)) })));
  return toPixels((await prepareImages(files, vlPrm.profile.images!))!, ids, imageToken);
}

/** Opens the three graphs unchanged, or with a decoder in the fast layout. */
async function open(layout: Graph['cacheLayout']): Promise<Graph> {
  const folder = await temporaryFolder();
  await cp(model, folder, { recursive: true });
  if (layout === 'token-major') expect(await toFastLayout(join(folder, 'decoder_model_merged.onnx'))).toBeUndefined();
  const runtime = await loadRuntime();
  const [decoder, embeddings, vision] = await Promise.all(
    ['decoder_model_merged', 'embed_tokens', 'vision_encoder'].map((name) => runtime.createSession(join(folder, `${name}.onnx`), 'cpu', 1)),
  );
  return openGraph(joinThreeParts({ decoder: decoder!, embeddings: embeddings!, vision: vision! }, imageToken));
}

function largest(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

it.each(['hugging-face', 'token-major'] as const)('VL-PRM gives the same in pieces, from a copy and in rows: %s', async (layout) => {
  const [graph, pixels] = [await open(layout), await pixelsOf(withTwo)];
  expect([graph.cacheLayout, graph.takesImages]).toEqual([layout, true]);
  const rest = pixels.end + 40;
  const whole = await graph.run(graph.createCache(), ids.subarray(0, rest + 1), pixels, Int32Array.of(pixels.end, rest - 1, rest));
  const row = (index: number) => whole.values.subarray(index * whole.width, (index + 1) * whole.width);

  const cache = graph.createCache();
  await graph.run(cache, ids.subarray(0, pixels.end), pixels, new Int32Array(0));
  const first = await graph.run(cache, ids.subarray(pixels.end, pixels.end + 1), undefined, Int32Array.of(0));
  expect(largest(first.values, row(0))).toBeLessThan(1e-4);
  const copy = cache.copy(pixels.end + 1);
  const last = await graph.run(copy, ids.subarray(pixels.end + 1, rest), undefined, Int32Array.of(rest - pixels.end - 2));
  expect(largest(last.values, row(1))).toBeLessThan(1e-4);
  const batch = graph.openBatch?.(copy, 2) ?? openRows(graph, copy, 2);
  const rows = await batch.run(Int32Array.of(ids[rest]!, ids[rest]!));
  expect(largest(rows.values.subarray(0, rows.width), row(2))).toBeLessThan(1e-4);

  // Cutting the images from a cache also removes the state that it kept for them.
  cache.cut(0);
  const text = ids.slice(pixels.end + 1, rest);
  const [fresh, again] = [await graph.run(graph.createCache(), text), await graph.run(cache, text)];
  expect(largest(fresh.values, again.values)).toBe(0);
  await graph.release();
});

it('VL-PRM runs a tree with its images in one pass, as on a GPU, with and without fused nodes', async () => {
  const path = join(model, 'decoder_model_merged.onnx');
  const plain = toTokenMajor(await readModel(path, Infinity));
  if (typeof plain === 'string') throw new Error(plain);
  const fused = fuseDecoder(plain.model);
  if (typeof fused === 'string') throw new Error(fused);
  expect(fused.graph.nodes.map(({ opType }) => opType)).toEqual(expect.arrayContaining(['MultiHeadAttention', 'RotaryEmbedding']));
  const [graph, pixels, runtime] = [await open('hugging-face'), await pixelsOf(withTwo), await loadRuntime()];
  const [prompt, branch] = [ids.subarray(0, pixels.end + 9), ids.subarray(pixels.end + 20, pixels.end + 30)];
  const tree = {
    ids: Int32Array.of(...prompt, ...branch, ...branch),
    parents: Int32Array.from({ length: prompt.length + 20 }, (_, i) =>
      i === 0 ? ~0 : i === prompt.length + 10 ? prompt.length - 1 : i - 1,
    ),
  };
  const expected = await graph.run(graph.createCache(), Int32Array.of(...prompt, ...branch), pixels, Int32Array.of(prompt.length + 9));
  const parts = await Promise.all(
    ['embed_tokens.onnx', 'vision_encoder.onnx'].map((name) => runtime.createSession(join(model, name), 'cpu', 1)),
  );
  for (const own of [plain.model, fused]) {
    const decoder = await runtime.createSession({ bytes: writeModel(own, () => ''), folder: model }, 'cpu', 1);
    const whole = openGraph(joinThreeParts({ decoder, embeddings: parts[0]!, vision: parts[1]! }, imageToken));
    const { values, width } = await whole.scoreTree!(tree, Int32Array.of(prompt.length + 9, prompt.length + 19), pixels);
    for (const row of [0, 1]) expect(largest(values.subarray(row * width, (row + 1) * width), expected.values)).toBeLessThan(1e-4);
  }
});

it('VL-PRM scores every node of a tree like its path alone, also after a shorter solution with other images', async () => {
  const scorer = openScorer(model);
  const job = (images: readonly string[], ...steps: ScoreJob['steps']): ScoreJob => ({
    question: withTwo.question,
    images: imagesAt(...images.map((name) => join(model, name))),
    steps,
  });
  const [a, b, c] = [{ text: 'Read the figure.' }, { text: 'Then $x = 2$.', parent: 0 }, { text: 'So it is $5$.', parent: 0 }];
  await scorer.score(job(['gray.png', 'wide.png'], a, b));
  const { scores } = await scorer.score(job(withTwo.images, a, b, c, { text: 'The answer is 5.', parent: 2 }));
  const alone = [
    await openScorer(model).score(job(withTwo.images, a, b)),
    await openScorer(model).score(job(withTwo.images, a, { ...c }, { text: 'The answer is 5.', parent: 1 })),
  ];
  const reference = [...alone[0]!.scores, alone[1]!.scores[1]!, alone[1]!.scores[2]!];
  scores.forEach((score, i) => expect(Math.abs(score - reference[i]!), `step ${i}`).toBeLessThan(1e-5));
  const swapped = await scorer.score(job(['gray.png', 'wide.png'], a, b));
  expect(Math.abs(swapped.scores[0]! - scores[0]!)).toBeGreaterThan(1e-4);
});

it.each([
  [
    'tiles for a graph that takes patches',
    model,
    { images: { ...visualPrm.profile.images, before: '<|vision_start|>', token: '<|image_pad|>', after: '<|vision_end|>' } },
    /'images' of .*prm\.json do not fit together: the graph's input pixel_values \(float32 \[patches, 1176\]\) does not take the profile's images of \[1, 3, 448, 448\]/,
  ],
  [
    'patches for a graph that takes tiles',
    fileURLToPath(new URL('../fixtures/models/families/visualprm', import.meta.url)),
    { images: { ...vlPrm.profile.images, before: '<img>', token: '<IMG_CONTEXT>', after: '</img>' } },
    /the profile's images have grids, and the graph's input position_ids \(int64 \[.*\]\) has no positions of rows and columns|does not take the profile's images of \[\d+, 1176\]/,
  ],
  [
    'patches of another size',
    model,
    { images: { ...vlPrm.profile.images, patch: 16 } },
    /does not take the profile's images of \[\d+, 1536\]/,
  ],
  [
    'blocks of another size',
    model,
    { images: { ...vlPrm.profile.images, merge: 1 } },
    /'images' of .*prm\.json do not fit together: the graph for images fails: .*; correct 'images' of the profile/,
  ],
])('a profile is refused if it has %s', async (_, folder, profile, message) => {
  const copy = await copyModel(folder, { profile });
  for (const name of ['decoder_model_merged.onnx', 'embed_tokens.onnx', 'vision_encoder.onnx'])
    await cp(join(folder, name), join(copy, name));
  const error: unknown = await openScorer(copy)
    .score({ question: 'a', images: [], steps: [{ text: 'b' }] })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ModelError);
  expect((error as Error).message).toMatch(message);
});
