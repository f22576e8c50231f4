import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { english } from '../l10n.js';
import { ModelChangedError } from './modelError.js';

/** The state of a model's files at the time they were examined. */
export interface FileIdentity {
  /** Sizes, times and inodes: the same as long as nobody writes to the files. */
  readonly stamp: string;
  /**
   * SHA-256 over the files, in hexadecimal, computed while the model is loaded. Rejects with ModelChangedError when
   * a file changed meanwhile, because the loaded content may differ from the hashed content.
   */
  readonly fingerprint: Promise<string>;
  /**
   * Resolves while the files are the same. Looks at size and times first and hashes again where these differ, so that a
   * copy with the same content passes. Rejects with ModelChangedError that names a file.
   */
  refuseChanged(): Promise<void>;
}

/** Looks at files, in their order; those that do not exist count as absent. */
export async function identifyFiles(paths: readonly string[]): Promise<FileIdentity> {
  // Taken before the content is read, so that a change in between gives a different stamp.
  const first = await stampsOf(paths);
  let stamps = first;
  const changedSince = (known: readonly string[], now: readonly string[]) => paths.find((_, i) => now[i] !== known[i]);

  async function hashUnchanged(): Promise<string> {
    const hash = await hashFiles(paths);
    const changed = changedSince(first, await stampsOf(paths));
    if (changed !== undefined)
      throw new ModelChangedError(english('{0} changed while the model was loaded. Score again: it is loaded as it is now.', changed));
    return hash;
  }

  const fingerprint = hashUnchanged();
  // The loader awaits it later and may fail before that: no unhandled rejection.
  fingerprint.catch(() => undefined);

  async function refuseChanged(): Promise<void> {
    const now = await stampsOf(paths);
    const changed = changedSince(stamps, now);
    if (changed === undefined) return;
    if ((await hashFiles(paths).catch(() => undefined)) !== (await fingerprint)) {
      throw new ModelChangedError(
        english(
          '{0} changed while the model was in use. Scores of the problem under way were dropped, because they may come from two models. Score again: the model is loaded as it is now.',
          changed,
        ),
      );
    }
    stamps = now;
  }

  return { stamp: first.join('\n'), fingerprint, refuseChanged };
}

async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    if (!(await stampOf(path))) continue;
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

function stampsOf(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map(stampOf));
}

/** Changes with every write: the change time cannot be set back. Empty = there is no such file. */
async function stampOf(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info?.isFile() ? [info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join() : '';
}
