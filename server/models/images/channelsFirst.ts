import type { DecodedImage } from './decodeImage.js';

/** Per channel, on the scale 0..1: a value is (pixel / 255 - mean) / std. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Writes the normalized values of pixels, row by row, one channel after the other, into `values` from `start` on. */
export function writeChannelsFirst(
  { data, channels }: Pick<DecodedImage, 'data' | 'channels'>,
  { mean, std }: Normalization,
  values: Float32Array,
  start = 0,
): void {
  for (let channel = 0, to = start; channel < channels; channel++)
    for (let at = channel; at < data.length; at += channels) values[to++] = (data[at]! / 255 - mean[channel]!) / std[channel]!;
}
