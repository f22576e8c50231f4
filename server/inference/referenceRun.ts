import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cutGraph } from '../onnx/cutGraph.js';
import { type OnnxModel, writeModel } from '../onnx/model.js';
import { fromFloat16 } from './graph/graph.js';
import type { LoadRequest, ProviderName } from './protocol.js';
import type { GraphBytes, Runtime, TensorValue } from './runtime.js';
import { locator } from './slicedGraph.js';

/** Relative to the largest value. Half precision causes errors of some 1e-3, a wrong kernel of 0.1 and more. */
const largestError = 0.02;

export interface BeginningResult {
  /** Why the device is rejected; undefined when it agrees. */
  readonly reason?: string;
  /** Duration on the device, and its ratio to the CPU's. */
  readonly ms: number;
  readonly times: number;
}

/** A graph, and the inputs with which the whole of it was run. */
export interface Fed {
  readonly model: OnnxModel;
  readonly feeds: Readonly<Record<string, TensorValue>>;
}

/**
 * Compares a device with the CPU in the first layers of a model that does not fit into the machine's memory as a whole.
 * The keys and values of the second layer depend on the embedding, one whole layer and the projections of the next,
 * which contain all kinds of nodes of the layers. Returns undefined when the graph has no such outputs.
 *
 * @param plain The graph that runs on the CPU.
 * @param own The graph that runs on the device; its nodes may differ.
 */
export async function compareBeginning(
  runtime: Runtime,
  { graphPath, threads }: LoadRequest,
  provider: ProviderName,
  plain: Fed,
  own: Fed,
): Promise<BeginningResult | undefined> {
  const names = plain.model.graph.outputs.map(({ name }) => name);
  const ofLayer = (layer: number) => names.filter((name) => name.startsWith('present') && name.match(/\d+/)?.[0] === String(layer));
  const outputs = ofLayer(1).length > 0 ? ofLayer(1) : ofLayer(0);
  if (outputs.length === 0) return undefined;
  const folder = dirname(await realpath(graphPath));
  const run = async (on: ProviderName, { model, feeds }: Fed) => {
    const beginning = cutGraph(model, outputs);
    const graph: GraphBytes = { bytes: writeModel(beginning, await locator(beginning, folder)), folder };
    const taken = Object.fromEntries(Object.entries(feeds).filter(([name]) => beginning.graph.inputs.some((input) => input.name === name)));
    const session = await runtime.createSession(graph, on, threads);
    try {
      // The first run compiles kernels.
      await session.run(taken, outputs);
      const start = performance.now();
      return { values: await session.run(taken, outputs), ms: performance.now() - start };
    } finally {
      await session.release();
    }
  };
  const [expected, found] = [await run('cpu', plain), await run(provider, own)];
  const speed = { ms: found.ms, times: found.ms / expected.ms };
  for (const name of outputs) {
    const [a, b] = [numbers(expected.values[name]!), numbers(found.values[name]!)];
    const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) / largest;
    if (!(error <= largestError))
      return { reason: `${name} of its first layers differs from the CPU's by ${(100 * error).toFixed(0)} %`, ...speed };
  }
  return speed;
}

function numbers({ type, data }: TensorValue): Float32Array {
  return type === 'float16' ? fromFloat16(data as unknown as Uint16Array) : (data as Float32Array);
}
