import type { Pixels } from '../../inference/protocol.js';
import type { Fields } from '../fields.js';
import { gridPositions, type ImageGrid } from './gridPositions.js';
import { digestImages, type ImageBytes } from './imageFile.js';
import { type PadSettings, padKind } from './pad.js';
import { type PatchesSettings, patchesKind } from './patches.js';
import { type ResizeSettings, resizeKind } from './resize.js';
import { type TilesSettings, tilesKind } from './tiles.js';

/** Is in a layout's text where the images go. */
export const imagesPlace = '{images}';

/** `images` of a model's profile: how an image becomes pixels for the graph and tokens of the prompt. */
export type ImageSettings = ResizeSettings | TilesSettings | PatchesSettings | PadSettings;

/** What every kind has. */
export interface CommonImageSettings {
  /** Text of the one token whose embedding an image's feature takes the place of. */
  readonly token: string;
}

/** One kind of image input; one file each beside this one. */
export interface ImageKind<S> {
  read(fields: Fields): S;
  /** Rejects with ImageError. */
  prepare(file: ImageBytes, settings: S): Promise<PreparedImage>;
  /** A picture without content, to try the graph with. */
  sample(settings: S): PreparedImage;
}

export interface PreparedImage {
  readonly values: Float32Array;
  /** Of `values`: [images, channels, height, width], or [patches, values of a patch]. */
  readonly shape: readonly [count: number, ...size: number[]];
  /** Of the images that are given as patches. */
  readonly grids?: readonly ImageGrid[];
  /** What stands for it in the prompt, in the template's language. */
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

/** Decodes and joins the images of a problem; undefined when it has none. Rejects with ImageError. Run in the process for images: `prepareImagesApart`. */
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

/** Stands for a problem's images on the warm-up run. */
export function sampleImage(settings: ImageSettings): PreparedImages {
  return { ...kindOf(settings.kind).sample(settings), digest: 'sample' };
}

/** @param ids The tokens of a sequence with these images; `imageToken` is nowhere but in its prompt. */
export function toPixels({ values, shape, digest, grids }: PreparedImages, ids: Int32Array, imageToken: number): Pixels {
  const end = ids.lastIndexOf(imageToken) + 1;
  if (!grids) return { values, shape, digest, end };
  const sizes = Int32Array.from(grids.flatMap(({ rows, columns }) => [1, rows, columns]));
  return { values, shape, digest, end, grids: { sizes, positions: gridPositions(ids, end, imageToken, grids) } };
}
