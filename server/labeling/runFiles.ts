import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfinished, writeWhole } from '../disk/writeWhole.js';
import { FolderError } from './labelError.js';
import { digest, type MethodSettings } from './runSettings.js';

/** The files of one problem in a run's folder. */
export interface ProblemFiles {
  /** The event log: JSON Lines. */
  readonly log: string;
  /** The tree (`.json`), or the Monte-Carlo records (`.jsonl`). */
  readonly result: string;
  /** Names the process that is labeling the problem (claim.ts). */
  readonly claim: string;
}

const LOG = '.events.jsonl';
const CLAIM = '.claim';

export function problemFiles(folder: string, id: string, method: MethodSettings['method']): ProblemFiles {
  const name = slug(id);
  return {
    log: join(folder, `${name}${LOG}`),
    result: join(folder, `${name}${method === 'mcts' ? '.json' : '.jsonl'}`),
    claim: join(folder, `${name}${CLAIM}`),
  };
}

/** The lock of a run that does not share its folder. */
export function lockFile(folder: string): string {
  return join(folder, 'run.lock');
}

/** Lists the logs and claims in a folder; none if the folder does not exist. Rejects with FolderError. */
export async function filesIn(folder: string): Promise<{ readonly logs: readonly string[]; readonly claims: readonly string[] }> {
  const names = await namesIn(folder);
  const ending = (end: string): string[] => names.filter((name) => name.endsWith(end)).map((name) => join(folder, name));
  return { logs: ending(LOG), claims: ending(CLAIM) };
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new FolderError(folder, error);
  });
}

/** The file with the settings of the run. */
export function runFile(folder: string): string {
  return join(folder, 'run.json');
}

/**
 * Returns a file name for an id: small letters, digits, `-` and `_`. An id with other characters, or with the name of
 * another file, gets a digest at its end, so that two ids never share a file.
 */
export function slug(id: string): string {
  const name = id
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return name === id && name !== '' && !RESERVED.test(name) ? name : `${name === '' ? 'problem' : name}-${digest(id).slice(0, 8)}`;
}

/** The name of the run's own file, and the device names of Windows. */
const RESERVED = /^(?:run|con|prn|aux|nul|com\d|lpt\d)$/;

/** Writes a file of a run whole or not at all. Rejects with FolderError. */
export async function writeRunFile(path: string, text: string): Promise<void> {
  try {
    await writeWhole(path, text);
  } catch (error) {
    throw new FolderError(path, error);
  }
}

/** Removes a run from a folder: its own file, every log and the results beside the logs. Anything else stays. */
export async function removeRun(folder: string): Promise<void> {
  const names = await namesIn(folder);
  const logs = names.filter((name) => name.endsWith(LOG)).map((name) => name.slice(0, -LOG.length));
  const files = new Set([
    ...logs.flatMap((name) => [`${name}.json`, `${name}.jsonl`, `${name}.damaged`, `${name}${CLAIM}`, `${name}${LOG}`]),
    'run.json',
  ]);
  // Unfinished files of a killed process are removed too.
  for (const name of names) if (files.has(name) || isUnfinished(name)) await rm(join(folder, name), { force: true });
}
