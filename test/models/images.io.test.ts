import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../server/models/images/decodeImage.js';
import { digestImages, ImageError, readImageFiles } from '../../server/models/images/imageFile.js';
import { type ImageSettings, prepareImages, sampleImage, toPixels } from '../../server/models/images/imageKinds.js';
import { areaAverage } from '../../server/models/images/resize.js';
import { imagesAt } from '../images.js';

const [width, height] = [36, 24];
const settings: ImageSettings = { kind: 'resize', width: 12, height: 8, channels: 1, mean: [0.5], std: [0.25], token: '<i>', tokens: 6 };
const color: ImageSettings = { ...settings, channels: 3, mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 1] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A picture whose bytes all differ from their neighbors'. */
function noise(channels: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length: width * height * channels }, (_, i) => ((i * 7919 + seed * 104_729) >> 3) % 256));
}

async function save(name: string, data: Buffer, channels: 1 | 3 | 4): Promise<string> {
  const path = join(folder, name);
  await sharp(data, { raw: { width, height, channels } }).png().toFile(path);
  return path;
}

/** Averages of 3 x 3 pixels, as bytes. */
function averages(pixels: ArrayLike<number>, channels: number): number[] {
  return Array.from({ length: 12 * 8 * channels }, (_, at) => {
    const [channel, x, y] = [at % channels, Math.floor(at / channels) % 12, Math.floor(at / channels / 12)];
    let sum = 0;
    for (let i = 0; i < 9; i++) sum += pixels[((3 * y + Math.floor(i / 3)) * width + 3 * x + (i % 3)) * channels + channel]!;
    return Math.round(sum / 9);
  });
}

async function prepare(paths: readonly string[], own = settings) {
  return (await prepareImages(await readImageFiles(imagesAt(...paths)), own))!;
}

describe('an image resized to a fixed size', () => {
  it('averages the pixels that each new pixel covers: gray', async () => {
    const data = noise(1, 1);
    const { values, shape, text } = await prepare([await save('grey.png', data, 1)]);
    expect([...values]).toEqual(averages(data, 1).map((byte) => Math.fround((byte / 255 - 0.5) / 0.25)));
    expect([shape, text]).toEqual([[1, 1, 8, 12], '<i><i><i><i><i><i>']);
  });

  it('averages the pixels that each new pixel covers: color, channel by channel', async () => {
    const data = noise(3, 2);
    const { values, shape } = await prepare([await save('color.png', data, 3)], color);
    const bytes = averages(data, 3);
    const expected = [0, 1, 2].flatMap((channel) =>
      Array.from({ length: 96 }, (_, i) => Math.fround((bytes[i * 3 + channel]! / 255 - color.mean[channel]!) / color.std[channel]!)),
    );
    expect([...values]).toEqual(expected);
    expect(shape).toEqual([1, 3, 8, 12]);
  });

  it('averages the pixels that each new pixel covers: transparent pixels on white', async () => {
    const [data, opaque] = [noise(4, 3), Buffer.alloc(width * height * 3)];
    for (let i = 0; i < width * height; i++) {
      data[i * 4 + 3] = i % 2 === 0 ? 0 : 255;
      for (let channel = 0; channel < 3; channel++) opaque[i * 3 + channel] = i % 2 === 0 ? 255 : data[i * 4 + channel]!;
    }
    const path = await save('transparent.png', data, 4);
    expect((await prepare([path], color)).values).toEqual((await prepare([await save('opaque.png', opaque, 3)], color)).values);
    const grey = await sharp(opaque, { raw: { width, height, channels: 3 } })
      .greyscale()
      .raw()
      .toBuffer();
    expect([...(await prepare([path])).values]).toEqual(averages(grey, 1).map((byte) => Math.fround((byte / 255 - 0.5) / 0.25)));
  });

  it('keeps the brightness of any image at any size', () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(
        size,
        size,
        size,
        size,
        fc.array(fc.nat(255), { minLength: 400, maxLength: 400 }),
        (fromWidth, fromHeight, toWidth, toHeight, bytes) => {
          const data = Uint8Array.from(bytes.slice(0, fromWidth * fromHeight));
          const mean = (list: Uint8Array) => list.reduce((a, b) => a + b, 0) / list.length;
          const { data: resized } = areaAverage({ width: fromWidth, height: fromHeight, channels: 1, data }, toWidth, toHeight);
          expect(resized).toHaveLength(toWidth * toHeight);
          expect(Math.abs(mean(resized) - mean(data))).toBeLessThanOrEqual(0.5 + 1e-9);
          if (fromWidth === toWidth && fromHeight === toHeight) expect(resized).toEqual(data);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps its place among other images, and is identified by its bytes alone', async () => {
    const [a, b] = [await save('a.png', noise(1, 4), 1), await save('b.png', noise(1, 5), 1)];
    const both = await prepare([a, b]);
    expect([both.shape, both.text.length]).toEqual([[2, 1, 8, 12], 36]);
    expect(both.values).toEqual(Float32Array.of(...(await prepare([a])).values, ...(await prepare([b])).values));
    const copy = await save('copy.png', noise(1, 4), 1);
    const digests = await Promise.all(
      [[a, b], [copy, b], [b, a], [a], []].map(async (paths) => digestImages(await readImageFiles(imagesAt(...paths)))),
    );
    expect(digests[1]).toBe(digests[0]);
    expect(new Set(digests).size).toBe(4);
    expect(toPixels(both, Int32Array.of(7, 9, 9, 5, 9, 4), 9)).toMatchObject({ end: 5, digest: both.digest });
    expect(await prepareImages([], settings)).toBeUndefined();
    expect(sampleImage(color)).toMatchObject({ shape: [1, 3, 8, 12], text: both.text.slice(18) });
  });
});

/** A PNG with a width and height but without pixels. */
function pngHeader(wide: number, high: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const size = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  size.writeUInt32BE(wide, 0);
  size.writeUInt32BE(high, 4);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', size), chunk('IDAT', deflateSync(Buffer.alloc(64)))]);
}

describe('an image that cannot be read', () => {
  const refused = async (path: string, message: RegExp) => {
    const error: unknown = await prepare([path]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ImageError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(path);
  };

  it('is named when it is damaged, too large, or not an image', async () => {
    const whole = await sharp(noise(1, 6), { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer();
    await writeFile(join(folder, 'cut.png'), whole.subarray(0, whole.length / 2));
    await refused(join(folder, 'cut.png'), /cannot be decoded: .*Save it again as PNG or JPEG/);
    for (const [name, wide, high] of [
      ['large.png', 30_000, 30_000],
      ['long.png', 49_000_000, 1],
    ] as const) {
      await writeFile(join(folder, name), pngHeader(wide, high));
      await refused(join(folder, name), /cannot be decoded: .*at most 50 million pixels/);
    }
    await expect(decodeImage({ name: 'x', bytes: Buffer.alloc(0) }, 1)).rejects.toThrow(ImageError);
  });
});
