import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { english } from '../../l10n.js';
import { causeOf } from '../modelError.js';
import { type FirstFrame, firstFrame } from './gif.js';
import { type ImageBytes, ImageError } from './imageFile.js';

/** Images of more pixels are refused before they are decoded. */
const mostPixels = 50_000_000;

/** Images with a longer side are refused too: resizing takes time and memory for every row and column. */
const mostSide = 16_384;

/** Pixels of a decoded image, row by row, the channels of a pixel together. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Decodes an image as gray (1) or RGB (3), on white where it is transparent. Rejects with ImageError. */
export function decodeImage(file: ImageBytes, channels: 1 | 3): Promise<DecodedImage> {
  return decode(file, (open) => onWhite(open(file.bytes), channels));
}

/**
 * Decodes an image as Pillow's `Image.open(file).convert("RGB")` does, which is how the authors of the families read
 * images. Transparency is dropped and the color below it kept. Color profiles and rotation marks are not applied.
 * CMYK is converted by plain arithmetic. 16-bit gray values above 255 are white. Rejects with ImageError.
 */
export function decodeAsPillow(file: ImageBytes): Promise<DecodedImage> {
  return decode(file, async (open) => {
    const { format, space, depth, channels } = await open(file.bytes).metadata();
    // Pillow cannot read SVG. A drawing without a background is meant for white paper.
    if (format === 'svg') return onWhite(open(file.bytes), 3);
    if (space === 'cmyk') return fromCmyk(await raw(open(file.bytes).pipelineColourspace('cmyk').toColourspace('cmyk')));
    if (depth === 'ushort' && (channels === 1 || (format === 'png' && file.bytes[pngColors] === pngGray)))
      return fromGrey16(open(file.bytes));
    const frame = format === 'gif' ? firstFrame(file.bytes) : undefined;
    if (frame) refuseLarge(frame);
    const image = withoutAlpha(await raw(open(frame?.bytes ?? file.bytes).toColourspace('srgb')));
    return frame ? placed(image, frame) : image;
  });
}

/** Offset of a PNG's color type (RFC 2083, section 4.1.1), and the type for gray, with or without transparency. */
const pngColors = 25;
const pngGray = 0;

type Open = (bytes: Buffer) => Sharp & { metadata(): Promise<Metadata> };

async function decode({ name, bytes }: ImageBytes, read: (open: Open) => Promise<DecodedImage>): Promise<DecodedImage> {
  const sharp = await loadSharp();
  try {
    const { width = 0, height = 0 } = await sharp(bytes, { limitInputPixels: mostPixels }).metadata();
    refuseLarge({ width, height });
    return await read((input) => sharp(input, { limitInputPixels: mostPixels, ignoreIcc: true }));
  } catch (error) {
    throw new ImageError(
      english(
        'The image {0} cannot be decoded: {1}. Save it again as PNG or JPEG of at most {2} million pixels.',
        name,
        causeOf(error),
        mostPixels / 1e6,
      ),
    );
  }
}

function refuseLarge({ width, height }: { readonly width: number; readonly height: number }): void {
  if (Math.max(width, height) > mostSide || width * height > mostPixels)
    throw new Error(english('it is {0} x {1} pixels, and a side may have {2}', width, height, mostSide));
}

async function onWhite(image: Sharp, channels: 1 | 3): Promise<DecodedImage> {
  const decoded = await raw(image.flatten({ background: '#ffffff' }).toColourspace(channels === 1 ? 'b-w' : 'srgb'));
  if (decoded.channels !== channels) throw new Error(english('it has {0} channels', decoded.channels));
  return decoded;
}

async function raw(image: Sharp): Promise<DecodedImage> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

function withoutAlpha({ width, height, channels, data }: DecodedImage): DecodedImage {
  if (channels === 3) return { width, height, channels, data };
  if (channels !== 4) throw new Error(english('it has {0} channels', channels));
  const kept = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) kept.set(data.subarray(from, from + 3), to);
  return { width, height, channels: 3, data: kept };
}

/** Places a frame in the whole picture. */
function placed(image: DecodedImage, { width, height, left, top, background }: FirstFrame): DecodedImage {
  if (image.width === width && image.height === height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 3) data.set(background, at);
  for (let y = 0; y < image.height; y++)
    data.set(image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3), ((top + y) * width + left) * 3);
  return { width, height, channels: 3, data };
}

/** `cmyk2rgb` of Pillow's `libImaging/Convert.c`. */
function fromCmyk({ width, height, channels, data }: DecodedImage): DecodedImage {
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += channels) {
    const light = 255 - data[from + 3]!;
    for (let channel = 0; channel < 3; channel++) rgb[to++] = light - divided(data[from + channel]! * light);
  }
  return { width, height, channels: 3, data: new Uint8Array(rgb.buffer) };
}

/** `MULDIV255`: the product over 255, rounded. */
function divided(product: number): number {
  const shifted = product + 128;
  return ((shifted >> 8) + shifted) >> 8;
}

async function fromGrey16(image: Sharp): Promise<DecodedImage> {
  const { data, info } = await image.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const rgb = new Uint8Array(info.width * info.height * 3);
  for (let i = 0; 3 * i < rgb.length; i++) rgb.fill(Math.min(255, values[i * info.channels]!), 3 * i, 3 * i + 3);
  return { width: info.width, height: info.height, channels: 3, data: rgb };
}

/** Loads the library on first use, so that text is scored on platforms without it. */
async function loadSharp(): Promise<(input: Buffer, options: SharpOptions) => Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    const cause = causeOf(error);
    throw new ImageError(
      english(
        'Images cannot be read here: the library sharp could not be loaded for {0}-{1} ({2}).',
        process.platform,
        process.arch,
        cause,
      ),
    );
  }
}
