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

type JsonObject = Readonly<Record<string, unknown>>;

/** The problems of a run: the name of their file, and their ids. */
export interface RunProblems {
  readonly file: string;
  readonly ids: readonly string[];
}

/**
 * Writes run.json, or checks that the existing one is of the same run and updates its list of problems, which may have
 * changed. If it is missing, empty or torn, it is written again, provided the logs beside it are of this run. Rejects
 * with LabelError.
 */
export async function beginRun(
  { folder, judge, report }: LabelWorld,
  settings: LabelSettings,
  policy: PolicyInfo,
  problems: RunProblems,
): Promise<void> {
  const ids = [...problems.ids].sort();
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
  if (there?.fields['hash'] === digest(made) && String(there.ids) === String(ids)) return;
  const known = there === undefined ? await runOfLogs(folder) : flat(there.fields);
  const changed = known === undefined ? '' : differences(known, flat(made), canGrow);
  if (changed !== '')
    throw new LabelError(
      `${folder} has a run with other settings (${changed}). Write into another folder (--out), or discard the old run (--restart).`,
    );
  await writeRunFile(path, `${JSON.stringify({ ...made, problems: basename(problems.file), ids, hash: digest(made) }, null, 2)}\n`);
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

/** The method of a run and the ids of its problems, begun or not; undefined where run.json is missing or damaged. Rejects with FolderError. */
export async function listedProblems(
  folder: string,
): Promise<{ readonly method: BeginEvent['method']; readonly ids: readonly string[] } | undefined> {
  const text = await readText(runFile(folder));
  const run = text === undefined ? undefined : readRun(text);
  return run && { method: (run.fields['settings'] as BeginEvent).method, ids: run.ids };
}

/** Parses run.json; undefined when it is not complete. Runs of earlier versions list no problems. */
function readRun(text: string): { readonly fields: JsonObject; readonly ids: readonly string[] } | undefined {
  try {
    const { hash, problems: _, ids, ...rest } = JSON.parse(text) as JsonObject;
    if (hash !== digest(rest)) return undefined;
    return { fields: { ...rest, hash }, ids: Array.isArray(ids) ? ids.filter((one) => typeof one === 'string') : [] };
  } catch {
    return undefined;
  }
}

/** Returns the settings from the first line of any log that has one: all logs of a folder are of one run. */
async function runOfLogs(folder: string): Promise<JsonObject | undefined> {
  for (const log of (await filesIn(folder)).logs) {
    const begin = await firstEvent(log);
    if (begin === undefined) continue;
    const { problem: _, ...rest } = begin;
    return comparable(rest);
  }
  return undefined;
}

/** Maximum bytes of a first line, which is a question, an answer and settings. */
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

function flat({ settings, policy, judge }: JsonObject): JsonObject {
  const { method, seed, ...rest } = settings as BeginEvent['settings'] & Pick<BeginEvent, 'method' | 'seed'>;
  return comparable({ method, seed, settings: rest, policy: policy as PolicyInfo, judge: judge as string });
}
