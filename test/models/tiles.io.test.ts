import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resizeBicubic } from '../../server/models/images/bicubic.js';
import { decodeImage } from '../../server/models/images/decodeImage.js';
import { prepareImages, sampleImage } from '../../server/models/images/imageKinds.js';
import { chooseGrid, cutTiles, type TilesSettings } from '../../server/models/images/tiles.js';
import { internvlImages } from '../../server/scoring/families/internvl.js';

const folder = fileURLToPath(new URL('../fixtures/tiles', import.meta.url));
const settings = internvlImages(6) as TilesSettings;

interface Expected {
  readonly stride: number;
  readonly images: readonly {
    readonly file: string;
    readonly most: number;
    readonly columns: number;
    readonly rows: number;
    readonly tiles: readonly string[];
  }[];
}

/** Results of Pillow and torchvision for the same files: every `stride`th pixel of every tile. */
const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as Expected;

describe('the preparation of image tiles', () => {
  it.each(expected.images)('cuts and resizes $file byte for byte as Pillow does', async ({ file, most, columns, rows, tiles }) => {
    const image = await decodeImage({ name: file, bytes: await readFile(join(folder, file)) }, 3);
    expect(chooseGrid(image.width, image.height, { side: 448, mostTiles: most })).toEqual({ columns, rows });
    const own = cutTiles(image, { ...settings, mostTiles: most });
    expect(own).toHaveLength(tiles.length);
    let largest = 0;
    own.forEach(({ data, width, height }, tile) => {
      const pixels = Buffer.from(tiles[tile]!, 'base64');
      let at = 0;
      for (let y = 0; y < height; y += expected.stride) {
        for (let x = 0; x < width; x += expected.stride) {
          for (let channel = 0; channel < 3; channel++)
            largest = Math.max(largest, Math.abs(data[(y * width + x) * 3 + channel]! - pixels[at++]!));
        }
      }
      expect(at).toBe(pixels.length);
    });
    expect(largest).toBe(0);
  });

  it('chooses the larger of two equally near grids only for an image that fills it', () => {
    expect(chooseGrid(200, 100, settings)).toEqual({ columns: 2, rows: 1 });
    expect(chooseGrid(2000, 1000, { side: 448, mostTiles: 12 })).toEqual({ columns: 4, rows: 2 });
    expect(chooseGrid(5000, 10, settings)).toEqual({ columns: 6, rows: 1 });
  });

  it('shrinks without gaps, so that a pattern of single pixels becomes its average', () => {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => ((Math.floor(i / 3) + Math.floor(i / 192)) % 2) * 255);
    const { data: small } = resizeBicubic({ width: 64, height: 64, channels: 3, data }, 8, 8);
    for (const value of small) expect(Math.abs(value - 127.5)).toBeLessThan(3);
  });

  it('normalizes each channel of each tile, and gives 256 image tokens per tile', async () => {
    const file = { name: '480x640.png', bytes: await readFile(join(folder, '480x640.png')) };
    const few = { ...settings, mostTiles: 2 };
    const [prepared, image] = [await prepareImages([file, file], few), await decodeImage(file, 3)];
    expect(prepared!.shape).toEqual([6, 3, 448, 448]);
    expect(prepared!.text).toBe(`<img>${'<IMG_CONTEXT>'.repeat(3 * 256)}</img>\n`.repeat(2));
    const last = cutTiles(image, few)[2]!;
    const area = 448 * 448;
    for (const [channel, at] of [
      [0, 0],
      [1, 1000],
      [2, area - 1],
    ] as const) {
      expect(prepared!.values[(5 * 3 + channel) * area + at]).toBeCloseTo(
        (last.data[at * 3 + channel]! / 255 - settings.mean[channel]!) / settings.std[channel]!,
        5,
      );
    }
    expect(sampleImage(settings).shape).toEqual([1, 3, 448, 448]);
  });
});
