import { english } from '../../l10n.js';
import { resizeBicubic } from './bicubic.js';
import { writeChannelsFirst } from './channelsFirst.js';
import { type DecodedImage, decodeAsPillow } from './decodeImage.js';
import type { ImageKind } from './imageKinds.js';
import { channels, type RgbSettings, readRgbSettings } from './rgbSettings.js';

/** DeepSeek-VL's and URSA's image input (`VLMImageProcessor`): the longer side is resized to `side`, and the shorter one padded. */
export interface PadSettings extends RgbSettings {
  readonly kind: 'pad';
  /** Side of the square, in pixels. */
  readonly side: number;
  /** Minimum length of the shorter side before it is padded, in pixels. */
  readonly least: number;
  /** Color of the padding: red, green, blue, from 0 to 255. */
  readonly background: readonly number[];
  /** Image tokens per image. */
  readonly tokens: number;
}

export const padKind: ImageKind<PadSettings> = {
  read(fields) {
    const settings: PadSettings = {
      kind: 'pad',
      side: fields.whole('side', [1, 16_384], 'pixels'),
      least: fields.whole('least', [1, 16_384], 'pixels'),
      background: fields.numbers('background', channels),
      tokens: fields.whole('tokens', [1, 1_000_000], 'tokens'),
      ...readRgbSettings(fields),
    };
    if (settings.background.some((value) => !Number.isInteger(value) || value < 0 || value > 255))
      fields.fail('background', english('a list of {0} whole numbers from 0 to {1}', channels, 255));
    return settings;
  },

  async prepare(file, settings) {
    return finish(padToSquare(await decodeAsPillow(file), settings), settings);
  },

  sample: (settings) =>
    finish(
      Uint8Array.from({ length: settings.side ** 2 * channels }, (_, i) => i % 251),
      settings,
    ),
};

/** Pixels of the square, row by row. */
export function padToSquare(
  image: DecodedImage,
  { side, least, background }: Pick<PadSettings, 'side' | 'least' | 'background'>,
): Uint8Array {
  const longest = Math.max(image.width, image.height);
  const fit = (length: number) => Math.max(Math.trunc((length / longest) * side), least);
  const { width, height, data } = resizeBicubic(image, fit(image.width), fit(image.height));
  const [left, top] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)];
  const square = new Uint8Array(side * side * channels);
  for (let at = 0; at < square.length; at += channels) square.set(background, at);
  for (let y = 0; y < height; y++)
    square.set(data.subarray(y * width * channels, (y + 1) * width * channels), ((top + y) * side + left) * channels);
  return square;
}

function finish(data: Uint8Array, settings: PadSettings) {
  const { side, token, tokens, before, after } = settings;
  const values = new Float32Array(data.length);
  writeChannelsFirst({ data, channels }, settings, values);
  return { values, shape: [1, channels, side, side] as const, text: before + token.repeat(tokens) + after };
}
