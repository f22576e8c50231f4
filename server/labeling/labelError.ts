/** A problem cannot be labeled as asked; the message names the file and the remedy. */
export class LabelError extends Error {
  override readonly name: string = 'LabelError';
}

/** The folder of a run cannot be read or written, so no problem of it can be labeled. */
export class FolderError extends LabelError {
  override readonly name = 'FolderError';

  constructor(path: string, cause: unknown) {
    const { code = (cause as Error).message } = cause as NodeJS.ErrnoException;
    super(
      `${path} cannot be read or written (${WHY[code] ?? code}). ${code === 'ENOSPC' || code === 'EDQUOT' ? 'Free some space; the same command continues from here.' : 'Choose another folder with --out.'}`,
    );
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full, ENOSPC',
  EDQUOT: 'the disk quota is used up, EDQUOT',
  EROFS: 'the file system is read-only, EROFS',
  EACCES: 'permission denied, EACCES',
  EPERM: 'permission denied, EPERM',
  ENOENT: 'no such folder, ENOENT',
  EEXIST: 'it is not a folder, EEXIST',
  ENOTDIR: 'a part of the path is not a folder, ENOTDIR',
  EIO: 'the device reports an error, EIO',
};

/** From a line on, a log does not continue as the run does: it was changed, or written by another version. */
export class LogMismatch extends LabelError {
  override readonly name = 'LogMismatch';

  /** `line` is counted from 1. */
  constructor(
    path: string,
    readonly line: number,
  ) {
    super(`${path}:${line}: the log does not continue as this run does: it was changed, or written by another version.`);
  }
}
