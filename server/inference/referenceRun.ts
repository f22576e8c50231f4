import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cutGraph } from '../onnx/cutGraph.js';
import { type OnnxModel, writeModel } from '../onnx/model.js';
import { fromFloat16 } from './graph/graph.js';
import type { LoadRequest, ProviderName } from './protocol.js';
import type { GraphBytes, Runtime, TensorValue } from './runtime.js';
import { locator } from './slicedGraph.js';

/** Of the largest value; half precision gives some 1e-3, a wrong kernel gives 0.1 and more. */
const largestError = 0.02;

export interface BeginningResult {
  /** Why the device is not believed; undefined when it agrees. */
  readonly reason?: string;
  /** How long it took, and how many times as long as the CPU. */
  readonly ms: number;
  readonly times: number;
}

/** A graph and what the whole of it was fed. */
export interface Fed {
  readonly model: OnnxModel;
  readonly feeds: Readonly<Record<string, TensorValue>>;
}

/**
 * Compares a device with the CPU on the beginning of a model, where the whole does not fit into the machine's memory: the keys and values of
 * the second layer depend on the embedding, one whole layer and the projections of the next, which are the kinds of nodes that all layers
 * are made of. undefined when the graph has no such outputs.
 *
 * @param plain What runs on the CPU.
 * @param own What runs on the device, whose nodes may be others.
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
