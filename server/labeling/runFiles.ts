import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfinished } from '../files/writeWhole.js';
import { digest, type MethodSettings } from './runSettings.js';

/** The files of one problem in a run's folder. */
export interface ProblemFiles {
  /** The event log: JSON Lines. */
  readonly log: string;
  /** The tree (`.json`), or the Monte-Carlo records (`.jsonl`). */
  readonly result: string;
}

const LOG = '.events.jsonl';

export function problemFiles(folder: string, id: string, method: MethodSettings['method']): ProblemFiles {
  const name = slug(id);
  return { log: join(folder, `${name}${LOG}`), result: join(folder, `${name}${method === 'mcts' ? '.json' : '.jsonl'}`) };
}

/** What the run was made with. */
export function runFile(folder: string): string {
  return join(folder, 'run.json');
}

/**
 * A file name for an id: small letters, digits, `-` and `_`. An id that has anything else, or that is the name of another
 * file, gets a digest behind it, so that two ids never share a file.
 */
export function slug(id: string): string {
  const name = id
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return name === id && name !== '' && !RESERVED.test(name) ? name : `${name === '' ? 'problem' : name}-${digest(id).slice(0, 8)}`;
}

/** The run's own file, and names that Windows gives to devices. */
const RESERVED = /^(?:run|con|prn|aux|nul|com\d|lpt\d)$/;

/** Removes a run from a folder: its own file, every log and the results beside the logs. Anything else stays. */
export async function removeRun(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const logs = names.filter((name) => name.endsWith(LOG)).map((name) => name.slice(0, -LOG.length));
  const files = [...logs.flatMap((name) => [`${name}.json`, `${name}.jsonl`, `${name}${LOG}`]), ...names.filter(isUnfinished), 'run.json'];
  for (const file of files) await rm(join(folder, file), { force: true });
}
