import { english } from '../../l10n.js';
import { resizeBicubic } from './bicubic.js';
import { type DecodedImage, decodeAsPillow } from './decodeImage.js';
import { ImageError } from './imageFile.js';
import type { ImageKind } from './imageKinds.js';
import { channels, type RgbSettings, readRgbSettings } from './rgbSettings.js';

/**
 * The image input of Qwen2-VL and Qwen2.5-VL (`Qwen2VLImageProcessor` of transformers): an image keeps its shape, is
 * resized to whole blocks of patches within pixel limits, and is passed patch by patch. A block becomes one token.
 */
export interface PatchesSettings extends RgbSettings {
  readonly kind: 'patches';
  /** Side of a patch, in pixels. */
  readonly patch: number;
  /** Patches along a side of a block. */
  readonly merge: number;
  /** How often the image is repeated in each patch: the model reads video, and a still image is repeated frames. */
  readonly frames: number;
  /**
   * Fewest and most pixels of each resize. The last resize is the image processor's. Those before it follow
   * `fetch_image` of qwen-vl-utils, which authors call first.
   */
  readonly resizes: readonly PixelLimits[];
}

export type PixelLimits = readonly [fewest: number, most: number];

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** The values of this many pixels take 400 MB. */
const mostPixels = 2 ** 24;
/** Highest accepted ratio of the longer side to the shorter, as in the authors' code. */
const mostStretched = 200;

export const patchesKind: ImageKind<PatchesSettings> = {
  read(fields) {
    const settings: PatchesSettings = {
      kind: 'patches',
      patch: fields.whole('patch', [1, 1024], 'pixels'),
      merge: fields.whole('merge', [1, 64], 'patches'),
      frames: fields.whole('frames', [1, 16], 'frames'),
      resizes:
        readLimits(fields.take('resizes')) ??
        fields.fail('resizes', english('a list of pairs [fewest, most] of pixels, up to {0}', mostPixels)),
      ...readRgbSettings(fields),
    };
    const block = (settings.patch * settings.merge) ** 2;
    if (settings.resizes.some(([, most]) => most < block))
      fields.fail('resizes', english('pairs [fewest, most] with at least the {0} pixels of one block of patches', block));
    return settings;
  },

  async prepare(file, settings) {
    const image = await decodeAsPillow(file);
    const [short, long] = [Math.min(image.width, image.height), Math.max(image.width, image.height)];
    if (long / short > mostStretched)
      throw new ImageError(
        english(
          'The image {0} is {1} x {2} pixels, and the model accepts images at most {3} times as long as wide. Crop it.',
          file.name,
          image.width,
          image.height,
          mostStretched,
        ),
      );
    return finish(resizeToBlocks(image, settings), settings);
  },

  sample(settings) {
    const side = settings.patch * settings.merge;
    const { width, height } = sizesOf({ width: 3 * side, height: 2 * side }, settings).at(-1)!;
    return finish({ width, height, channels, data: Uint8Array.from({ length: width * height * channels }, (_, i) => i % 251) }, settings);
  },
};

function readLimits(value: unknown): PixelLimits[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > 4) return undefined;
  const limits = value as unknown[];
  const isPair = (pair: unknown): pair is PixelLimits =>
    Array.isArray(pair) && pair.length === 2 && pair.every(Number.isInteger) && 0 < pair[0] && pair[0] <= pair[1] && pair[1] <= mostPixels;
  return limits.every(isPair) ? limits : undefined;
}

/** The sizes that an image has after each resize. */
export function sizesOf(size: PixelSize, { patch, merge, resizes }: Pick<PatchesSettings, 'patch' | 'merge' | 'resizes'>): PixelSize[] {
  const sizes: PixelSize[] = [];
  resizes.forEach((limits, i) => {
    const least = i === resizes.length - 1 ? 0 : patch * merge;
    sizes.push(fitSize(sizes.at(-1) ?? size, patch * merge, limits, least));
  });
  return sizes;
}

/**
 * `smart_resize` of transformers (`least` = 0) and of qwen-vl-utils (`least` = `block`): the nearest whole numbers
 * of blocks, unless these have too few or too many pixels.
 */
function fitSize({ width, height }: PixelSize, block: number, [fewest, most]: PixelLimits, least: number): PixelSize {
  const near = (side: number) => Math.max(least, roundToEven(side / block) * block);
  const pixels = near(width) * near(height);
  if (pixels > most) {
    const scale = Math.sqrt((height * width) / most);
    const below = (side: number) => Math.max(block, Math.floor(side / scale / block) * block);
    return { width: below(width), height: below(height) };
  }
  if (pixels < fewest) {
    const scale = Math.sqrt(fewest / (height * width));
    const above = (side: number) => Math.ceil((side * scale) / block) * block;
    return { width: above(width), height: above(height) };
  }
  return { width: near(width), height: near(height) };
}

/** Python's `round` of a number that is not negative. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

export function resizeToBlocks(image: DecodedImage, settings: Pick<PatchesSettings, 'patch' | 'merge' | 'resizes'>): DecodedImage {
  return sizesOf(image, settings).reduce<DecodedImage>((resized, { width, height }) => resizeBicubic(resized, width, height), image);
}

/** Writes the patches block by block, and within a block row by row. */
function finish({ width, height, data }: DecodedImage, settings: PatchesSettings) {
  const { patch, merge, frames, mean, std, before, token, after } = settings;
  const [rows, columns] = [height / patch, width / patch];
  const area = patch * patch;
  const values = new Float32Array(rows * columns * channels * frames * area);
  const scales = mean.map((value, channel) => Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - value) / std[channel]!));
  let at = 0;
  const addPatch = (top: number, left: number) => {
    for (let channel = 0; channel < channels; channel++) {
      const [start, scale] = [at, scales[channel]!];
      for (let y = top; y < top + patch; y++)
        for (let x = left; x < left + patch; x++) values[at++] = scale[data[(y * width + x) * channels + channel]!]!;
      for (let frame = 1; frame < frames; frame++, at += area) values.copyWithin(at, start, start + area);
    }
  };
  const inBlock = Array.from({ length: merge }, (_, i) => i * patch);
  const side = patch * merge;
  for (let top = 0; top < height; top += side)
    for (let left = 0; left < width; left += side) for (const y of inBlock) for (const x of inBlock) addPatch(top + y, left + x);
  return {
    values,
    shape: [rows * columns, values.length / (rows * columns)] as const,
    text: before + token.repeat((rows * columns) / merge ** 2) + after,
    grids: [{ rows, columns, merge }],
  };
}
