import { createHash } from 'node:crypto';
import type { ImageType } from './imageType.js';

/**
 * An image that a problem names. Only `server/files/images.ts` creates these, and other code can only read them: a path
 * in a data file is text, never permission to read.
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

/** An image that was read. Its first bytes match its type. */
export interface ImageFile extends ImageBytes {
  readonly type: ImageType;
}

/** An image cannot be read or prepared; the message names it and the remedy. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** For `catch`: returns an `ImageError` as a value and rethrows anything else. */
export function imageError(error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  throw error;
}

/** Reads the images of a problem, in order. Rejects with ImageError. */
export function readImageFiles(images: readonly ProblemImage[]): Promise<ImageFile[]> {
  return Promise.all(images.map((image) => image.read()));
}

/** The data URL by which a request to a server contains an image. */
export function imageDataUrl({ type, bytes }: ImageFile): string {
  return `data:${type};base64,${bytes.toString('base64')}`;
}

/** A digest of a list of images: the same for the same bytes, whatever their paths. */
export function digestImages(files: readonly ImageBytes[]): string {
  const hash = createHash('sha256');
  for (const { bytes } of files) hash.update(createHash('sha256').update(bytes).digest());
  return hash.digest('hex');
}
