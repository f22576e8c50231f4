import { openOwn } from '../disk/openOwn.js';
import { readRegular } from '../disk/readRegular.js';
import { english } from '../l10n.js';
import { FolderError, LabelError } from './labelError.js';
import type { RunEvent } from './runEvents.js';
import { writeRunFile } from './runFiles.js';
import { type RecordedEvent } from './runRecorder.js';
import { digest } from './runSettings.js';

export interface EventLog {
  readonly recorded: readonly RecordedEvent[];
  /** Bytes up to the end of the last complete event line. Anything after it is to be cut off. */
  readonly length: number;
  /** Why the log ends there, if it is followed by complete lines that are not events. */
  readonly damage?: LogDamage;
}

export interface LogDamage {
  /** First damaged line, counted from 1. */
  readonly line: number;
  /** Number of complete lines from there on. */
  readonly lines: number;
}

/** Storage of a problem's log: a file, or a list in a work queue (queue/sharedLog.ts). */
export interface LogStore {
  /** Reads the log up to its first torn or damaged line; no events if nothing is stored yet. */
  read(): Promise<EventLog>;
  /** Opens the log for appending after `length`. Every line is stored before the next event happens. */
  open(length: number): Promise<OpenLog>;
  /** Moves everything after `length` to a separate place and returns where. Absent if the store cannot do this. */
  setAside?(length: number): Promise<string>;
  /** Rewrites the whole log and returns its length in bytes. Absent if the store cannot do this. */
  replace?(text: string): Promise<number>;
}

export interface OpenLog {
  append(line: string): Promise<void>;
  close(): Promise<void>;
}

/** `isSynced`: each batch of rollouts is on the disk before the next request, so that a power failure loses none. */
export function fileLog(path: string, isSynced = true): LogStore {
  return {
    read: () => readEventLog(path),
    open: (length) => openEventLog(path, length, isSynced),
    setAside: (length) => setAside(path, length),
    async replace(text) {
      await writeRunFile(path, text);
      return Buffer.byteLength(text);
    },
  };
}

/** Reads a log up to its first damaged or torn line; no events where there is no file. Rejects with FolderError. */
export async function readEventLog(path: string): Promise<EventLog> {
  const bytes = await readRegular(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw new FolderError(path, error);
  });
  return wholeEvents(bytes);
}

/** Parses a log as it is on disk, where the last line may be torn and any line damaged. */
export function wholeEvents(bytes: Buffer): EventLog {
  const recorded: RecordedEvent[] = [];
  for (let start = 0; ; ) {
    const end = bytes.indexOf(10, start);
    if (end < 0) return { recorded, length: start };
    const line = bytes.toString('utf8', start, end);
    const event = parseEvent(line);
    if (event === undefined || (event.event === 'begin') !== (start === 0)) {
      let lines = 1;
      for (let at = bytes.indexOf(10, end + 1); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
      return { recorded, length: start, damage: { line: recorded.length + 1, lines } };
    }
    recorded.push({ event, line });
    start = end + 1;
  }
}

/**
 * Parses the text of a log from line `first` (from 0) on; all lines must be complete. Throws LabelError that names the
 * line.
 */
export function parseEvents(text: string, path: string, first = 0): RecordedEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      const event = parseEvent(line);
      if (event === undefined || (event.event === 'begin') !== (first + i === 0))
        throw new LabelError(english('{0}:{1}: this line is not an event of a run; the log is damaged.', path, first + i + 1));
      return { event, line };
    });
}

/** Path for the part of a log from its first damaged line on. */
function asidePath(path: string): string {
  return path.replace(/\.events\.jsonl$/, '.damaged');
}

async function setAside(path: string, length: number): Promise<string> {
  const aside = asidePath(path);
  try {
    const log = await openOwn(path);
    try {
      const damaged = await openOwn(aside);
      try {
        await damaged.appendFile((await log.readFile()).subarray(length));
        await damaged.datasync();
      } finally {
        await damaged.close();
      }
      await log.truncate(length);
    } finally {
      await log.close();
    }
  } catch (error) {
    throw new FolderError(path, error);
  }
  return aside;
}

/**
 * Opens a log for appending and cuts it off at `length`. Each line is written to the file before the next event
 * happens. Rejects with FolderError.
 */
async function openEventLog(path: string, length: number, isSynced: boolean): Promise<OpenLog> {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new FolderError(path, error);
    }
  };
  const file = await guarded(async () => {
    const opened = await openOwn(path);
    try {
      await opened.truncate(length);
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  });
  return {
    append: (line) =>
      guarded(async () => {
        await file.appendFile(`${line}\n`);
        if (isSynced && PAID.test(line)) await file.datasync();
      }),
    close: () => guarded(() => file.close()),
  };
}

/** Lines whose loss would cost requests. All other lines follow from them. */
const PAID = /^\{"event":"(?:rollouts|complete|end)"/;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Checks closely only what is used from a log: its beginning and its rollouts. Everything else follows from them, and
 * is compared with the log when a run is resumed.
 */
function parseEvent(line: string): RunEvent | undefined {
  try {
    return eventOf(JSON.parse(line));
  } catch (error) {
    // JSON.parse takes any depth. No run has written a line that is too deep for JSON.stringify.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function eventOf(value: unknown): RunEvent | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as JsonObject;
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

function isBegin({ hash, at: _at, continuation: _continuation, ...rest }: JsonObject): boolean {
  return rest.version === 1 && hash === digest(rest);
}

function isRollout(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as JsonObject;
  if (typeof fields.failure === 'string') return true;
  return isStrings(fields.steps) && ['stop', 'length'].includes(fields.finish as string) && isVerdict(fields);
}

function isVerdict({ verdict, method, answer, reason, judgeFailure }: JsonObject): boolean {
  return (
    ['right', 'wrong', 'undecided'].includes(verdict as string) &&
    typeof method === 'string' &&
    [answer, reason, judgeFailure].every((text) => text === undefined || typeof text === 'string')
  );
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
