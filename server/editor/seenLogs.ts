import { stat } from 'node:fs/promises';
import { readEventLog } from '../labeling/eventLog.js';
import type { RunEvent } from '../labeling/runEvents.js';

interface SeenLog {
  readonly size: number;
  readonly mtimeMs: number;
  /** Undefined for a log without events. */
  readonly events: readonly RunEvent[] | undefined;
}

/** Maximum total size of the cached logs, in bytes. */
const mostKept = 64 * 2 ** 20;

/** Cache of event logs: a file of problems needs the logs of all its problems whenever one of them changes. */
export class SeenLogs {
  readonly #logs = new Map<string, SeenLog>();
  #bytes = 0;

  /** The events of a log; undefined where there is none. Rejects with FolderError. */
  async read(path: string): Promise<readonly RunEvent[] | undefined> {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return undefined;
    const { size, mtimeMs } = info;
    const known = this.#logs.get(path);
    if (known?.size === size && known.mtimeMs === mtimeMs) return known.events;
    const { recorded } = await readEventLog(path);
    const events = recorded.length === 0 ? undefined : recorded.map(({ event }) => event);
    this.#forget(path);
    this.#logs.set(path, { size, mtimeMs, events });
    this.#bytes += size;
    for (const oldest of this.#logs.keys()) if (this.#bytes > mostKept) this.#forget(oldest);
    return events;
  }

  #forget(path: string): void {
    this.#bytes -= this.#logs.get(path)?.size ?? 0;
    this.#logs.delete(path);
  }
}
