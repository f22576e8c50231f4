import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { english } from '../l10n.js';
import { ClaimHeld, type FolderClaim, holderOf, takeClaim } from './claim.js';
import { FolderError } from './labelError.js';
import { filesIn, lockFile } from './runFiles.js';

/** Adds what to do about a run that is held by another process. */
function withRemedy(sentence: string): string {
  return english('{0} Wait for its end, write into another folder (--out), or let both share the folder (--shared).', sentence);
}

/**
 * Locks a run's folder for one process, and creates the folder if it is missing. Rejects with ClaimHeld when another
 * process labels in it, alone or shared, and with FolderError when it cannot be used.
 */
export async function lockRun(folder: string): Promise<FolderClaim> {
  await makeFolder(folder);
  const lock = await takeClaim(lockFile(folder), folder).catch((error: unknown) => {
    throw error instanceof ClaimHeld ? new ClaimHeld(withRemedy(error.message)) : error;
  });
  try {
    for (const claim of (await filesIn(folder)).claims) {
      const sentence = await holderOf(claim, folder);
      if (sentence !== undefined) throw new ClaimHeld(withRemedy(sentence));
    }
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Rejects with ClaimHeld when a process uses the folder alone. Checks several times, because a process that is about to
 * be refused has the lock for a moment.
 */
export async function refuseIfAlone(folder: string): Promise<void> {
  for (let look = 0; ; look++) {
    const sentence = await holderOf(lockFile(folder), folder);
    if (sentence === undefined) return;
    if (look === LOOKS) throw new ClaimHeld(withRemedy(sentence));
    await pause(LOOK_MS);
  }
}

const LOOKS = 10;
const LOOK_MS = 100;

/**
 * Makes a folder and those above it. Rejects with FolderError. Does not use `recursive` of `mkdir`: it never ends if a
 * file system, such as /proc, reports a folder as missing that cannot be made.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder).catch(() => undefined))?.isDirectory() === true) return;
    const above = dirname(folder);
    const isAboveMissing = code === 'ENOENT' && above !== folder && (await stat(above).catch(() => undefined)) === undefined;
    if (!isAboveMissing) throw new FolderError(folder, error);
    await makeFolder(above);
    await mkdir(folder).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw new FolderError(folder, again);
    });
  }
}
