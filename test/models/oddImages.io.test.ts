import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeAsPillow } from '../../server/models/images/decodeImage.js';
import { firstFrameOpaque } from '../../server/models/images/gif.js';

const folder = fileURLToPath(new URL('../fixtures/odd-images', import.meta.url));

/** What Pillow makes of a file: `convert("RGB")`, base64. */
interface Expected {
  readonly file: string;
  readonly mode: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
}

const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as readonly Expected[];

describe('an unusual image is read as Pillow reads it', () => {
  it('in at least 20 kinds', () => {
    expect(expected.length).toBeGreaterThanOrEqual(20);
    expect(new Set(expected.map(({ mode }) => mode))).toEqual(new Set(['RGBA', 'LA', 'L', '1', 'P', 'RGB', 'I;16', 'CMYK']));
  });

  it.each(expected)('$file ($mode)', async ({ file, width, height, rgb }) => {
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

  it('leaves bytes that are no GIF as they are', () => {
    for (const text of ['', 'GIF89a', 'GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000!', 'no picture at all']) {
      const bytes = Buffer.from(text, 'latin1');
      expect(firstFrameOpaque(bytes)).toBe(bytes);
    }
  });
});
