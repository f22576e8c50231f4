import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { english } from '../l10n.js';
import { ModelChangedError } from './modelError.js';

/** The files of a model as they were when they were read. */
export interface FileIdentity {
  /** SHA-256 over the files, as hexadecimal. */
  readonly fingerprint: string;
  /**
   * Resolves while the files are the same. Looks at size and times first and hashes again where these differ, so that a
   * copy with the same content passes. Rejects with ModelChangedError that names a file.
   */
  refuseChanged(): Promise<void>;
}

/** Reads the identity of files, in their order; those that do not exist count as absent. */
export async function identifyFiles(paths: readonly string[]): Promise<FileIdentity> {
  // Taken before the content is read: a change in between shows as another stamp.
  let stamps = await Promise.all(paths.map(stampOf));
  const fingerprint = await hashFiles(paths);

  async function refuseChanged(): Promise<void> {
    const now = await Promise.all(paths.map(stampOf));
    const changed = paths.find((_, i) => now[i] !== stamps[i]);
    if (changed === undefined) return;
    if ((await hashFiles(paths).catch(() => undefined)) !== fingerprint) {
      throw new ModelChangedError(
        english(
          '{0} changed while the model was in use. Scores of the problem under way were dropped, because they may come from two models. Score again: the model is loaded as it is now.',
          changed,
        ),
      );
    }
    stamps = now;
  }

  return { fingerprint, refuseChanged };
}

async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    if (!(await stampOf(path))) continue;
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** Changes with every write: the change time cannot be set back. Empty = there is no such file. */
async function stampOf(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info?.isFile() ? [info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join() : '';
}
