import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { prepareImages, sampleImage } from '../../server/models/images/imageKinds.js';
import type { PadSettings } from '../../server/models/images/pad.js';
import { ursaImages } from '../../server/scoring/families/ursa.js';

const folder = fileURLToPath(new URL('../fixtures', import.meta.url));
const settings = ursaImages.profile.images as PadSettings;

/** Output of URSA's image processor for a file: every `stride`th value, float32, base64. */
interface Expected {
  readonly file: string;
  readonly stride: number;
  readonly values: string;
}

const expected = JSON.parse(await readFile(join(folder, 'patches/squares.json'), 'utf8')) as readonly Expected[];

describe('an image in a padded square', () => {
  it.each(expected)("has the values of URSA's image processor: $file", async ({ file, stride, values }) => {
    const prepared = (await prepareImages([{ name: file, bytes: await readFile(join(folder, file)) }], settings))!;
    expect(prepared.shape).toEqual([1, 3, 1024, 1024]);
    expect(prepared.text).toBe('<|image|>'.repeat(576));
    const bytes = Buffer.from(values, 'base64');
    let [largest, at] = [0, 0];
    for (let i = 0; i < prepared.values.length; i += stride, at += 4)
      largest = Math.max(largest, Math.abs(prepared.values[i]! - bytes.readFloatLE(at)));
    expect(at).toBe(bytes.length);
    expect(largest).toBeLessThan(1e-6);
  });

  it('has a sample image of 1024 x 1024 pixels and 576 tokens', () => {
    expect(sampleImage(settings)).toMatchObject({ shape: [1, 3, 1024, 1024], text: '<|image|>'.repeat(576) });
  });
});
