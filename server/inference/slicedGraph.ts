import { realpath } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { type OnnxModel, writeModel } from '../onnx/model.js';
import { type SlicedColumns, sliceHead } from '../onnx/sliceHead.js';
import type { GraphBytes } from './runtime.js';

/** A graph that gives the scores of wanted tokens alone. */
export interface SlicedGraph extends GraphBytes {
  /** The columns it gives; undefined = all of them. */
  readonly columns?: SlicedColumns;
}

/**
 * Rewrites a graph file in memory, its large weights left where they are. A text is the reason why it has to be run as it
 * is: one that cannot be read at all is for the runtime to report.
 */
export async function sliceGraph(path: string, model: OnnxModel, columns: Int32Array): Promise<SlicedGraph | string> {
  try {
    const sliced = await sliceHead(model, columns);
    if (typeof sliced === 'string') return sliced;
    const folder = dirname(await realpath(path));
    return {
      bytes: writeModel(sliced.model, await locator(sliced.model, folder)),
      folder,
      ...(sliced.columns && { columns: sliced.columns }),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Weights are named by where they really are: downloads are often links into a store, and the runtime follows none out of a folder. */
export async function locator({ graph }: OnnxModel, folder: string): Promise<(path: string) => string> {
  const real = new Map<string, string>();
  for (const { data } of graph.initializers) {
    if (data === undefined || Buffer.isBuffer(data) || real.has(data.path)) continue;
    real.set(
      data.path,
      relative(folder, await realpath(data.path))
        .split(sep)
        .join('/'),
    );
  }
  return (path) => real.get(path)!;
}
