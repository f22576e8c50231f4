import { english } from '../l10n.js';
import { LabelError } from './labelError.js';
import type { RunEvent } from './runEvents.js';

/** Rollouts that all have to fail for the same reason before it is taken for one of all that would follow. */
const FEWEST = 64;

/** Watches whether a run begins with nothing but one failure: the server refuses something that every request has. */
export class FailedWatch {
  #failure: string | undefined;
  #count = 0;
  #isOver = false;

  /** Counts a batch that was sampled now; the error that is to end the run, with the server's words. */
  add(event: RunEvent): LabelError | undefined {
    if (event.event !== 'rollouts' || this.#isOver) return undefined;
    for (const rollout of event.rollouts) {
      const failure = 'failure' in rollout ? rollout.failure : undefined;
      this.#failure ??= failure;
      if (failure === undefined || failure !== this.#failure) {
        this.#isOver = true;
        return undefined;
      }
      this.#count++;
    }
    if (this.#count < FEWEST) return undefined;
    return new LabelError(
      english(
        'All of the first {0} rollouts failed: {1} The run ends here; the same command samples them again.',
        this.#count,
        this.#failure ?? '',
      ),
    );
  }
}
