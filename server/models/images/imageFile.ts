import { createHash } from 'node:crypto';
import type { ImageType } from './imageType.js';

/**
 * An image that a problem names. Only the door in `server/files/images.ts` makes these, and reading it is all that anyone
 * else can do with one: a path in a data file is text, never permission to read.
 */
export interface ProblemImage {
  /** As the problem names it: a path, or the address of an image elsewhere. */
  readonly name: string;
  /** Rejects with ImageError. */
  read(): Promise<ImageFile>;
}

/** The content of an image. */
export interface ImageBytes {
  /** As the problem names it. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** An image that was read: it begins like one of its type. */
export interface ImageFile extends ImageBytes {
  readonly type: ImageType;
}

/** An image cannot be read or prepared; the message names it and the remedy. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** For `catch`: an `ImageError` as a value; anything else is thrown on. */
export function imageError(error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  throw error;
}

/** Reads the images of a problem, in order. Rejects with ImageError. */
export function readImageFiles(images: readonly ProblemImage[]): Promise<ImageFile[]> {
  return Promise.all(images.map((image) => image.read()));
}

/** What a request to a server holds in the place of an image. */
export function imageDataUrl({ type, bytes }: ImageFile): string {
  return `data:${type};base64,${bytes.toString('base64')}`;
}

/** Distinguishes two lists of images; the same for the same bytes, wherever they are. */
export function digestImages(files: readonly ImageBytes[]): string {
  const hash = createHash('sha256');
  for (const { bytes } of files) hash.update(createHash('sha256').update(bytes).digest());
  return hash.digest('hex');
}
