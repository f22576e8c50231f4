import { setMaxListeners } from 'node:events';
import { fileLog, type LogStore, readEventLog } from '../labeling/eventLog.js';
import { type LabelWorld, labelProblem } from '../labeling/labelProblem.js';
import type { ProblemToLabel, RunEvent } from '../labeling/runEvents.js';
import type { LabelSettings } from '../labeling/runSettings.js';
import { type EventFeed, Handover } from './eventFeed.js';

/**
 * Labels a problem one event at a time: after writing an event to its log, the search waits until the next event is
 * requested. Events that an earlier run recorded are returned first, and are not sampled again.
 */
export function liveSearch(problem: ProblemToLabel, settings: LabelSettings, world: LabelWorld, logFile: string): EventFeed {
  const handover = new Handover();
  const stop = new AbortController();
  // All current rollouts listen to the signal until they end.
  setMaxListeners(0, stop.signal);
  let isReleased = false;
  const gated: LogStore = {
    read: () => readEventLog(logFile),
    async open(length) {
      const log = await fileLog(logFile).open(length);
      return {
        async append(line) {
          await log.append(line);
          if (!isReleased) await handover.offer(JSON.parse(line) as RunEvent);
        },
        close: () => log.close(),
      };
    },
  };
  const run = async (): Promise<void> => {
    for (const { event } of (await gated.read()).recorded) await handover.offer(event);
    await labelProblem(problem, settings, { ...world, logAt: () => gated }, stop.signal);
  };
  const ended = run().then(
    () => handover.end(),
    (error: unknown) => handover.end(stop.signal.aborted ? undefined : error instanceof Error ? error : new Error(String(error))),
  );
  return {
    isLive: true,
    logFile,
    next: (signal) => handover.take(signal),
    async dispose() {
      isReleased = true;
      stop.abort();
      handover.release();
      await ended;
    },
  };
}
