/**
 * Cost of passes of a model's graph as CUDA runs it, with small nodes and with large ones, without the rest of StepLens: `node passes.js MODEL_FOLDER
 * DEVICE` prints a JSON line with the time by kind of node and the device of each kind. Part of the bundle for a GPU machine; see check.py.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import type { RuntimeSession } from '../../server/inference/runtime.js';
import { locator } from '../../server/inference/slicedGraph.js';
import { fuseDecoder } from '../../server/onnx/fuseDecoder.js';
import { type OnnxModel, writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { sliceHead } from '../../server/onnx/sliceHead.js';
import { toTokenMajor } from '../../server/onnx/tokenMajor.js';
import { itemAt } from '../../server/reasoning/present.js';

const [folder, device] = process.argv.slice(2) as [string, string];
const scratch = mkdtempSync(join(tmpdir(), 'passes-'));
const plain = toTokenMajor(await readModel(join(folder, 'model.onnx')));
if (typeof plain === 'string') throw new Error(plain);
const fused = fuseDecoder(plain.model);
if (typeof fused === 'string') throw new Error(fused);

async function open(model: OnnxModel, name: string, profiles: boolean) {
  const sliced = await sliceHead(model, new Int32Array(0));
  if (typeof sliced === 'string') throw new Error(sliced);
  const session = await ort.InferenceSession.create(writeModel(sliced.model, await locator(sliced.model, folder)), {
    executionProviders: [device],
    logSeverityLevel: 3,
    ...(profiles && { enableProfiling: true, profileFilePrefix: join(scratch, name) }),
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  });
  const wrapped: RuntimeSession = {
    inputs: session.inputMetadata.map((value) => ({
      name: value.name,
      type: value.isTensor ? value.type : '',
      shape: value.isTensor ? value.shape : [],
    })),
    outputs: session.outputMetadata.map((value) => ({
      name: value.name,
      type: value.isTensor ? value.type : '',
      shape: value.isTensor ? value.shape : [],
    })),
    run: async (feeds, fetches) =>
      session.run(
        Object.fromEntries(
          Object.entries(feeds).map(([key, { type, data, dims }]) => [key, new ort.Tensor(type as ort.Tensor.Type, data, dims)]),
        ),
        fetches,
      ),
    release: () => session.release(),
  };
  return { graph: openGraph(wrapped), session };
}

const tree = (length: number) => ({
  ids: Int32Array.from({ length }, (_, i) => (i * 37 + 11) % 500),
  parents: Int32Array.from({ length }, (_, i) => (i === 0 ? ~0 : i - 1)),
});

function scored(graph: ReturnType<typeof openGraph>, length: number): Promise<unknown> {
  if (!graph.scoreTree) throw new Error('The graph does not score trees.');
  return graph.scoreTree(tree(length), Int32Array.of(length - 1));
}

const result: Record<string, unknown> = {};
for (const [name, model] of [
  ['fused', fused],
  ['plain', plain.model],
] as const) {
  const started = performance.now();
  const { graph } = await open(model, name, false);
  const own: Record<string, number | string> = { loadMs: Math.round(performance.now() - started) };
  for (const length of name === 'fused' ? [64, 512, 1024, 2048, 4096] : [512, 2048]) {
    try {
      const spent: number[] = [];
      for (let i = 0; i < 5; i++) {
        const from = performance.now();
        await scored(graph, length);
        spent.push(performance.now() - from);
      }
      const sorted = spent.slice(1).sort((a, b) => a - b);
      own[length] = Number(itemAt(sorted, 2).toFixed(2));
    } catch (error) {
      own[length] = (error as Error).message.slice(0, 300);
    }
  }
  await graph.release();
  const profiled = await open(model, name, true);
  for (let i = 0; i < 3; i++) await scored(profiled.graph, 2048);
  profiled.session.endProfiling();
  await profiled.graph.release();
  const kinds = new Map<string, { ms: number; count: number }>();
  for (const file of readdirSync(scratch).filter((one) => one.startsWith(name)))
    for (const { cat, name: what, dur, args } of JSON.parse(readFileSync(join(scratch, file), 'utf8')) as {
      cat: string;
      name: string;
      dur: number;
      args: { op_name: string; provider?: string };
    }[]) {
      if (cat !== 'Node' || !what.endsWith('_kernel_time')) continue;
      const key = `${args.op_name} ${args.provider?.replace('ExecutionProvider', '')}`;
      const kind = kinds.get(key) ?? { ms: 0, count: 0 };
      kinds.set(key, { ms: Number((kind.ms + dur / 3000).toFixed(3)), count: Number((kind.count + 1 / 3).toFixed(2)) });
    }
  result[name] = { ms: own, kinds: Object.fromEntries([...kinds].sort(([, a], [, b]) => b.ms - a.ms).slice(0, 24)) };
}
process.stdout.write(`${JSON.stringify(result)}\n`);
