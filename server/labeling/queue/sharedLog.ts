import { type EventLog, type LogStore, type OpenLog, readEventLog, wholeEvents } from '../eventLog.js';
import { countEvent, newCounts, type RunRolloutCounts } from '../rolloutCounts.js';
import type { RunEvent } from '../runEvents.js';
import type { SharedRun } from './sharedRun.js';

/** The problem now belongs to another worker: what this one does with it no longer has any effect. */
export class ProblemLost extends Error {
  override readonly name = 'ProblemLost';
}

/**
 * A problem's log in Redis. Only the worker that holds the problem's lock adds to it, line by line. The next worker
 * reads the existing lines and continues, so that no rollout is lost with a worker and none is written twice.
 */
export class SharedLog implements LogStore {
  /** What is in the log. */
  readonly lines: string[] = [];
  /** The log began with the file in this worker's folder, left by an earlier run without a queue. */
  isOfFile = false;
  readonly #run: SharedRun;
  readonly #job: string;
  readonly #token: string;
  readonly #file: string;

  /** `token` holds the lock of `job`; `file` is the path of the problem's log in this worker's folder. */
  constructor(run: SharedRun, job: string, token: string, file: string) {
    this.#run = run;
    this.#job = job;
    this.#token = token;
    this.#file = file;
  }

  async read(): Promise<EventLog> {
    const lines = await this.#run.lines(this.#job);
    this.lines.push(...lines);
    if (lines.length > 0) return { recorded: wholeEvents(Buffer.from(logText(lines))).recorded, length: lines.length };
    const log = await readEventLog(this.#file);
    const [first] = log.recorded;
    // The caller refuses a log of other settings.
    if (first?.event.event !== 'begin' || first.event.hash !== this.#job) return log;
    this.isOfFile = true;
    for (const { line } of log.recorded) await this.#add(line, newCounts());
    return log;
  }

  open(): Promise<OpenLog> {
    return Promise.resolve({
      append: async (line) => {
        const counts = newCounts();
        countEvent(counts, JSON.parse(line) as RunEvent);
        await this.#add(line, counts);
      },
      close: () => Promise.resolve(),
    });
  }

  async #add(line: string, counts: Readonly<RunRolloutCounts>): Promise<void> {
    if (!(await this.#run.append(this.#job, this.#token, this.lines.length, line, counts))) throw new ProblemLost();
    this.lines.push(line);
  }
}

export function logText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
