import { bytesPerFloat, toFloats } from './elements.js';
import type { Tensor } from './model.js';
import { openData } from './weights.js';

/** Bytes of weights that are read at a time. */
const pieceBytes = 16 << 20;
/** The int8 range is symmetric, so that zero stays zero without an offset. */
const largest = 127;

/** Whether a tensor is a matrix whose numbers can be read. */
export function isFloatMatrix({ dims, type, data }: Tensor): boolean {
  const size = bytesPerFloat[type];
  return dims.length === 2 && size !== undefined && data !== undefined && data.length === dims[0]! * dims[1]! * size && data.length > 0;
}

/**
 * Returns the scales of a matrix's columns, or of its rows if it is transposed in the product. The largest absolute
 * value is 127 times the scale. The matrix is read in pieces. Rejects when a value is not finite.
 */
export async function columnScales(matrix: Tensor, isTransposed: boolean, signal: AbortSignal): Promise<Float32Array> {
  const width = matrix.dims[1]!;
  const scales = new Float32Array(matrix.dims[isTransposed ? 0 : 1]!);
  for await (const { floats, first } of pieces(matrix, signal))
    growScales(floats, width, isTransposed ? scales.subarray(first) : scales, isTransposed);
  if (!scales.every((size) => Number.isFinite(size))) throw new RangeError(`its weights '${matrix.name}' hold values that are not numbers`);
  // A column of zeros needs any scale other than 0.
  return scales.map((size) => (size === 0 ? 1 : size / largest));
}

/** Yields the matrix divided by its scales, as int8, in pieces and in storage order. */
export async function* quantized(matrix: Tensor, isTransposed: boolean, scales: Float32Array, signal: AbortSignal): AsyncGenerator<Buffer> {
  const width = matrix.dims[1]!;
  const inverse = Float64Array.from(scales, (scale) => 1 / scale);
  for await (const { floats, first } of pieces(matrix, signal)) {
    const bytes = new Int8Array(floats.length);
    roundAll(floats, bytes, width, isTransposed ? inverse.subarray(first) : inverse, isTransposed);
    yield Buffer.from(bytes.buffer);
  }
}

/** Raises each scale to the largest absolute value in its row or column. */
function growScales(floats: Float32Array, width: number, scales: Float32Array, isByRow: boolean): void {
  for (let start = 0, row = 0; start < floats.length; start += width, row++) {
    for (let column = 0; column < width; column++) {
      const size = Math.abs(floats[start + column]!);
      const at = isByRow ? row : column;
      // Comparisons with NaN are false, so NaN is tested for, and once stored, it stays.
      if (size > scales[at]! || Number.isNaN(size)) scales[at] = size;
    }
  }
}

function roundAll(floats: Float32Array, into: Int8Array, width: number, inverse: Float64Array, isByRow: boolean): void {
  for (let start = 0, row = 0; start < floats.length; start += width, row++) {
    for (let column = 0; column < width; column++)
      into[start + column] = Math.round(floats[start + column]! * inverse[isByRow ? row : column]!);
  }
}

/** Yields pieces of whole rows of a matrix, each from row `first` on. */
async function* pieces(
  { dims, type, data }: Tensor,
  signal: AbortSignal,
): AsyncGenerator<{ readonly floats: Float32Array; readonly first: number }> {
  const [height, width] = dims as [number, number];
  const rowBytes = width * bytesPerFloat[type]!;
  const rows = Math.max(1, Math.floor(pieceBytes / rowBytes));
  const opened = await openData(data!);
  try {
    for (let first = 0; first < height; first += rows) {
      signal.throwIfAborted();
      yield { floats: toFloats(await opened.read(first * rowBytes, Math.min(height, first + rows) * rowBytes), type), first };
    }
  } finally {
    await opened.close();
  }
}
