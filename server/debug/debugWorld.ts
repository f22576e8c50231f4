import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { NumberRange } from '../reasoning/numberRange.js';
import type { BreakpointSpec } from './breakpoints.js';
import type { EventFeed } from './eventFeed.js';
import type { ForkChange, ForkResult } from './fork.js';

/** A debugged search: the events of one problem, and the actions on them. */
export interface DebugTarget {
  readonly feed: EventFeed;
  /**
   * Returns what is on a line of a file (from 0): an event of the log or a step of the problem; undefined for neither.
   */
  placeOf(path: string, line: number): Promise<Pick<BreakpointSpec, 'event' | 'prefix'> | undefined>;
  /** Forks from everything that the log has so far. Rejects with LabelError or PolicyError. */
  fork(change: ForkChange): Promise<ForkResult>;
  dispose(): Promise<void>;
}

/** Opens targets from launch configurations, which come from a file: every field may be of any type. Rejects with an Error for the user. */
export interface DebugWorld {
  launch(configuration: object): Promise<DebugTarget>;
  attach(configuration: object): Promise<DebugTarget>;
}

/** A text of a configuration. Throws an Error that names the field. */
export function textField(configuration: object, name: string, isOptional = false): string | undefined {
  const value = (configuration as Readonly<Record<string, unknown>>)[name];
  if (typeof value === 'string' && value !== '') return value;
  if (isOptional && (value === undefined || value === '')) return undefined;
  throw new Error(
    `"${name}" of the launch configuration is not a text; ${value === undefined ? 'it is missing' : `it is ${JSON.stringify(value)}`}.`,
  );
}

/** A number of a configuration, within its range. Throws an Error that names the field. */
export function numberField(configuration: object, name: string, { words, has }: NumberRange): number | undefined {
  const value = (configuration as Readonly<Record<string, unknown>>)[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && has(value)) return value;
  throw new Error(`"${name}" of the launch configuration is not ${words}; it is ${JSON.stringify(value)}.`);
}

const suffix = '.events.jsonl';

/** Returns the log to attach to: the file itself or, in a run's folder, the log of `problem`, else the latest one. */
export async function logToAttach(path: string, problem: string | undefined): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Error(`${path} does not exist. "run" names the folder of a run or an event log (*${suffix}).`);
  if (!found.isDirectory()) return resolve(path);
  const names = (await readdir(path)).filter((name) => name.endsWith(suffix) && (problem === undefined || name === `${problem}${suffix}`));
  const logs = await Promise.all(names.map(async (name) => ({ name, time: (await stat(join(path, name))).mtimeMs })));
  const [latest] = logs.sort((a, b) => b.time - a.time);
  if (latest === undefined)
    throw new Error(`${path} has no event log${problem === undefined ? '' : ` of problem "${problem}"`} (*${suffix}).`);
  return resolve(path, latest.name);
}
