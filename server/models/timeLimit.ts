import { createContext, Script } from 'node:vm';
import { english } from '../l10n.js';

/** Work that did not end in its time. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/** Only code in a vm context can have a time limit. The context is created once, in 1 ms; a call takes 50 µs. */
const place: { work?: () => unknown } = {};
const context = createContext(place);
const script = new Script('work()');

/** How many times longer than its limit work may take on a machine that is busy with something else. */
const mostWait = 10;

/**
 * Runs `work`, which a model's files control, and stops it after `ms` of processor time, because it may loop forever.
 * `work` is synchronous. It is run again with more time when the processor was mostly busy with something else.
 */
export function withinTime<T>(ms: number, work: () => T): T {
  const before = process.cpuUsage();
  try {
    return runFor(ms, work);
  } catch (error) {
    const share = usedMs(before) / ms;
    if (!(error instanceof TimeLimitError) || share > 0.8) throw error;
    return runFor(ms * Math.min(mostWait, 1.5 / Math.max(share, 0.01)), work);
  }
}

function usedMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function runFor<T>(ms: number, work: () => T): T {
  place.work = work;
  try {
    return script.runInContext(context, { timeout: Math.ceil(ms) }) as T;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TimeLimitError(english('it did not end within {0} s', ms / 1000));
  } finally {
    delete place.work;
  }
}
