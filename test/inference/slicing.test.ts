import { readdirSync } from 'node:fs';
import { copyFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Graph, GraphError, type Scores } from '../../server/inference/graph/graph.js';
import { placesOf } from '../../server/inference/graph/head.js';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import { joinThreeParts } from '../../server/inference/graph/threeParts.js';
import { loadRuntime, type Runtime } from '../../server/inference/runtime.js';
import { sliceGraph } from '../../server/inference/slicedGraph.js';
import { makeNode, makeTensor, type OnnxModel, writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { chain, copyModel, modelFolders, openScorer, temporaryFolder } from './models.js';

const sliceFile = async (path: string, columns: Int32Array) => sliceGraph(path, await readModel(path), columns);

const root = fileURLToPath(new URL('../..', import.meta.url));
const familiesFolder = join(root, 'test/fixtures/models/families');
const families = readdirSync(familiesFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== '__pycache__')
  .map(({ name }) => name);
const ids = Int32Array.from({ length: 24 }, (_, i) => 5 + ((i * 37) % 200));
const columns = Int32Array.of(7, 3);

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadRuntime();
});

/** Opens the graph of a folder twice: unchanged, and rewritten for two of its columns (or all, if it has no more). */
async function openBoth(
  folder: string,
  file = 'model.onnx',
  wanted = columns,
): Promise<{ whole: Graph; sliced: Graph; isNarrow: boolean }> {
  const path = join(folder, file);
  const sliced = await sliceFile(path, wanted);
  if (typeof sliced === 'string') throw new Error(sliced);
  const [whole, rewritten] = [await runtime.createSession(path, 'cpu', 1), await runtime.createSession(sliced, 'cpu', 1)];
  return { whole: openGraph(whole), sliced: openGraph(rewritten, sliced.columns), isNarrow: sliced.columns !== undefined };
}

function expectSame(all: Scores, some: Scores, reads: Int32Array): void {
  const kept = some.columns ?? Int32Array.from({ length: some.width }, (_, i) => i);
  expect(some.width).toBe(all.width);
  expect(some.values).toHaveLength(reads.length * kept.length);
  reads.forEach((token, row) =>
    kept.forEach((column, c) => {
      const [expected, found] = [all.values[token * all.width + column]!, some.values[row * kept.length + c]!];
      expect(Math.abs(expected - found), `token ${token}, column ${column}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
    }),
  );
}

/** Families with separate graphs for embeddings and images. */
const inParts = ['visualprm', 'vl-prm', 'ursa-rm-images'];

/** Compares the scores at some tokens, with and without a past. */
async function compare({ whole, sliced }: { whole: Graph; sliced: Graph }, sequence = ids): Promise<void> {
  const [cache, other] = [whole.createCache(), sliced.createCache()];
  const reads = Int32Array.of(2, 3, 11);
  const [first, second] = [sequence.subarray(0, 12), sequence.subarray(12)];
  expectSame(await whole.run(cache, first), await sliced.run(other, first, undefined, reads), reads);
  if (whole.cacheLayout !== 'none') expectSame(await whole.run(cache, second), await sliced.run(other, second, undefined, reads), reads);
  // No token is read in this run, as in the first half of a long sequence.
  if (whole.cacheLayout !== 'none')
    expect((await sliced.run(other, first, undefined, new Int32Array(0))).width).toBe((await whole.run(cache, first)).width);
  expect(other.length).toBe(cache.length);
}

describe('a graph rewritten to score only the wanted tokens', () => {
  it.each(families.filter((name) => !inParts.includes(name)))('gives the same values for the family %s', async (name) => {
    const both = await openBoth(join(familiesFolder, name));
    const { width } = await both.whole.run(both.whole.createCache(), ids.subarray(0, 3));
    expect(both.isNarrow).toBe(width > 3);
    await compare(both);
  });

  it.each([...Object.entries(modelFolders), ['images', join(root, 'test/fixtures/models/images')]] as const)(
    'gives the same values for the model %s',
    async (_name, folder) => compare(await openBoth(folder)),
  );

  it.each([
    ['plain', true],
    ['half', true],
    ['int8', false],
    ['four-bit', false],
    ['four-bit-gqa', false],
    ['gqa', true],
    ['positions', true],
  ] as const)('gives the same values in the precision %s', async (kind, isNarrow) => {
    const both = await openBoth(join(root, 'test/fixtures/models/precision'), `${kind}.onnx`);
    expect(both.isNarrow).toBe(isNarrow);
    await compare(
      both,
      ids.map((id) => id % 24),
    );
  });

  it.each(inParts)('gives the same values for the decoder of a model in three graphs: %s', async (name) => {
    const folder = join(familiesFolder, name);
    const start = (file: string) => runtime.createSession(join(folder, file), 'cpu', 1);
    const sliced = await sliceFile(join(folder, 'decoder_model_merged.onnx'), columns);
    if (typeof sliced === 'string') throw new Error(sliced);
    const parts = { embeddings: await start('embed_tokens.onnx'), vision: await start('vision_encoder.onnx') };
    const join3 = (decoder: Awaited<ReturnType<typeof start>>) => joinThreeParts({ decoder, ...parts }, -1);
    await compare({
      whole: openGraph(join3(await start('decoder_model_merged.onnx'))),
      sliced: openGraph(join3(await runtime.createSession(sliced, 'cpu', 1)), sliced.columns),
    });
  });

  it('gives all columns if all are requested, and refuses columns that were not loaded', async () => {
    await compare(await openBoth(modelFolders['hugging-face'], 'model.onnx', new Int32Array(0)));
    const scorer = openScorer(modelFolders['hugging-face']);
    const { scores } = await scorer.score(chain(4));
    expect([...scores].every((score) => score > 0 && score < 1)).toBe(true);
    expect(scorer.log.filter((line) => line.includes('scores of all tokens'))).toEqual([]);
    const some = { values: new Float32Array(2), width: 10, columns };
    expect([...placesOf(some, Int32Array.of(3, 7))]).toEqual([1, 0]);
    expect(() => placesOf(some, Int32Array.of(3, 4))).toThrow('the graph was loaded for its columns 7, 3 alone');
    expect(() => placesOf(some, new Int32Array(0))).toThrow(GraphError);
  });

  it('gives the same values for head weights that are cast and transposed', async () => {
    const model = await readModel(join(modelFolders['hugging-face'], 'model.onnx'), Infinity);
    const { graph } = model;
    const head = graph.nodes.find((node) => node.outputs[0] === '/head/MatMul_output_0')!;
    const old = graph.initializers.find(({ name }) => name === head.inputs[1])!;
    const [height, width] = old.dims as [number, number];
    const values = new Float32Array(new Uint8Array(old.data as Buffer).buffer);
    const turned = Float32Array.from(values, (_, i) => values[(i % height) * width + Math.floor(i / height)]!);
    const tied: OnnxModel = {
      ...model,
      graph: {
        ...graph,
        initializers: [
          ...graph.initializers.filter((tensor) => tensor !== old),
          makeTensor('tied', [width, height], 1, Buffer.from(turned.buffer)),
        ],
        nodes: graph.nodes.flatMap((node) =>
          node === head
            ? [
                makeNode('Cast', ['tied'], ['tied.half'], { to: 10 }),
                makeNode('Cast', ['tied.half'], ['tied.float'], { to: 1 }),
                makeNode('Transpose', ['tied.float'], ['tied.T'], { perm: [1, 0] }),
                { ...head, inputs: [head.inputs[0]!, 'tied.T'] },
              ]
            : [node],
        ),
      },
    };
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, 'model.onnx'),
      writeModel(tied, () => ''),
    );
    const both = await openBoth(folder);
    expect(both.isNarrow).toBe(true);
    await compare(both);
  });

  it('leaves large weights in their files, at any offset and behind links', async () => {
    const store = await temporaryFolder();
    const folder = await temporaryFolder();
    // All weights are external, the first one at an odd offset.
    const model = await readModel(join(modelFolders['hugging-face'], 'model.onnx'), Infinity);
    let at = 3;
    const parts: Buffer[] = [Buffer.alloc(at)];
    const initializers = model.graph.initializers.map((tensor) => {
      if (!Buffer.isBuffer(tensor.data) || tensor.data.length < 128) return tensor;
      const stored = { path: join(folder, 'model.onnx_data'), offset: at, length: tensor.data.length };
      parts.push(tensor.data, Buffer.alloc(1));
      at += tensor.data.length + 1;
      return { ...tensor, data: stored };
    });
    await writeFile(
      join(store, 'a1'),
      writeModel({ ...model, graph: { ...model.graph, initializers } }, () => 'model.onnx_data'),
    );
    await writeFile(join(store, 'b2'), Buffer.concat(parts));
    await symlink(join(store, 'a1'), join(folder, 'model.onnx'));
    await symlink(join(store, 'b2'), join(folder, 'model.onnx_data'));
    const sliced = await sliceFile(join(folder, 'model.onnx'), columns);
    if (typeof sliced === 'string') throw new Error(sliced);
    expect(sliced.columns?.kept).toEqual(columns);
    expect(sliced.bytes.length).toBeLessThan(40_000);
    const whole = openGraph(await runtime.createSession(join(modelFolders['hugging-face'], 'model.onnx'), 'cpu', 1));
    await compare({ whole, sliced: openGraph(await runtime.createSession(sliced, 'cpu', 1), sliced.columns) });
  });

  it('is reported as damaged, with the message of the runtime, if its file is cut off', async () => {
    const folder = await copyModel(modelFolders['hugging-face']);
    const path = join(folder, 'model.onnx');
    await writeFile(path, (await readFile(path)).subarray(0, 5000));
    const scorer = openScorer(folder);
    await expect(scorer.describe()).rejects.toThrow(
      /model\.onnx cannot be loaded: .*It is damaged or not an ONNX model: download or copy it again/,
    );
  });

  it('is left unchanged if its head is not known, and the reason is logged', async () => {
    const folder = await temporaryFolder();
    for (const file of ['tokenizer.json', 'tokenizer_config.json', 'prm.json'])
      await copyFile(join(modelFolders['hugging-face'], file), join(folder, file));
    const model = await readModel(join(modelFolders['hugging-face'], 'model.onnx'), Infinity);
    const nodes = model.graph.nodes.map((node) => (node.outputs[0] === 'logits' ? { ...node, outputs: ['before'] } : node));
    const softmax = makeNode('LogSoftmax', ['before'], ['logits'], { axis: -1 });
    await writeFile(
      join(folder, 'model.onnx'),
      writeModel({ ...model, graph: { ...model.graph, nodes: [...nodes, softmax] } }, () => ''),
    );
    const scorer = openScorer(folder);
    const { scores } = await scorer.score(chain(3));
    expect([...scores].every((score) => score > 0 && score < 1)).toBe(true);
    expect(scorer.log.join('\n')).toContain("'logits' comes from a node LogSoftmax, with which it is not known how tokens can be left out");
  });
});
