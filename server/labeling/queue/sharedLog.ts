import { type EventLog, type LogStore, type OpenLog, readEventLog, wholeEvents } from '../eventLog.js';
import { countEvent, newCounts, type RunRolloutCounts } from '../rolloutCounts.js';
import type { RunEvent } from '../runEvents.js';
import type { SharedRun } from './sharedRun.js';

/** The problem is another worker's by now: what this one does with it has no effect any more. */
export class ProblemLost extends Error {
  override readonly name = 'ProblemLost';
}

/**
 * A problem's log in Redis. Only the worker that holds the problem's lock adds to it, line by line; the next one reads what
 * is there and continues, so that no rollout is lost with a worker and none is written twice.
 */
export class SharedLog implements LogStore {
  /** What is in the log. */
  readonly lines: string[] = [];
  /** It began with the file in this worker's folder, which an earlier run without a queue left. */
  isOfFile = false;
  readonly #run: SharedRun;
  readonly #job: string;
  readonly #token: string;
  readonly #file: string;

  /** `token` is what the lock of `job` is held with; `file` is where the problem's log is in this worker's folder. */
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
    // One of other settings is refused by who asked.
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
