import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { openRegular } from '../disk/readRegular.js';
import { parseEvents } from '../labeling/eventLog.js';
import type { RunEvent } from '../labeling/runEvents.js';
import type { EventFeed } from './eventFeed.js';

/** The file system may miss a change on a network drive, so the log is checked at least this often, in ms. */
const lookMs = 500;

/**
 * A log on disk as a feed. Only complete lines are read. At the end of the log `next` waits for further lines, so that
 * a log which another process or machine is writing can be followed. A log with an `end` event has no more events.
 * Rejects with LabelError that names the line when the log is damaged.
 */
export function logFeed(logFile: string): EventFeed {
  let waiting: RunEvent[] = [];
  /** How many of them were returned. */
  let handed = 0;
  let offset = 0;
  let lines = 0;
  let isEnded = false;
  let damage: Error | undefined;

  async function read(): Promise<void> {
    const file = await openRegular(logFile);
    try {
      const { size } = await file.stat();
      if (size <= offset) return;
      const { buffer } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
      const length = buffer.lastIndexOf(10) + 1;
      for (const line of buffer.toString('utf8', 0, length).split('\n').slice(0, -1)) {
        for (const { event } of parseEvents(`${line}\n`, logFile, lines)) {
          waiting.push(event);
          isEnded ||= event.event === 'end';
        }
        lines++;
      }
      offset += length;
    } finally {
      await file.close();
    }
  }

  return {
    isLive: false,
    logFile,
    async next(signal) {
      for (;;) {
        const event = waiting[handed];
        if (event !== undefined) {
          handed++;
          return event;
        }
        waiting = [];
        handed = 0;
        if (damage) throw damage;
        // Complete events before a damaged line are returned first.
        await read().catch((error: unknown) => (damage = error as Error));
        if (damage) continue;
        if (waiting.length > 0) continue;
        if (isEnded) return undefined;
        await changed(logFile, signal);
      }
    },
    dispose: () => Promise.resolve(),
  };
}

/** Resolves when the file changes, or after `lookMs`. Rejects with AbortError. */
async function changed(path: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      watcher.close();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, lookMs);
    const watcher = watch(dirname(path), (_, name) => {
      if (name === basename(path)) done();
    });
    watcher.on('error', () => undefined);
    signal.addEventListener('abort', done, { once: true });
  });
  signal.throwIfAborted();
}
