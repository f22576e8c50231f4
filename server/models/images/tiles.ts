import { resizeBicubic } from './bicubic.js';
import { writeChannelsFirst } from './channelsFirst.js';
import { type DecodedImage, decodeAsPillow } from './decodeImage.js';
import type { ImageKind } from './imageKinds.js';
import { channels, type RgbSettings, readRgbSettings } from './rgbSettings.js';

/**
 * InternVL's image input (`dynamic_preprocess` and `load_image` of its model cards): a grid of square tiles whose shape
 * is nearest to the image's, and with `thumbnail` also the whole image if there is more than one tile.
 */
export interface TilesSettings extends RgbSettings {
  readonly kind: 'tiles';
  /** Side of a tile, in pixels. */
  readonly side: number;
  /** Maximum number of tiles per image, not counting the whole image. */
  readonly mostTiles: number;
  readonly thumbnail: boolean;
  /** Image tokens per tile. */
  readonly tokens: number;
}

export const tilesKind: ImageKind<TilesSettings> = {
  read(fields) {
    const settings: TilesSettings = {
      kind: 'tiles',
      side: fields.whole('side', [1, 16_384], 'pixels'),
      mostTiles: fields.whole('mostTiles', [1, 1024], 'tiles'),
      thumbnail: fields.flag('thumbnail'),
      tokens: fields.whole('tokens', [1, 1_000_000], 'tokens'),
      ...readRgbSettings(fields),
    };
    return settings;
  },

  async prepare(file, settings) {
    return finish(cutTiles(await decodeAsPillow(file), settings), settings);
  },

  sample: (settings) =>
    finish(
      [
        {
          width: settings.side,
          height: settings.side,
          channels,
          data: Uint8Array.from({ length: settings.side ** 2 * channels }, (_, i) => i % 251),
        },
      ],
      settings,
    ),
};

/** Chooses the grid. Of two equally near shapes, the larger one wins if the image has over half of its pixels. */
export function chooseGrid(
  width: number,
  height: number,
  { side, mostTiles }: Pick<TilesSettings, 'side' | 'mostTiles'>,
): { columns: number; rows: number } {
  const shapes = [];
  for (let columns = 1; columns <= mostTiles; columns++) {
    for (let rows = 1; columns * rows <= mostTiles; rows++) shapes.push({ columns, rows });
  }
  shapes.sort((a, b) => a.columns * a.rows - b.columns * b.rows);
  let best = { columns: 1, rows: 1 };
  let nearest = Infinity;
  for (const shape of shapes) {
    const distance = Math.abs(width / height - shape.columns / shape.rows);
    const isLarge = width * height > 0.5 * side * side * shape.columns * shape.rows;
    if (distance < nearest || (distance === nearest && isLarge)) [best, nearest] = [shape, distance];
  }
  return best;
}

/** The tiles row by row, then the whole image. */
export function cutTiles(image: DecodedImage, settings: Pick<TilesSettings, 'side' | 'mostTiles' | 'thumbnail'>): DecodedImage[] {
  const { side } = settings;
  const { columns, rows } = chooseGrid(image.width, image.height, settings);
  const whole = resizeBicubic(image, side * columns, side * rows);
  const tiles: DecodedImage[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) tiles.push(crop(whole, column * side, row * side, side));
  if (settings.thumbnail && tiles.length > 1) tiles.push(resizeBicubic(image, side, side));
  return tiles;
}

function crop(image: DecodedImage, left: number, top: number, side: number): DecodedImage {
  const line = side * image.channels;
  const data = new Uint8Array(line * side);
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * image.width + left) * image.channels;
    data.set(image.data.subarray(start, start + line), y * line);
  }
  return { width: side, height: side, channels: image.channels, data };
}

function finish(tiles: readonly DecodedImage[], settings: TilesSettings) {
  const { side, token, tokens, before, after } = settings;
  const size = channels * side * side;
  const values = new Float32Array(tiles.length * size);
  tiles.forEach((tile, i) => writeChannelsFirst(tile, settings, values, i * size));
  return { values, shape: [tiles.length, channels, side, side] as const, text: before + token.repeat(tokens * tiles.length) + after };
}
