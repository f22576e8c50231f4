import { ModelError } from '../models/modelError.js';
import type { ValueInfo } from '../onnx/model.js';
import { OnnxFileError, readModel } from '../onnx/readModel.js';

/** An input or output of a graph, as its file declares it. */
export interface DeclaredTensor {
  readonly name: string;
  /** Sizes of the axes; undefined = the size varies. */
  readonly dims: readonly (number | undefined)[];
}

export interface DeclaredTensors {
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
}

/**
 * Reads the inputs and outputs of an ONNX file without loading it: weights are skipped, so that gigabytes cost nothing.
 * Rejects with ModelError when the file is not an ONNX model.
 */
export async function readGraphTensors(path: string): Promise<DeclaredTensors> {
  try {
    const { graph } = await readModel(path);
    const declared = ({ name, shape = [] }: ValueInfo): DeclaredTensor => ({ name, dims: shape });
    return { inputs: graph.inputs.map(declared), outputs: graph.outputs.map(declared) };
  } catch (error) {
    if (error instanceof OnnxFileError) throw new ModelError(error.message);
    throw error;
  }
}
