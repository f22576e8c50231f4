import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { constants, type FileHandle, lstat, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { english } from '../l10n.js';
import { isInside } from './insideFolders.js';

/** A file cannot be written at the requested path; the message names it and the remedy. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
}

export interface WriteOptions {
  /** The file must be inside this folder once all links are resolved: for paths that a workspace or a data file chose. */
  readonly within?: string;
}

/** Text or bytes, or a function that writes them piece by piece. */
export type Content = string | Uint8Array | ((file: FileHandle) => Promise<void>);

/** The file that a process killed while writing leaves behind: `NAME.<16 hex digits>.unfinished`. */
const UNFINISHED = /\.[0-9a-f]{16}\.unfinished$/;

/**
 * Writes a file so that it exists either whole or not at all: the content goes into a new file with a random name in
 * the same folder, is flushed to the disk, and the file is then renamed. Whatever interrupts this (a full disk, a
 * crash, a kill) leaves the old file as it was. A link at `path` is replaced, never followed. Rejects with WriteError
 * for what is not a regular file or is outside `within`, else with the error of the file system.
 */
export async function writeWhole(path: string, content: Content, { within }: WriteOptions = {}): Promise<void> {
  const folder = await realpath(dirname(resolve(path)));
  const target = join(folder, basename(path));
  if (within !== undefined && !isInside(target, [await realpath(within)]))
    throw new WriteError(
      english('{0} is outside {1} once links are resolved, and is not written. Choose a folder inside it.', path, within),
    );
  const old = await statOf(target);
  if (old !== undefined && !old.isFile() && !old.isSymbolicLink())
    throw new WriteError(english('{0} is not a regular file and is not written. Choose another name.', path));
  const unfinished = `${target}.${randomBytes(8).toString('hex')}.unfinished`;
  const file = await open(unfinished, 'wx', old?.isFile() === true ? old.mode & 0o777 : 0o666);
  try {
    try {
      if (typeof content === 'function') await content(file);
      else await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Whether `writeWhole` gives this kind of name to a file that is not finished. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/** Removes unfinished files that killed processes left for `path`. Only the sole writer of that file may call it. */
export async function removeUnfinished(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch((): string[] => []);
  const left = names.filter((name) => isUnfinished(name) && name.startsWith(`${basename(path)}.`));
  for (const name of left) await rm(join(dirname(path), name), { force: true });
}

/** Whether two paths name the same file on disk, links resolved. False when either file does not exist. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map(async (path) => realpath(path).then(statOf, () => undefined)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Makes a rename durable. Windows and some network file systems cannot do this, and keep names in order themselves. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
