import { constants, type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { english } from '../l10n.js';
import { isInside } from './insideFolders.js';
import { WriteError } from './writeWhole.js';

/**
 * Opens a file to read it and to append to it, and creates it if it does not exist. A link is not followed, because
 * whoever filled the folder may have planted one to a file elsewhere. Rejects with WriteError for a link and for what
 * is not a regular file, else with the error of the file system.
 */
export async function openOwn(path: string): Promise<FileHandle> {
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  // Opening a pipe would wait for its other end.
  if (there?.isFile() === false) throw notOwn(path);
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? notOwn(path) : error;
  });
  try {
    if ((await file.stat()).isFile()) return file;
    throw notOwn(path);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Rejects with WriteError when a link puts a folder, which need not exist yet, outside `top`. For folders whose names
 * come from a workspace and not from the user. A folder whose own name is outside `top` was chosen that way and passes.
 */
export async function refuseLinkOut(folder: string, top: string): Promise<void> {
  if (!isInside(resolve(folder), [resolve(top)])) return;
  const real = await realpath(top);
  for (let at = resolve(folder); at !== resolve(top); at = dirname(at)) {
    const found = await realpath(at).catch(() => undefined);
    if (found !== undefined && !isInside(found, [real]))
      throw new WriteError(
        english('{0} is a link that leads out of {1}, and nothing is written through it. Name the folder it leads to instead.', at, top),
      );
  }
}

/** The error for a file to write that is a link or not a regular file. */
export function notOwn(path: string): WriteError {
  return new WriteError(
    english('{0} is a link or not a regular file, and nothing is written to it. Remove it, or choose another folder.', path),
  );
}
