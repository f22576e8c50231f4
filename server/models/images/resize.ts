import { english } from '../../l10n.js';
import type { Fields } from '../fields.js';
import { type Normalization, writeChannelsFirst } from './channelsFirst.js';
import { type DecodedImage, decodeImage } from './decodeImage.js';
import type { CommonImageSettings, ImageKind } from './imageKinds.js';

/** Every image is resized to one fixed size, and its features take `tokens` tokens. */
export interface ResizeSettings extends CommonImageSettings, Normalization {
  readonly kind: 'resize';
  readonly width: number;
  readonly height: number;
  /** 1 = gray, 3 = red, green, blue. */
  readonly channels: 1 | 3;
  /** Image tokens per image. */
  readonly tokens: number;
}

export const resizeKind: ImageKind<ResizeSettings> = {
  read(fields: Fields) {
    const channels = fields.number('channels');
    if (channels !== 1 && channels !== 3) return fields.fail('channels', '1 (gray) or 3 (red, green, blue)');
    const settings: ResizeSettings = {
      kind: 'resize',
      width: fields.whole('width', [1, 16_384], 'pixels'),
      height: fields.whole('height', [1, 16_384], 'pixels'),
      channels,
      mean: fields.numbers('mean', channels),
      std: fields.numbers('std', channels),
      token: fields.text('token'),
      tokens: fields.whole('tokens', [1, 1_000_000], 'tokens'),
    };
    if (settings.std.some((value) => value <= 0)) fields.fail('std', english('numbers above 0'));
    return settings;
  },

  async prepare(file, settings) {
    const image = areaAverage(await decodeImage(file, settings.channels), settings.width, settings.height);
    return finish(image.data, settings);
  },

  sample: (settings) =>
    finish(
      Uint8Array.from({ length: settings.width * settings.height * settings.channels }, (_, i) => i % 251),
      settings,
    ),
};

function finish(data: Uint8Array, settings: ResizeSettings) {
  const { width, height, channels, token, tokens } = settings;
  const values = new Float32Array(data.length);
  writeChannelsFirst({ data, channels }, settings, values);
  return { values, shape: [1, channels, height, width] as const, text: token.repeat(tokens) };
}

/**
 * Resizes by the plain average of the area that a pixel covers, rounded to a byte. This is what shrinking by a whole
 * factor means, and none of sharp's kernels does it, because they also weigh pixels outside that area.
 */
export function areaAverage(image: DecodedImage, width: number, height: number): DecodedImage {
  const { channels, data } = image;
  const columns = shares(image.width, width);
  const rows = shares(image.height, height);
  const result = new Uint8Array(width * height * channels);
  const line = new Float64Array(image.width * channels);
  for (let y = 0; y < height; y++) {
    line.fill(0);
    for (const { index, weight } of rows[y]!) {
      const start = index * line.length;
      for (let i = 0; i < line.length; i++) line[i]! += data[start + i]! * weight;
    }
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const { index, weight } of columns[x]!) sum += line[index * channels + channel]! * weight;
        result[(y * width + x) * channels + channel] = Math.round((sum * width * height) / (image.width * image.height));
      }
    }
  }
  return { width, height, channels, data: result };
}

/** For every pixel of a line of `to`, the pixels of a line of `from` it covers and how much of each. */
function shares(from: number, to: number): { readonly index: number; readonly weight: number }[][] {
  return Array.from({ length: to }, (_, pixel) => {
    const [start, end] = [(pixel * from) / to, ((pixel + 1) * from) / to];
    const covered = [];
    for (let index = Math.floor(start); index < Math.min(end, from); index++)
      covered.push({ index, weight: Math.min(index + 1, end) - Math.max(index, start) });
    return covered;
  });
}
