import { Script } from 'node:vm';

/** Work that did not end in its time. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/** Does what a model's files ask for and ends it after `ms`: they may ask for a loop without end. `work` is synchronous. */
export function withinTime<T>(ms: number, work: () => T): T {
  try {
    return new Script('work()').runInNewContext({ work }, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TimeLimitError(`it did not end within ${ms / 1000} s`);
  }
}
