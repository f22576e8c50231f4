import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mostTokens } from '../../server/inference/packedRun.js';
import { openModel } from '../../server/inference/providers.js';
import { loadRuntime, type RuntimeSession, type TensorValue } from '../../server/inference/runtime.js';
import { readModel } from '../../server/onnx/readModel.js';
import { float32, GraphWriter } from './onnxGraph.js';
import { interleaved, type Row } from './row.js';

const graphPath = resolve('media/models/mini/model.onnx');
/** Size of an attention head, as scripts/miniature/model.py has it. */
const headSize = 32;

/** Compares the bundled graph, as the scorer runs it, with its matrix products alone on the same thread and process. */
export async function measure(): Promise<Row[]> {
  const runtime = await loadRuntime();
  const folder = await mkdtemp(join(tmpdir(), 'steplens-bench-'));
  try {
    const products = await readProducts();
    const path = join(folder, 'products.onnx');
    writeProducts(path, products);
    const { graph } = await openModel(runtime, {
      graphPath,
      device: 'cpu',
      threads: 1,
      warmup: tokensOf(32),
      columns: Int32Array.of(0, 1),
    });
    const plain = await runtime.createSession(path, 'cpu', 1);
    const rows: Row[] = [];
    for (const tokens of [256, 512]) {
      const runs = Array.from({ length: Math.ceil(tokens / mostTokens) }, (_, i) => ({
        past: i * mostTokens,
        count: Math.min(mostTokens, tokens - i * mostTokens),
      }));
      const feeds = runs.map(({ past, count }) => feedsOf(plain, past, count));
      const ids = tokensOf(tokens);
      const actions = [
        async () => {
          const cache = graph.createCache();
          for (const { past, count } of runs) await graph.run(cache, ids.subarray(past, past + count), undefined, Int32Array.of(count - 1));
        },
        async () => {
          for (const one of feeds) await plain.run(one, ['done']);
        },
      ];
      for (const action of actions) await action();
      const [whole, alone] = await interleaved(15, actions);
      const work = runs.reduce((sum, { past, count }) => sum + flops(count, past + count, products), 0);
      rows.push({
        name: `a sequence of ${tokens} tokens through the bundled graph`,
        value: (1000 * tokens) / whole!,
        unit: 'tokens/s',
        ratio: { to: 'its plain MatMuls', value: alone! / whole! },
        note: `${(work / alone! / 1e6).toFixed(0)} GFLOP/s in the MatMuls, CPU, threads: 1`,
      });
    }
    await Promise.all([graph.release(), plain.release()]);
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tokensOf(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => 100 + ((i * 7919) % 900));
}

interface Products {
  /** Rows and columns of each weight matrix that all tokens use: not the head, which runs only for tokens read. */
  readonly weights: readonly (readonly [number, number])[];
  /** Number of attention layers, each with two products of all tokens with all tokens. */
  readonly attentions: number;
  readonly heads: number;
}

/** Reads the matrix products of the bundled graph from the graph itself. */
async function readProducts(): Promise<Products> {
  const { graph } = await readModel(graphPath, Infinity);
  const weights = new Map(graph.initializers.map(({ name, dims }) => [name, dims]));
  // A Cast is between half-precision weights and their product, a Transpose between the embedding and the head.
  for (const { opType, inputs, outputs } of graph.nodes) {
    const dims = weights.get(inputs[0]!);
    if (dims && opType === 'Cast') weights.set(outputs[0]!, dims);
    if (dims && opType === 'Transpose') weights.set(outputs[0]!, [...dims].reverse());
  }
  const products = graph.nodes.filter(({ opType }) => opType === 'MatMul').map(({ inputs }) => weights.get(inputs[1]!));
  const matrices = products.flatMap((dims) => (dims?.length === 2 ? [[dims[0]!, dims[1]!] as const] : []));
  const width = graph.inputs.find(({ name }) => name === 'past_key.0')?.shape?.[2];
  if (width === undefined || matrices.length === 0) throw new Error(`${graphPath} is not of StepLens's own form.`);
  return { weights: matrices.slice(0, -1), attentions: (products.length - matrices.length) / 2, heads: width / headSize };
}

/** Floating-point operations for `count` tokens that attend to `seen` tokens. */
function flops(count: number, seen: number, { weights, attentions, heads }: Products): number {
  return 2 * count * weights.reduce((sum, [rows, columns]) => sum + rows * columns, 0) + 4 * attentions * heads * headSize * count * seen;
}

function feedsOf({ inputs }: RuntimeSession, past: number, count: number): Record<string, TensorValue> {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const dims = shape.map((size) => (typeof size === 'number' ? size : name === 'keys' || name === 'values' ? past + count : count));
      return [name, { type: 'float32', data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5), dims }];
    }),
  );
}

/** Writes a graph of these products only. A run that requests only the output `done` copies no results. */
function writeProducts(path: string, { weights, attentions, heads }: Products): void {
  const graph = new GraphWriter(path);
  const any = undefined;
  const inputs = new Map<number, string>();
  weights.forEach(([rows, columns], i) => {
    const input = inputs.get(rows) ?? graph.input(`tokens_${rows}`, float32, [1, any, rows]);
    inputs.set(rows, input);
    graph.add(
      'MatMul',
      [input, graph.randomFloats(`weights_${i}`, rows, columns)],
      {},
      graph.output(`product_${i}`, float32, [1, any, columns]),
    );
  });
  const query = graph.input('query', float32, [1, heads, any, headSize]);
  const keys = graph.input('keys', float32, [1, heads, headSize, any]);
  const values = graph.input('values', float32, [1, heads, any, headSize]);
  for (let i = 0; i < attentions; i++) {
    const scores = graph.add('MatMul', [query, keys], {}, graph.output(`scores_${i}`, float32, [1, heads, any, any]));
    graph.add('MatMul', [scores, values], {}, graph.output(`attended_${i}`, float32, [1, heads, any, headSize]));
  }
  const small = graph.input('small', float32, [1, 1]);
  graph.add('Identity', [small], {}, graph.output('done', float32, [1, 1]));
  graph.close();
}
