import { english } from '../l10n.js';
import { LabelError } from './labelError.js';
import type { RunEvent } from './runEvents.js';

/** If this many first rollouts all fail for the same reason, all later ones are expected to fail too. */
const FEWEST = 64;

/** Detects a run that begins with nothing but one failure: the server refuses something that every request has. */
export class FailedWatch {
  #failure: string | undefined;
  #count = 0;
  #isOver = false;

  /** Counts a newly sampled batch. Returns the error that must end the run, with the server's message. */
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
