import { type FileHandle, open, readFile } from 'node:fs/promises';
import type { RunEvent } from './runEvents.js';
import { LabelError, type RecordedEvent } from './runRecorder.js';
import { digest } from './runSettings.js';

export interface EventLog {
  readonly recorded: readonly RecordedEvent[];
  /** Bytes up to the end of the last whole line: what a killed run left behind it is to be cut off. */
  readonly length: number;
}

/** Where a problem's log is kept: a file, or what a work queue holds of it (queue/sharedLog.ts). */
export interface LogStore {
  /** Without a torn last line; no events where nothing is kept yet. Rejects with LabelError when it is damaged. */
  read(): Promise<EventLog>;
  /** Goes on behind `length`: every line is kept before the next event happens. */
  open(length: number): Promise<OpenLog>;
}

export interface OpenLog {
  append(line: string): Promise<void>;
  close(): Promise<void>;
}

export function fileLog(path: string): LogStore {
  return { read: () => readEventLog(path), open: (length) => openEventLog(path, length) };
}

/** Reads a log without its torn last line; no events where there is no file. Rejects with LabelError when it is damaged. */
export async function readEventLog(path: string): Promise<EventLog> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw new LabelError(`${path} cannot be read (${error.code ?? error.message}).`);
  });
  return wholeEvents(bytes, path);
}

/** A log as it is on disk, where its last line may be torn. Throws LabelError that names the line. */
export function wholeEvents(bytes: Buffer, path: string): EventLog {
  const length = bytes.lastIndexOf(10) + 1;
  return { recorded: parseEvents(bytes.toString('utf8', 0, length), path), length };
}

/** The events of a log's text from line `first` (from 0) on, all of its lines whole. Throws LabelError that names the line. */
export function parseEvents(text: string, path: string, first = 0): RecordedEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      const event = parseEvent(line);
      if (event === undefined || (event.event === 'begin') !== (first + i === 0)) {
        throw new LabelError(
          `${path}:${first + i + 1}: this line is not an event of a run; the log is damaged. Run again with --restart, or into another folder.`,
        );
      }
      return { event, line };
    });
}

/**
 * Appends lines, each written through to the file before the next event happens. What stands behind `length` is cut off.
 * Rejects with LabelError when the file cannot be written.
 */
async function openEventLog(path: string, length: number): Promise<OpenLog> {
  let file: FileHandle;
  try {
    file = await open(path, 'a');
    await file.truncate(length);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new LabelError(`${path} cannot be written (${code ?? message}).`);
  }
  return {
    append: async (line) => {
      await file.appendFile(`${line}\n`);
    },
    close: () => file.close(),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Only what is taken from a log is looked at closely: how it began, and its rollouts. Everything else follows from them, and
 * is compared with what a log says when a run goes on.
 */
function parseEvent(line: string): RunEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Fields;
  const isEvent =
    fields.event === 'begin'
      ? isBegin(fields)
      : fields.event === 'rollouts'
        ? isCount(fields.node) && isCount(fields.seed) && Array.isArray(fields.rollouts) && fields.rollouts.every(isRollout)
        : fields.event === 'complete'
          ? isCount(fields.node) && isVerdict(fields)
          : fields.event === 'node'
            ? isCount(fields.node) && isCount(fields.parent) && isStrings(fields.steps) && typeof fields.assumed === 'boolean'
            : fields.event === 'value'
              ? isCount(fields.node) && isCount(fields.correct) && isCount(fields.total) && typeof fields.value === 'number'
              : fields.event === 'selected'
                ? isCount(fields.node) && isCount(fields.rollout)
                : fields.event === 'move'
                  ? isCount(fields.node)
                  : fields.event === 'end';
  return isEvent ? (value as RunEvent) : undefined;
}

function isBegin({ hash, ...rest }: Fields): boolean {
  return rest.version === 1 && hash === digest(rest);
}

function isRollout(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Fields;
  if (typeof fields.failure === 'string') return true;
  return isStrings(fields.steps) && ['stop', 'length'].includes(fields.finish as string) && isVerdict(fields);
}

function isVerdict({ verdict, method, answer, judgeFailure }: Fields): boolean {
  return (
    ['right', 'wrong', 'undecided'].includes(verdict as string) &&
    typeof method === 'string' &&
    [answer, judgeFailure].every((text) => text === undefined || typeof text === 'string')
  );
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
