/**
 * `npm run model:prepare`: makes `media/models/mini/model.cpu.onnx` from `model.onnx`, the same graph with half of the nodes. Opening a
 * session costs ONNX Runtime a tenth of a millisecond for each node, and the first mark of a file waits for it. Values that the exported
 * graph computes from shapes at every run become constants if runs of different shapes show that they are constant. Each rotary embedding
 * becomes one node. ONNX Runtime itself joins norms and products. The weights stay in `model.onnx`. Compares both graphs before it writes.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { bundledModel } from '../../server/bundled.js';
import { type PreparedFacts, preparedName, withFacts } from '../../server/inference/preparedGraph.js';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { cutGraph } from '../../server/onnx/cutGraph.js';
import { toFloats } from '../../server/onnx/elements.js';
import { embeddingRows } from '../../server/onnx/embeddingRows.js';
import {
  dataTypes,
  makeNode,
  makeTensor,
  type Node,
  type OnnxModel,
  readValueInfo,
  type Tensor as Weight,
  writeModel,
} from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { sliceHead } from '../../server/onnx/sliceHead.js';
import { weightSize } from '../../server/onnx/weightSize.js';
import { linkGraph } from '../../server/onnx/weights.js';
import { bytesField, varintField, writeMessage } from '../../server/onnx/wire.js';
import { itemAt, mustGet, mustHave } from '../../server/reasoning/present.js';
import { createRandom } from '../../server/reasoning/random.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import { createReader } from '../../server/scoring/readouts/readouts.js';

const microsoft = 'com.microsoft';
/** Rows, new tokens, tokens before them, figures of each run. No two sizes of a run are equal. */
const shapes = [
  [1, 5, 0, 0],
  [1, 9, 3, 0],
  [2, 71, 4, 2],
  [1, 67, 0, 1],
] as const;
/** Largest accepted difference, which comes from rounding in another order. */
const tolerance = 2e-4;

/** Operators whose output is data to be reshaped. Others compute shapes, ids and positions. */
const floats = new Set([
  'MatMul',
  'FusedMatMul',
  'Add',
  'Mul',
  'Concat',
  'Transpose',
  'Reshape',
  'SimplifiedLayerNormalization',
  'Conv',
  'Unsqueeze',
]);

type Feeds = Record<string, Tensor>;

function feedsFor(session: InferenceSession, [rows, count, past, figures]: (typeof shapes)[number], image: number, seed: string): Feeds {
  const random = createRandom(1, seed);
  const feeds: Feeds = {};
  const tensor = (dims: number[], next: () => number) =>
    new Tensor('float32', Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, next), dims);
  for (const { name, shape } of session.inputMetadata.filter((one) => one.isTensor)) {
    if (name === 'input_ids')
      feeds[name] = new Tensor(
        'int64',
        BigInt64Array.from({ length: rows * count }, (_, i) => BigInt(figures > 0 && i % count < 64 ? image : 40 + (i % 300))),
        [rows, count],
      );
    else if (name === 'position_ids')
      feeds[name] = new Tensor(
        'int64',
        BigInt64Array.from({ length: rows * count }, (_, i) => BigInt(past + (i % count))),
        [rows, count],
      );
    else if (name === 'attention_bias') feeds[name] = causal(rows, count, past);
    else if (name === 'pixel_values') feeds[name] = tensor([figures, ...(shape.slice(1) as number[])], random);
    else if (name === 'score_positions') feeds[name] = new Tensor('int64', BigInt64Array.of(1n, BigInt(count - 1)), [2]);
    else feeds[name] = tensor([rows, past, shape[2] as number], () => random() - 0.5);
  }
  return feeds;
}

function causal(rows: number, count: number, past: number): Tensor {
  const width = past + count;
  const data = Float32Array.from({ length: rows * count * width }, (_, i) =>
    i % width > past + (Math.floor(i / width) % count) ? -1e9 : 0,
  );
  return new Tensor('float32', data, [rows, 1, count, width]);
}

/** A value's declaration without its shape: ValueInfoProto.type.tensor_type.elem_type. */
const withoutShape = (name: string, type: number) =>
  readValueInfo(writeMessage([bytesField(1, name), bytesField(2, bytesField(1, varintField(1, type).raw).raw)]));

const integers = (name: string, values: readonly number[]): Weight =>
  makeTensor(name, [values.length], dataTypes.int64, Buffer.from(BigInt64Array.from(values, BigInt).buffer));

/** The graph with constants in place of values computed from shapes, if runs of different shapes agree on them. */
async function withConstantShapes(model: OnnxModel, image: number): Promise<OnnxModel> {
  const { graph } = model;
  const links = linkGraph(graph);
  const isComputed = (name: string | undefined): name is string => name !== undefined && name !== '' && links.producers.has(name);
  const isFloat = (name: string | undefined) => isComputed(name) && floats.has(mustGet(links.producers, name).opType);
  const places = new Map<string, { readonly node: Node; readonly at: number }[]>();
  for (const node of graph.nodes) {
    const from = { Reshape: 1, Slice: 1, Expand: 1 }[node.opType];
    if (from === undefined) continue;
    node.inputs.forEach((name, at) => {
      if (at >= from && isComputed(name)) places.set(name, [...(places.get(name) ?? []), { node, at }]);
    });
  }
  const data = [...places.values()]
    .flat()
    .flatMap(({ node: { opType, inputs } }) => (opType === 'Reshape' && isFloat(inputs[0]) ? [itemAt(inputs, 0)] : []));
  const own = new Set(graph.outputs.map(({ name }) => name));
  const watched = [...new Set([...places.keys(), ...data])].filter((name) => !own.has(name));
  const outputs = watched.map((name) => withoutShape(name, places.has(name) ? dataTypes.int64 : dataTypes.float32));
  const session = await open({ ...model, graph: { ...graph, outputs: [...graph.outputs, ...outputs] } }, 'disabled');
  const runs: Awaited<ReturnType<InferenceSession['run']>>[] = [];
  for (const shape of shapes) runs.push(await session.run(feedsFor(session, shape, image, 'shapes')));
  const dimsOf = (name: string, run: number) => tensorOf(itemAt(runs, run), name).dims;
  const inputs = new Map<Node, string[]>();
  const constants = new Map<string, Weight>();
  for (const [name, takers] of places) {
    const seen = runs.map((run) => [...(tensorOf(run, name).data as BigInt64Array)].map(Number));
    const isSame = seen.every((values) => values.join() === itemAt(seen, 0).join());
    for (const { node, at } of takers) {
      const from = itemAt(node.inputs, 0);
      const values =
        isSame || node.opType !== 'Reshape' || !(from in itemAt(runs, 0))
          ? isSame
            ? seen[0]
            : undefined
          : pattern(
              seen,
              shapes.map((_, run) => dimsOf(from, run)),
            );
      if (!values) continue;
      const id = `constant.${values.join('_')}`;
      constants.set(id, integers(id, values));
      const list = inputs.get(node) ?? [...node.inputs];
      list[at] = id;
      inputs.set(node, list);
    }
  }
  await session.release();
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: inputs.get(node) ?? node.inputs }));
  return cutGraph({ ...model, graph: { ...graph, nodes, initializers: [...graph.initializers, ...constants.values()] } }, [...own]);
}

/** A shape for `Reshape`: 0 = the input's size at that place, -1 = the size that is left over. */
function pattern(seen: readonly number[][], dims: readonly (readonly number[])[]): number[] | undefined {
  let free = 0;
  const values = itemAt(seen, 0).map((first, i) => {
    if (seen.every((one) => one[i] === first)) return first;
    if (seen.every((one, run) => one[i] === itemAt(dims, run)[i])) return 0;
    free++;
    return -1;
  });
  return free <= 1 && seen.every((one) => one.length === values.length) ? values : undefined;
}

/** `x * cos + concat(-x2, x1) * sin` of x [B, S, heads, size], whose cos and sin are rows of tables by position, as one node of x [B, S, heads * size]. */
function withRotaryNodes(model: OnnxModel): OnnxModel {
  const { graph } = model;
  const links = linkGraph(graph);
  const made = new Map<Node, Node[]>();
  const tables = new Map<string, Weight>();
  const by = (name: string | undefined, opType: string) => {
    const node = name === undefined ? undefined : links.producers.get(name);
    return node?.opType === opType ? node : undefined;
  };
  const table = (name: string) => {
    const rows = by(by(name, 'Unsqueeze')?.inputs[0], 'Gather');
    return rows?.inputs[1] === 'position_ids' ? links.initializers.get(itemAt(rows.inputs, 0)) : undefined;
  };
  for (const node of graph.nodes) {
    const [straight, turned] = node.opType === 'Add' ? node.inputs.map((name) => by(name, 'Mul')) : [];
    const halves = turned && by(turned.inputs[0], 'Concat');
    const x = straight?.inputs[0];
    const from = by(x, 'Reshape');
    const [cos, sin] = [table(straight?.inputs[1] ?? ''), table(turned?.inputs[1] ?? '')];
    const shape = from && graph.initializers.find(({ name }) => name === from.inputs[1]);
    if (
      !halves ||
      by(by(halves.inputs[0], 'Neg')?.inputs[0], 'Slice')?.inputs[0] !== x ||
      !from ||
      !cos ||
      !sin ||
      !Buffer.isBuffer(shape?.data)
    )
      continue;
    const sizes = shape.data;
    const [heads, size] = [Number(sizes.readBigInt64LE(16)), Number(sizes.readBigInt64LE(24))];
    const caches = [cos, sin].map((one) => half(one, size, tables));
    const joined = `${itemAt(node.outputs, 0)}.joined`;
    made.set(node, [
      makeNode('RotaryEmbedding', [itemAt(from.inputs, 0), 'position_ids', ...caches], [joined], { num_heads: heads }, microsoft),
      makeNode('Reshape', [joined, itemAt(from.inputs, 1)], [itemAt(node.outputs, 0)]),
    ]);
  }
  const nodes = graph.nodes.flatMap((node) => made.get(node) ?? [node]);
  return cutGraph(
    { ...model, graph: { ...graph, nodes, initializers: [...graph.initializers, ...tables.values()] } },
    graph.outputs.map(({ name }) => name),
  );
}

/** The first half of a table's columns, which the second half repeats. */
function half({ name, dims, data, type }: Weight, size: number, tables: Map<string, Weight>): string {
  const id = `${name}.half`;
  if (tables.has(id)) return id;
  if (!Buffer.isBuffer(data) || type !== dataTypes.float32) throw new Error(`${name} is not a table in the graph.`);
  const all = toFloats(data, type);
  const rows = itemAt(dims, 0);
  const values = Float32Array.from({ length: (rows * size) / 2 }, (_, i) =>
    itemAt(all, Math.floor(i / (size / 2)) * size + (i % (size / 2))),
  );
  tables.set(id, makeTensor(id, [rows, size / 2], type, Buffer.from(values.buffer)));
  return id;
}

/** Writes the graph without shapes of inner values: changed nodes may contradict them, and the runtime infers them. */
function bytesOf(model: OnnxModel): Buffer {
  return writeModel({ ...model, graph: { ...model.graph, values: [] } }, () => 'model.onnx');
}

function open(
  model: OnnxModel | Buffer,
  graphOptimizationLevel: 'all' | 'extended' | 'disabled',
  more: object = {},
): Promise<InferenceSession> {
  return InferenceSession.create(Buffer.isBuffer(model) ? model : bytesOf(model), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    graphOptimizationLevel,
    logSeverityLevel: 3,
    ...more,
    extra: {
      session: { set_denormal_as_zero: '1', model_external_initializers_file_folder_path: bundledModel },
      // Weights in half precision must stay where they are, in the model's own file.
      ...(graphOptimizationLevel === 'extended' && { optimization: { disable_specified_optimizers: 'ConstantFolding' } }),
    },
  });
}

function tensorOf(values: Awaited<ReturnType<InferenceSession['run']>>, name: string): Tensor {
  return mustHave(values[name], `value of ${name}`);
}

/** Largest difference between two graphs over all outputs. */
async function differences(a: InferenceSession, b: InferenceSession, image: number): Promise<number> {
  let largest = 0;
  for (const [i, shape] of shapes.entries()) {
    const feeds = feedsFor(a, shape, image, `compare ${i}`);
    const [expected, found] = [await a.run(feeds), await b.run(feeds)];
    for (const name of a.outputNames) {
      const [x, y] = [tensorOf(expected, name), tensorOf(found, name)];
      if (x.dims.join() !== y.dims.join()) throw new Error(`${name} is [${y.dims.join()}], not [${x.dims.join()}].`);
      (x.data as Float32Array).forEach((value, at) => (largest = Math.max(largest, Math.abs(value - itemAt(y.data as Float32Array, at)))));
    }
  }
  return largest;
}

const path = join(bundledModel, 'model.onnx');
const { profile, tokenizerPath } = await loadProfile(bundledModel);
const { token } = mustHave(profile.images, 'images in the profile of the bundled model');
const tokenizer = await loadTokenizer(tokenizerPath, token);
const { columns } = createReader(profile.readout, tokenizer);
const image = tokenizer.tokenId(token, 'image token');
const whole = await readModel(path);
const sliced = await sliceHead(whole, columns);
if (typeof sliced === 'string') throw new Error(`The head is not recognized: ${sliced}`);
if (!sliced.columns) throw new Error('The head cannot be narrowed.');
const joined = join(tmpdir(), `steplens-prepared-${process.pid}.onnx`);
await (await open(sliced.model, 'extended', { optimizedModelFilePath: joined })).release();
const reread = await readModel(joined);
await rm(joined);
const small = withRotaryNodes(await withConstantShapes(reread, image));
const facts: PreparedFacts = {
  source: createHash('sha256')
    .update(await readFile(path))
    .digest('hex'),
  runtime: mustHave(env.versions.node, 'version of ONNX Runtime'),
  columns: [...columns],
  width: sliced.columns.width,
  vocabulary: mustHave(embeddingRows(whole), 'table of embeddings'),
  bytesOnCpu: weightSize(whole).bytesOnCpu,
};
const bytes = bytesOf({ ...small, fields: withFacts(small.fields, facts) });
const difference = await differences(await open(sliced.model, 'all'), await open(bytes, 'all'), image);
if (!(difference < tolerance)) throw new Error(`The prepared graph differs from the model by ${difference}.`);
await writeFile(join(bundledModel, preparedName), bytes);
console.log(
  `${preparedName}: ${small.graph.nodes.length} nodes of ${whole.graph.nodes.length}, ${(bytes.length / 1000).toFixed(0)} kB, within ${difference.toExponential(1)} of the model.`,
);
