import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { english } from '../l10n.js';

/** A path leads to a device, a pipe, a folder or too large a file; the message names it and the remedy. */
export class NotReadable extends Error {
  override readonly name = 'NotReadable';
}

const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file to read it; links are followed. A folder that somebody else filled may have a link to
 * `/dev/zero`, which never ends, or a pipe, which waits for its other end and blocks one of Node's few threads. Rejects
 * with NotReadable, else with the error of the file system. The caller closes the file.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  // Merely opening a device can have an effect.
  if (!(await stat(path)).isFile()) throw notRegular(path);
  const file = await open(path, flags);
  try {
    if (!(await file.stat()).isFile()) throw notRegular(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The bytes of a regular file of at most `most` bytes. Rejects as `openRegular` does. */
export async function readRegular(path: string, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    if ((await file.stat()).size > most) throw tooLarge(path, most);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Synchronous `readRegular`, for the small files that determine how others are read. Throws the same errors. */
export function readRegularSync(path: string, most: number): Buffer {
  if (!statSync(path).isFile()) throw notRegular(path);
  const file = openSync(path, flags);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw notRegular(path);
    if (found.size > most) throw tooLarge(path, most);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function notRegular(path: string): NotReadable {
  return new NotReadable(english('{0} is not a regular file (it may lead to a device or a pipe), and is not read. Remove it.', path));
}

function tooLarge(path: string, most: number): NotReadable {
  return new NotReadable(english('{0} has more than {1} MiB, and is not read. Make it smaller.', path, Math.round(most / 2 ** 20)));
}
