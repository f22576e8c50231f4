import type { Pixels } from '../../inference/protocol.js';
import type { Fields } from '../fields.js';
import { gridPositions, type ImageGrid } from './gridPositions.js';
import { digestImages, type ImageBytes } from './imageFile.js';
import { type PadSettings, padKind } from './pad.js';
import { type PatchesSettings, patchesKind } from './patches.js';
import { type ResizeSettings, resizeKind } from './resize.js';
import { type TilesSettings, tilesKind } from './tiles.js';

/** Placeholder for the images in a layout's text. */
export const imagesPlace = '{images}';

/** `images` of a model's profile: how an image becomes pixels for the graph and tokens of the prompt. */
export type ImageSettings = ResizeSettings | TilesSettings | PatchesSettings | PadSettings;

/** Settings that every kind has. */
export interface CommonImageSettings {
  /** Text of the one token whose embedding is replaced by an image's feature. */
  readonly token: string;
}

/** One kind of image input. Each kind has a file beside this one. */
export interface ImageKind<S> {
  read(fields: Fields): S;
  /** Rejects with ImageError. */
  prepare(file: ImageBytes, settings: S): Promise<PreparedImage>;
  /** A meaningless image for a test run of the graph. */
  sample(settings: S): PreparedImage;
}

export interface PreparedImage {
  readonly values: Float32Array;
  /** Shape of `values`: [images, channels, height, width], or [patches, values of a patch]. */
  readonly shape: readonly [count: number, ...size: number[]];
  /** Grids of the images that are passed as patches. */
  readonly grids?: readonly ImageGrid[];
  /** Text that represents it in the prompt, in template syntax. */
  readonly text: string;
}

/** The images of one problem, in order. */
export interface PreparedImages extends PreparedImage {
  readonly digest: string;
}

const kinds: { readonly [K in ImageSettings['kind']]: ImageKind<Extract<ImageSettings, { kind: K }>> } = {
  resize: resizeKind,
  tiles: tilesKind,
  patches: patchesKind,
  pad: padKind,
};

function kindOf(kind: ImageSettings['kind']): ImageKind<ImageSettings> {
  return kinds[kind];
}

export function readImageSettings(fields: Fields): ImageSettings {
  const settings = kindOf(fields.oneOf('kind', Object.keys(kinds) as ImageSettings['kind'][])).read(fields);
  fields.refuseOthers([]);
  return settings;
}

/** Decodes and joins a problem's images; undefined if none. `prepareImagesApart` runs it. Rejects with ImageError. */
export async function prepareImages(files: readonly ImageBytes[], settings: ImageSettings): Promise<PreparedImages | undefined> {
  const images = await Promise.all(files.map((file) => kindOf(settings.kind).prepare(file, settings)));
  const [first] = images;
  if (!first) return undefined;
  const [, ...size] = first.shape;
  const values = new Float32Array(images.reduce((length, image) => length + image.values.length, 0));
  let at = 0;
  for (const image of images) {
    values.set(image.values, at);
    at += image.values.length;
  }
  const total = images.reduce((sum, { shape: [count] }) => sum + count, 0);
  const grids = images.flatMap((image) => image.grids ?? []);
  return {
    values,
    shape: [total, ...size],
    ...(grids.length > 0 && { grids }),
    text: images.map((image) => image.text).join(''),
    digest: digestImages(files),
  };
}

/** Returns a sample image for the warm-up run. */
export function sampleImage(settings: ImageSettings): PreparedImages {
  return { ...kindOf(settings.kind).sample(settings), digest: 'sample' };
}

/** @param ids The tokens of a sequence with these images; `imageToken` occurs only in its prompt. */
export function toPixels({ values, shape, digest, grids }: PreparedImages, ids: Int32Array, imageToken: number): Pixels {
  const end = ids.lastIndexOf(imageToken) + 1;
  if (!grids) return { values, shape, digest, end };
  const sizes = Int32Array.from(grids.flatMap(({ rows, columns }) => [1, rows, columns]));
  return { values, shape, digest, end, grids: { sizes, positions: gridPositions(ids, end, imageToken, grids) } };
}
