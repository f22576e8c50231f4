import { realpath } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { type OnnxModel, writeModel } from '../onnx/model.js';
import { type SlicedColumns, sliceHead } from '../onnx/sliceHead.js';
import type { GraphBytes } from './runtime.js';

/** A graph that returns only the scores of the wanted tokens. */
export interface SlicedGraph extends GraphBytes {
  /** The columns that it returns; undefined = all of them. */
  readonly columns?: SlicedColumns;
}

/**
 * Rewrites a graph file in memory and leaves its large weights where they are. If the file has to be run as it is,
 * returns the reason as a text; a file that cannot be read at all is reported by the runtime.
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

/**
 * Returns a function that gives the real path of a weight file, relative to `folder`. Downloads are often links into a
 * store, and the runtime follows no link out of a folder.
 */
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
