import { dataTypes } from './model.js';

/** Bytes of one element, for the types that weights have. */
export const bytesPerFloat: Readonly<Record<number, number>> = { [dataTypes.float32]: 4, [dataTypes.float16]: 2, [dataTypes.bfloat16]: 2 };

/** Converts elements to float32. `bytes` may begin at any address. `type` must be in `bytesPerFloat`. */
export function toFloats(bytes: Buffer, type: number): Float32Array {
  // Copied, because typed arrays can only begin at multiples of their element size.
  const { buffer } = new Uint8Array(bytes);
  if (type === dataTypes.float32) return new Float32Array(buffer);
  const halves = new Uint16Array(buffer);
  const floats = new Float32Array(halves.length);
  if (type === dataTypes.bfloat16) {
    const bits = new Uint32Array(floats.buffer);
    for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  } else {
    const table = (halfTable ??= makeHalfTable());
    for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]!]!;
  }
  return floats;
}

let halfTable: Float32Array | undefined;

/** The value of each of the 65,536 half-precision numbers (IEEE 754 binary16). */
function makeHalfTable(): Float32Array {
  return Float32Array.from({ length: 1 << 16 }, (_, bits) => {
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    const size =
      exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return bits & 0x8000 ? -size : size;
  });
}
