import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Larger files are not read: a figure of a problem is a few hundred kilobytes. */
const mostBytes = 64 * 2 ** 20;

/** A problem's image as it lies on disk. */
export interface ImageFile {
  /** As the problem names it. */
  readonly name: string;
  readonly bytes: Buffer;
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

/**
 * Reads the images of a problem, in order.
 * @param sources Absolute paths or `file:` URIs; nothing is fetched, and a path that is still relative was not found.
 */
export function readImageFiles(sources: readonly string[]): Promise<ImageFile[]> {
  return Promise.all(sources.map(readImageFile));
}

async function readImageFile(name: string): Promise<ImageFile> {
  const inside = imageInside(name);
  if (inside !== undefined) return inside;
  const path = pathOf(name);
  try {
    const { size } = await stat(path);
    if (size > mostBytes)
      throw new ImageError(
        `The image ${name} is too large: ${Math.ceil(size / 2 ** 20)} MiB, ${mostBytes / 2 ** 20} MiB are read. Make it smaller.`,
      );
    return { name, bytes: await readFile(path) };
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(
      `The image ${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}). Put the file there, or correct its path.`,
    );
  }
}

/** An image that is in the record itself, as a `data:` URL in base64. */
function imageInside(url: string): ImageFile | undefined {
  const match = /^data:image\/[a-z+.-]+;base64,/i.exec(url.slice(0, 64));
  if (match === null) return undefined;
  if (url.length > (mostBytes * 4) / 3) {
    throw new ImageError(`The image in the record is too large: ${mostBytes / 2 ** 20} MiB are read. Make it smaller.`);
  }
  return { name: `${url.slice(0, 40)}…`, bytes: Buffer.from(url.slice(match[0].length), 'base64') };
}

function pathOf(name: string): string {
  if (/^file:/i.test(name)) {
    try {
      const path = fileURLToPath(name);
      if (!isOnNetwork(path)) return path;
    } catch {
      // It names a host, or is no address of a file.
    }
    throw new ImageError(
      `The image ${name} is not on this machine, and images are not fetched. Copy it beside the problem and name its path.`,
    );
  }
  if (/^[a-z][a-z\d+.-]+:/i.test(name) || isOnNetwork(name)) {
    throw new ImageError(
      `The image ${name.slice(0, 200)} is not on this machine, and images are not fetched. Copy it beside the problem and name its path.`,
    );
  }
  if (!isAbsolute(name))
    throw new ImageError(
      `The image ${name} was not found. Put it beside the file that names it, in a folder above it or in the workspace, or correct its path.`,
    );
  return name;
}

/** Asking for a network path already tells its host. */
function isOnNetwork(path: string): boolean {
  return /^(\\\\|\/\/)/.test(path);
}

/** Tells two lists of images apart; the same for the same bytes, wherever they lie. */
export function digestImages(files: readonly ImageFile[]): string {
  const hash = createHash('sha256');
  for (const { bytes } of files) hash.update(createHash('sha256').update(bytes).digest());
  return hash.digest('hex');
}
