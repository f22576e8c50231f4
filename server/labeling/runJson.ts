import { basename } from 'node:path';
import { openRegular, readRegular } from '../disk/readRegular.js';
import { wholeEvents } from './eventLog.js';
import { FolderError, LabelError } from './labelError.js';
import type { LabelWorld } from './labelProblem.js';
import type { PolicyInfo } from './policy.js';
import type { BeginEvent } from './runEvents.js';
import { filesIn, runFile, writeRunFile } from './runFiles.js';
import { makeFolder } from './runLock.js';
import { canGrow, comparable, differences, digest, type LabelSettings } from './runSettings.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes run.json, or makes sure that the one there is of the same run: problems may have come and gone. One that is missing,
 * empty or torn is written again when the logs beside it are of this run. Rejects with LabelError.
 */
export async function beginRun(
  { folder, judge, report }: LabelWorld,
  settings: LabelSettings,
  policy: PolicyInfo,
  problemsFile: string,
): Promise<void> {
  const made = {
    version: 1,
    settings: Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))),
    policy,
    judge: judge.fingerprint,
  };
  const path = runFile(folder);
  await makeFolder(folder);
  const text = await readText(path);
  const there = text === undefined ? undefined : readRun(text);
  if (there?.hash === digest(made)) return;
  const known = there === undefined ? await runOfLogs(folder) : flat(there);
  const changed = known === undefined ? '' : differences(known, flat(made), canGrow);
  if (changed !== '')
    throw new LabelError(
      `${folder} has a run with other settings (${changed}). Write into another folder (--out), or discard the old run (--restart).`,
    );
  await writeRunFile(path, `${JSON.stringify({ ...made, problems: basename(problemsFile), hash: digest(made) }, null, 2)}\n`);
  if (text !== undefined && there === undefined)
    report?.(`${path} was empty or damaged and has been written again from the logs beside it.`);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(path)).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FolderError(path, error);
  }
}

/** Undefined when it is not whole. */
function readRun(text: string): Fields | undefined {
  try {
    const { hash, problems: _, ...rest } = JSON.parse(text) as Fields;
    return hash === digest(rest) ? { ...rest, hash } : undefined;
  } catch {
    return undefined;
  }
}

/** The settings in the first line of a log that has one: all logs of a folder are of one run. */
async function runOfLogs(folder: string): Promise<Fields | undefined> {
  for (const log of (await filesIn(folder)).logs) {
    const begin = await firstEvent(log);
    if (begin === undefined) continue;
    const { problem: _, ...rest } = begin;
    return comparable(rest);
  }
  return undefined;
}

/** A first line is a question, an answer and settings. */
const LONGEST_BEGIN = 2 ** 20;

async function firstEvent(path: string): Promise<BeginEvent | undefined> {
  const file = await openRegular(path).catch((error: unknown) => {
    throw new FolderError(path, error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_BEGIN), 0, LONGEST_BEGIN, 0);
    const event = wholeEvents(buffer.subarray(0, buffer.subarray(0, bytesRead).indexOf(10) + 1)).recorded[0]?.event;
    return event?.event === 'begin' ? event : undefined;
  } finally {
    await file.close();
  }
}

function flat({ settings, policy, judge }: Fields): Fields {
  const { method, seed, ...rest } = settings as BeginEvent['settings'] & Pick<BeginEvent, 'method' | 'seed'>;
  return comparable({ method, seed, settings: rest, policy: policy as PolicyInfo, judge: judge as string });
}
