import { english } from '../l10n.js';
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
      english(
        '{0} cannot be read or written ({1}). {2}',
        path,
        whyOf(code),
        code === 'ENOSPC' || code === 'EDQUOT'
          ? english('Free some space; the same command continues from here.')
          : english('Choose another folder with --out.'),
      ),
    );
  }
}

function whyOf(code: string): string {
  switch (code) {
    case 'ENOSPC':
      return english('the disk is full, ENOSPC');
    case 'EDQUOT':
      return english('the disk quota is used up, EDQUOT');
    case 'EROFS':
      return english('the file system is read-only, EROFS');
    case 'EACCES':
      return english('permission denied, EACCES');
    case 'EPERM':
      return english('permission denied, EPERM');
    case 'ENOENT':
      return english('no such folder, ENOENT');
    case 'EEXIST':
      return english('it is not a folder, EEXIST');
    case 'ENOTDIR':
      return english('a part of the path is not a folder, ENOTDIR');
    case 'EIO':
      return english('the device reports an error, EIO');
    default:
      return code;
  }
}

/** From some line on, a log differs from what the run does: it was changed, or written by another version. */
export class LogMismatch extends LabelError {
  override readonly name = 'LogMismatch';

  /** `line` is counted from 1. */
  constructor(
    path: string,
    readonly line: number,
  ) {
    super(english('{0}:{1}: the log does not continue as this run does: it was changed, or written by another version.', path, line));
  }
}
