import { constants, type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isInside } from '../disk/insideFolders.js';
import { sourceUriOf } from '../formats/recordsUri.js';
import { english } from '../l10n.js';
import { ImageError, type ImageFile, imageError, type ProblemImage } from '../models/images/imageFile.js';
import { imageTypeOf } from '../models/images/imageType.js';

/** Larger files are not read: a figure of a problem is a few hundred kilobytes. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * The images that a document names, for models and servers. No other code turns a path in a data file into bytes. An
 * image is read when it is a regular file that begins like an image and is, with all links resolved, inside one of the
 * place's roots.
 */
export function problemImages(place: ImagePlace, names: readonly string[]): ProblemImage[] {
  return names.map((name) => ({ name, read: async () => imageInside(name) ?? (await readImage(place, name)) }));
}

export interface FoundImages {
  /** URIs of the images that a model would get, in order, including those inside the record itself. */
  readonly uris: readonly string[];
  /** Why other existing images are not read. */
  readonly refusals: readonly string[];
}

/** Finds out which of the images that a document names can be shown. */
export async function findImages(place: ImagePlace, names: readonly string[]): Promise<FoundImages> {
  const found = await Promise.all(names.map((name) => findImage(place, name).catch(imageError)));
  return {
    uris: found.filter((image) => typeof image === 'string'),
    refusals: found.flatMap((image) => (image instanceof RefusedImage ? [image.message] : [])),
  };
}

async function findImage(place: ImagePlace, name: string): Promise<string> {
  if (imageInside(name) !== undefined) return name;
  const { path, file } = await openImage(place, name);
  await file.close();
  return pathToFileURL(path).href;
}

/** An image that is in the record itself, as a `data:` URL in base64; undefined for any other name. Throws ImageError. */
function imageInside(url: string): ImageFile | undefined {
  const match = /^data:image\/[a-z+.-]+;base64,/i.exec(url.slice(0, 64));
  if (match === null) return undefined;
  if (url.length > (MOST_BYTES * 4) / 3)
    throw new ImageError(english('The image in the record is too large: {0} MiB are read. Make it smaller.', MOST_BYTES / 2 ** 20));
  const bytes = Buffer.from(url.slice(match[0].length), 'base64');
  const type = imageTypeOf(bytes);
  if (type === undefined)
    throw new RefusedImage(
      english('The image {0}… in the record is not a PNG, JPEG, GIF, WebP or BMP file by its first bytes.', url.slice(0, 40)),
    );
  return { name: `${url.slice(0, 40)}…`, type, bytes };
}

/** The file of an image exists but is not read. */
class RefusedImage extends ImageError {}

/** The folders for a document's images, as paths whose links are not resolved yet. */
export interface ImagePlace {
  /** The folders in which relative paths are searched, in this order. */
  readonly searched: readonly string[];
  /** The folders that images must be inside. */
  readonly roots: readonly string[];
}

/**
 * The folders for a document's images. Images must be inside the document's own folder or one of `folders` (workspace
 * folders and those the user has named; paths or `file:` URIs). Relative paths are searched in the document's folder,
 * in those above it (a run's trees are below the folder of its figures), then in `folders`. The root of a file system
 * is never one of `roots`.
 */
export function imagePlace(documentUri: string, folders: readonly string[]): ImagePlace {
  const named = folders.flatMap((folder) => (/^[a-z][a-z\d+.-]+:/i.test(folder) ? (pathOfUri(folder) ?? []) : folder));
  const document = pathOfUri(sourceUriOf(documentUri));
  const above = document === undefined ? [] : foldersAbove(document);
  return {
    searched: [...above, ...named],
    roots: [...above.slice(0, 1), ...named].filter((folder) => dirname(folder) !== folder),
  };
}

/** The folder of a file and those above it, the nearest first. */
function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

interface OpenImage {
  /** With all links resolved. */
  readonly path: string;
  readonly file: FileHandle;
  readonly size: number;
  readonly type: ImageFile['type'];
}

async function readImage(place: ImagePlace, name: string): Promise<ImageFile> {
  const { file, size, type } = await openImage(place, name);
  try {
    if (size > MOST_BYTES)
      throw new ImageError(
        english(
          'The image {0} is too large: {1} MiB, {2} MiB are read. Make it smaller.',
          shown(name),
          Math.ceil(size / 2 ** 20),
          MOST_BYTES / 2 ** 20,
        ),
      );
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return { name, type, bytes: bytes.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

/** Opens an image for reading. Rejects with ImageError; the caller closes the file. */
async function openImage(place: ImagePlace, name: string): Promise<OpenImage> {
  const path = pathOf(name);
  const candidates = isAbsolute(path) ? [path] : place.searched.map((folder) => resolve(folder, path));
  const roots = await realPaths(place.roots);
  let refusal: ImageError | undefined;
  for (const candidate of candidates) {
    const real = await realpath(candidate).catch(() => undefined);
    if (real === undefined) continue;
    try {
      return await openWithin(roots, real, name);
    } catch (error) {
      refusal ??=
        error instanceof ImageError ? error : new RefusedImage(english('The image {0} cannot be read ({1}).', shown(name), codeOf(error)));
    }
  }
  throw (
    refusal ??
    new ImageError(
      english(
        'The image {0} was not found. Put it beside the file that names it, in a folder above it or in the workspace, or correct its path.',
        shown(name),
      ),
    )
  );
}

async function openWithin(roots: readonly string[], path: string, name: string): Promise<OpenImage> {
  if (!isInside(path, roots))
    throw new RefusedImage(
      english(
        'The image {0} is outside the folder of the file that names it and outside the workspace, and is not read. Copy it beside the file, open its folder in the workspace, or name its folder in the setting steplens.images.folders or on the command line (--images DIR).',
        shown(name),
      ),
    );
  // Merely opening a device or a pipe can have an effect.
  if (!(await stat(path)).isFile()) throw notRegular(name);
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const opened = await file.stat();
    // The file that was checked by its name may have been replaced before it was opened.
    const real = await realpath(path);
    const named = await stat(real);
    if (!opened.isFile() || !isInside(real, roots) || named.ino !== opened.ino || named.dev !== opened.dev) throw notRegular(name);
    const head = Buffer.alloc(32);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const type = imageTypeOf(head.subarray(0, bytesRead));
    if (type === undefined)
      throw new RefusedImage(
        english(
          'The image {0} is not a PNG, JPEG, GIF, WebP or BMP file by its first bytes, and is not read. Save it again as PNG or JPEG.',
          shown(name),
        ),
      );
    return { path: real, file, size: opened.size, type };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function notRegular(name: string): ImageError {
  return new RefusedImage(english('The image {0} is not a regular file, and is not read. Name the file of an image.', shown(name)));
}

/** A root is also left out when its links resolve to the root of the file system. */
async function realPaths(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  return real.filter((folder) => folder !== undefined && dirname(folder) !== folder) as string[];
}

/** The path that a name gives, relative or absolute. Throws ImageError for a name that is not on this machine. */
function pathOf(name: string): string {
  const path = /^file:/i.test(name) ? pathOfUri(name) : name;
  // Merely looking up a network path contacts its host.
  if (path === undefined || /^(\\\\|\/\/)/.test(path) || /^[a-z][a-z\d+.-]+:/i.test(path))
    throw new ImageError(
      english(
        'The image {0} is not on this machine, and images are not fetched. Copy it beside the problem and name its path.',
        shown(name),
      ),
    );
  if (path.trim() === '' || path.includes('\0'))
    throw new ImageError(english('The image {0} is not a path. Name the file of an image.', shown(name)));
  return path;
}

function pathOfUri(uri: string): string | undefined {
  try {
    return /^file:/i.test(uri) ? fileURLToPath(uri) : undefined;
  } catch {
    // It names a host, or is not the URI of a file.
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** Shortens a name for a message: a data URL can be megabytes long. */
function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}
