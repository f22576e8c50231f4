import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeAsPillow } from '../../server/models/images/decodeImage.js';
import { firstFrame } from '../../server/models/images/gif.js';
import { ImageError } from '../../server/models/images/imageFile.js';

const folder = fileURLToPath(new URL('../fixtures/odd-images', import.meta.url));

/** Pillow's result for a file: `convert("RGB")`, base64. */
interface Expected {
  readonly file: string;
  readonly mode: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
}

const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as readonly Expected[];

describe('the decoder of unusual images', () => {
  it('is tested with at least 40 files in 8 color modes', () => {
    expect(expected.length).toBeGreaterThanOrEqual(40);
    expect(new Set(expected.map(({ mode }) => mode))).toEqual(new Set(['RGBA', 'LA', 'L', '1', 'P', 'RGB', 'I;16', 'CMYK']));
  });

  it.each(expected)('gives the pixels that Pillow gives: $file ($mode)', async ({ file, width, height, rgb }) => {
    const image = await decodeAsPillow({ name: file, bytes: await readFile(join(folder, file)) });
    expect([image.width, image.height, image.channels]).toEqual([width, height, 3]);
    expect(Buffer.from(image.data).equals(Buffer.from(rgb, 'base64'))).toBe(true);
  });

  it('draws an SVG without a background on white', async () => {
    const bytes = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2"><rect width="2" height="2" fill="#102030"/></svg>',
    );
    const { data } = await decodeAsPillow({ name: 'drawing.svg', bytes });
    expect([...data.subarray(0, 12)]).toEqual([0x10, 0x20, 0x30, 0x10, 0x20, 0x30, 255, 255, 255, 255, 255, 255]);
  });

  it.each(expected.filter(({ file }) => !file.endsWith('.tif')))('refuses the first half of $file', async ({ file }) => {
    const bytes = await readFile(join(folder, file));
    const half = decodeAsPillow({ name: file, bytes: bytes.subarray(0, bytes.length - Math.ceil(bytes.length / 2)) });
    await expect(half).rejects.toThrow(ImageError);
    await expect(half).rejects.toThrow(`The image ${file} cannot be decoded: `);
  });

  it('finds no frame in bytes that are not a GIF', () => {
    for (const text of ['', 'GIF89a', 'GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000!', 'no picture at all'])
      expect(firstFrame(Buffer.from(text, 'latin1'))).toBeUndefined();
  });

  it('refuses a GIF with a position or size of 65,535 pixels in any of its fields', async () => {
    const whole = await readFile(join(folder, 'small-frame.gif'));
    // Offsets of the screen's size, and of the frame's position and size after the 13-byte header and 4 colors.
    for (const at of [6, 8, 26, 28, 30, 32]) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt16LE(65_535, at);
      await expect(decodeAsPillow({ name: 'large.gif', bytes })).rejects.toThrow(ImageError);
    }
  });
});
