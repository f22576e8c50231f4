import type { DecodedImage } from './decodeImage.js';

/**
 * Pillow's bicubic resize (`libImaging/Resample.c`): separable, a = -0.5, kernel widened when shrinking, rounded to a
 * byte after each pass. Rows are resized first, as in all Pillow versions before 12, with which the families' values
 * were computed. Pillow 13 starts with the columns when the height shrinks more, Pillow 12 only if it is also over
 * 100 times the width. No sharp kernel does this.
 */
export function resizeBicubic(image: DecodedImage, width: number, height: number): DecodedImage {
  const { channels } = image;
  const wide = width === image.width ? image.data : resizeRows(image, width);
  const data = height === image.height ? wide : resizeColumns(wide, width * channels, image.height, height);
  return { width, height, channels, data };
}

/** Pillow's weights are fixed-point numbers: whole multiples of 1 / `precision`. */
const precision = 2 ** (32 - 8 - 2);

function resizeRows({ data, width: from, height, channels }: DecodedImage, to: number): Uint8Array {
  const windows = windowsOf(from, to);
  const result = new Uint8ClampedArray(height * to * channels);
  let out = 0;
  for (let y = 0; y < height; y++) {
    const row = y * from * channels;
    for (const { first, weights } of windows) {
      const start = row + first * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = precision / 2;
        for (let i = 0, at = start + channel; i < weights.length; i++, at += channels) sum += data[at]! * weights[i]!;
        result[out++] = Math.floor(sum / precision);
      }
    }
  }
  return new Uint8Array(result.buffer);
}

/** @param line Bytes of a row. */
function resizeColumns(data: Uint8Array, line: number, from: number, to: number): Uint8Array {
  const result = new Uint8ClampedArray(to * line);
  const sums = new Float64Array(line);
  windowsOf(from, to).forEach(({ first, weights }, y) => {
    sums.fill(precision / 2);
    weights.forEach((weight, i) => {
      const row = (first + i) * line;
      for (let x = 0; x < line; x++) sums[x]! += data[row + x]! * weight;
    });
    for (let x = 0; x < line; x++) result[y * line + x] = Math.floor(sums[x]! / precision);
  });
  return new Uint8Array(result.buffer);
}

/** Per pixel of a resized line: its first source pixel and weights from there on, whose sum is about `precision`. */
function windowsOf(from: number, to: number): { readonly first: number; readonly weights: Int32Array }[] {
  const scale = from / to;
  const widening = Math.max(1, scale);
  const support = 2 * widening;
  return Array.from({ length: to }, (_, pixel) => {
    const center = (pixel + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const raw = Array.from({ length: end - first }, (_, i) => cubic((first + i - center + 0.5) / widening));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: Int32Array.from(raw, (weight) => roundAway((weight / sum) * precision)) };
  });
}

/** Keys' cubic with a = -0.5. */
function cubic(at: number): number {
  const x = Math.abs(at);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function roundAway(value: number): number {
  return Math.trunc(value + (value < 0 ? -0.5 : 0.5));
}
