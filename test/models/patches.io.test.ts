import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fields } from '../../server/models/fields.js';
import { gridPositions } from '../../server/models/images/gridPositions.js';
import { ImageError } from '../../server/models/images/imageFile.js';
import { prepareImages, readImageSettings, sampleImage, toPixels } from '../../server/models/images/imageKinds.js';
import { type PatchesSettings, type PixelLimits, sizesOf } from '../../server/models/images/patches.js';

const folder = fileURLToPath(new URL('../fixtures', import.meta.url));

/** Output of transformers' image processor for a file: every `stride`th value, float32, base64. */
interface Expected {
  readonly file: string;
  readonly limits: PixelLimits;
  /** Whether `fetch_image` of qwen-vl-utils was applied before. */
  readonly fetched: boolean;
  readonly grid: readonly number[];
  readonly shape: readonly number[];
  readonly stride: number;
  readonly values: string;
}

const expected = JSON.parse(await readFile(join(folder, 'patches/expected.json'), 'utf8')) as readonly Expected[];

const settings: PatchesSettings = {
  kind: 'patches',
  patch: 14,
  merge: 2,
  frames: 2,
  resizes: [[3136, 1_003_520]],
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
  before: '<|vision_start|>',
  token: '<|image_pad|>',
  after: '<|vision_end|>',
};
/** The pixel limits of `fetch_image`. */
const fetchLimits: PixelLimits = [4 * 28 * 28, 16_384 * 28 * 28];

async function fileAt(path: string): Promise<{ name: string; bytes: Buffer }> {
  return { name: path, bytes: await readFile(join(folder, path)) };
}

describe('patches of an image', () => {
  it('are tested with more than 50 cases and more than 15 different grids', () => {
    expect(expected.length).toBeGreaterThan(50);
    expect(new Set(expected.map(({ grid }) => grid.join())).size).toBeGreaterThan(15);
  });

  it.each(expected)('match transformers: $file within $limits, fetched: $fetched', async ({ file, limits, fetched, ...wanted }) => {
    const own: PatchesSettings = { ...settings, resizes: fetched ? [fetchLimits, limits] : [limits] };
    const prepared = (await prepareImages([await fileAt(file)], own))!;
    const [, rows, columns] = wanted.grid as [number, number, number];
    expect(prepared.grids).toEqual([{ rows, columns, merge: 2 }]);
    expect(prepared.shape).toEqual(wanted.shape);
    expect(prepared.text).toBe(`<|vision_start|>${'<|image_pad|>'.repeat((rows * columns) / 4)}<|vision_end|>`);
    const bytes = Buffer.from(wanted.values, 'base64');
    let [largest, at] = [0, 0];
    for (let i = 0; i < prepared.values.length; i += wanted.stride, at += 4)
      largest = Math.max(largest, Math.abs(prepared.values[i]! - bytes.readFloatLE(at)));
    expect(at).toBe(bytes.length);
    expect(largest).toBeLessThan(1e-6);
  });

  it('keep the order of several images', async () => {
    const files = [await fileAt('patches/5x5.png'), await fileAt('patches/30x181.png')];
    const both = (await prepareImages(files, settings))!;
    const alone = await Promise.all(files.map(async (file) => (await prepareImages([file], settings))!));
    expect(both.values).toEqual(Float32Array.of(...alone[0]!.values, ...alone[1]!.values));
    expect(both.shape).toEqual([alone[0]!.shape[0] + alone[1]!.shape[0], 1176]);
    expect(both.grids).toEqual([...alone[0]!.grids!, ...alone[1]!.grids!]);
    expect(both.text).toBe(alone[0]!.text + alone[1]!.text);
  });

  it('stay within the pixel limits for images of any shape', () => {
    const side = fc.integer({ min: 1, max: 16_384 });
    const count = fc.integer({ min: 1, max: 4096 });
    fc.assert(
      fc.property(side, side, count, count, (width, height, a, b) => {
        fc.pre(Math.max(width, height) <= 200 * Math.min(width, height));
        const [fewest, most] = [Math.min(a, b) * 784, (Math.max(a, b) + 400) * 784];
        const [size] = sizesOf({ width, height }, { ...settings, resizes: [[fewest, most]] });
        expect([size!.width % 28, size!.height % 28]).toEqual([0, 0]);
        expect(Math.min(size!.width, size!.height)).toBeGreaterThan(0);
        // The authors do not shrink a side of one block further, and round up to reach the fewest pixels.
        expect(size!.width * size!.height).toBeLessThanOrEqual(Math.max(most, 28 * Math.max(width, height)));
        expect(size!.width * size!.height).toBeGreaterThanOrEqual(Math.min(fewest, 28 * 28));
      }),
      { numRuns: 300 },
    );
  });

  it('have a sample image that is not square and has enough pixels for the limits', () => {
    const sample = sampleImage({ ...settings, resizes: [[256 * 784, 1280 * 784]] });
    const { rows, columns } = sample.grids![0]!;
    expect(rows).toBeLessThan(columns);
    expect(rows * columns * 196).toBeGreaterThanOrEqual(256 * 784);
    expect(sample.values).toHaveLength(rows * columns * 1176);
  });

  it('are refused for an image that is more than 200 times as long as wide', async () => {
    const line = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1407" height="7"/>');
    await expect(prepareImages([{ name: 'line.svg', bytes: line }], settings)).rejects.toThrow(ImageError);
    await expect(prepareImages([{ name: 'line.svg', bytes: line }], settings)).rejects.toThrow(
      'The image line.svg is 1407 x 7 pixels, and the model accepts images at most 200 times as long as wide. Crop it.',
    );
  });
});

describe('settings of patches', () => {
  const read = (change: object) => readImageSettings(new Fields({ ...settings, ...change }, 'images.', 'prm.json'));

  it('are read unchanged from a profile', () => {
    expect(read({})).toEqual(settings);
  });

  it.each([
    [{ resizes: [] }, /'images\.resizes' is \[\]; it must be a list of pairs \[fewest, most\] of pixels/],
    [{ resizes: [[10, 5]] }, /it must be a list of pairs/],
    [{ resizes: [[0, 500_000]] }, /it must be a list of pairs/],
    [{ resizes: [[1, 1e9]] }, /it must be a list of pairs/],
    [{ resizes: [1, 2] }, /it must be a list of pairs/],
    [{ resizes: [[1, 700]] }, /with at least the 784 pixels of one block of patches/],
    [{ patch: 0 }, /'images\.patch' is 0/],
    [{ frames: 1.5 }, /'images\.frames' is 1\.5/],
    [{ std: [1, 0, 1] }, /'images\.std' is \[1,0,1\]; it must be numbers above 0/],
    [{ tokens: 4 }, /'images\.tokens' is not known here/],
  ])('are refused: %j', (change, message) => {
    expect(() => read(change)).toThrow(message);
  });
});

describe('token positions on three axes', () => {
  it('match get_rope_index for text, an image of 2 x 3 tokens, text, one of 3 x 1, and text', () => {
    const image = 9;
    const ids = Int32Array.of(1, 2, ...Array<number>(6).fill(image), 3, 4, ...Array<number>(3).fill(image), 5, 6);
    const grids = [
      { rows: 4, columns: 6, merge: 2 },
      { rows: 6, columns: 2, merge: 2 },
    ];
    const end = ids.lastIndexOf(image) + 1;
    expect([...gridPositions(ids, end, image, grids)]).toEqual(
      [
        [0, 1, 2, 2, 2, 2, 2, 2, 5, 6, 7, 7, 7],
        [0, 1, 2, 2, 2, 3, 3, 3, 5, 6, 7, 8, 9],
        [0, 1, 2, 3, 4, 2, 3, 4, 5, 6, 7, 7, 7],
      ].flat(),
    );
    const pixels = toPixels({ values: new Float32Array(0), shape: [30, 4], text: '', digest: 'd', grids }, ids, image);
    expect(pixels).toMatchObject({ end, grids: { sizes: Int32Array.of(1, 4, 6, 1, 6, 2) } });
  });
});
