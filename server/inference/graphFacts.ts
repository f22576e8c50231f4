import { embeddingRows } from '../onnx/embeddingRows.js';
import { fuseDecoder } from '../onnx/fuseDecoder.js';
import type { OnnxModel } from '../onnx/model.js';
import { positionRows } from '../onnx/positionRows.js';
import { readModel } from '../onnx/readModel.js';
import { weightSize } from '../onnx/weightSize.js';
import { branchingModel } from './branching.js';
import { runtimeCause } from './failures.js';
import type { LoadRequest } from './protocol.js';
import type { Runtime } from './runtime.js';
import { type SlicedGraph, sliceGraph } from './slicedGraph.js';

/** What is known about a graph file; nothing if only the runtime can read it. */
export interface GraphFacts {
  /** With a tree mask if one was added. */
  readonly model: OnnxModel | undefined;
  /** The rewritten graph, or why the file is run as it is. */
  readonly file: SlicedGraph | string;
  /** The same graph with few large nodes in place of many small ones, for CUDA. */
  readonly fused?: { readonly model: OnnxModel; readonly file: SlicedGraph };
  /** As in `LoadResult`. */
  readonly cannotBranch?: string;
  readonly vocabulary: number | undefined;
  /** As in `LoadResult`. */
  readonly positions?: number;
  readonly isCoarse: boolean;
  /** The graph scales numbers by the rest of the run (DynamicQuantizeLinear). */
  readonly quantizesRuns: boolean;
  readonly bytesOnCpu: number;
}

/**
 * Reads a graph file without its weights.
 * @param fuses Whether the graph with large nodes is wanted.
 */
export async function readFacts(runtime: Runtime, request: LoadRequest, fuses: boolean): Promise<GraphFacts> {
  const embeddings = request.parts?.embeddingsPath;
  const [model, table] = await Promise.all([
    readModel(request.graphPath).catch((error: unknown) => error as Error),
    embeddings === undefined ? undefined : readModel(embeddings).catch(() => undefined),
  ]);
  if (model instanceof Error) {
    return { model: undefined, file: model.message, vocabulary: undefined, isCoarse: false, quantizesRuns: false, bytesOnCpu: 0 };
  }
  const { isCoarse, bytesOnCpu } = weightSize(model);
  const isHuggingFace = model.graph.inputs.some(({ name }) => name === 'past_key_values.0.key');
  const branching = isHuggingFace
    ? await branchingModel(runtime, request, model).catch((error: unknown) => runtimeCause(error))
    : undefined;
  const run = branching === undefined || typeof branching === 'string' ? model : branching;
  const file = await sliceGraph(request.graphPath, run, request.columns);
  const large = fuses ? fuseDecoder(run) : '';
  const positions = positionRows(model);
  const fused = typeof large === 'string' ? large : await sliceGraph(request.graphPath, large, request.columns);
  return {
    model: run,
    file,
    ...(typeof large !== 'string' && typeof fused !== 'string' && { fused: { model: large, file: fused } }),
    ...(typeof branching === 'string' && { cannotBranch: branching }),
    ...(positions !== undefined && { positions }),
    vocabulary: embeddings === undefined ? embeddingRows(model) : table && embeddingRows(table),
    isCoarse,
    quantizesRuns: model.graph.nodes.some(({ opType }) => opType === 'DynamicQuantizeLinear'),
    bytesOnCpu: bytesOnCpu + (table ? weightSize(table).bytesOnCpu : 0),
  };
}
