import type { Sharp, SharpOptions } from 'sharp';
import { ImageError, type ImageFile } from './imageFile.js';

/** Images of more pixels are refused before they are decoded. */
const mostPixels = 50_000_000;

/** Pixels of a decoded image, row by row, the channels of a pixel together. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Decodes an image as grey (1) or RGB (3), on white where it is transparent. Rejects with ImageError. */
export async function decodeImage({ name, bytes }: ImageFile, channels: 1 | 3): Promise<DecodedImage> {
  const sharp = await loadSharp();
  try {
    const image = sharp(bytes, { limitInputPixels: mostPixels }).flatten({ background: '#ffffff' });
    const { data, info } = await image
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== channels) throw new Error(`it has ${info.channels} channels`);
    return { width: info.width, height: info.height, channels, data };
  } catch (error) {
    throw new ImageError(
      `The image ${name} cannot be decoded: ${(error as Error).message}. Save it again as PNG or JPEG of at most ${mostPixels / 1e6} million pixels.`,
    );
  }
}

/** Loaded on first use: the model and its text work on a platform without the library. */
async function loadSharp(): Promise<(input: Buffer, options: SharpOptions) => Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    const cause = (error as Error).message.split('\n')[0];
    throw new ImageError(
      `Images cannot be read here: the library sharp could not be loaded for ${process.platform}-${process.arch} (${cause}).`,
    );
  }
}
