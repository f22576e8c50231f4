import { dataTypes, type OnnxModel } from './model.js';

export interface WeightSize {
  /** Bytes of the weights in their file. */
  readonly bytes: number;
  /** Bytes of the weights after ONNX Runtime's CPU provider has widened half precision to single. */
  readonly bytesOnCpu: number;
  /** Most of the weights have 16 bits or fewer, so that devices may round differently. */
  readonly isCoarse: boolean;
}

/** Returns the size of a model's weights. Weights in typed fields are small and not counted. */
export function weightSize({ graph }: OnnxModel): WeightSize {
  let [bytes, half, single] = [0, 0, 0];
  for (const { type, data } of graph.initializers) {
    const length = data?.length ?? 0;
    bytes += length;
    if (type === dataTypes.float16 || type === dataTypes.bfloat16) half += length;
    else if (type === dataTypes.float32) single += length;
  }
  return { bytes, bytesOnCpu: bytes + half, isCoarse: bytes > 0 && single < bytes / 2 };
}
