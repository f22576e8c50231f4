import type { JudgedRollout } from '../runEvents.js';
import type { Decided } from './stopping.js';

/** How a continuation that is there already ended. A failed one has no text, so its steps are not known. */
export type KnownVerdict = 'right' | 'wrong' | 'undecided';

/**
 * Continuations that count for more than the step they were sampled from. One that writes the same next steps as the solution is,
 * from there on, a continuation of these steps too: given that it came so far, the rest of it is drawn from the policy as a fresh one is.
 * The solution itself is a continuation of each of its steps. Each step takes the first of them in the order they were sampled, so what
 * was seen before does not decide which of them count, and its label is distributed as with as many fresh ones.
 */
export class ContinuationStore {
  readonly #rollouts: { readonly steps: readonly string[]; readonly verdict: KnownVerdict }[] = [];

  /** Adds the rollouts that were sampled from a prefix, in their order. */
  add(prefix: readonly string[], rollouts: readonly JudgedRollout[]): void {
    for (const rollout of rollouts)
      if (!('failure' in rollout)) this.#rollouts.push({ steps: [...prefix, ...rollout.steps], verdict: rollout.verdict });
  }

  /** How those ended that go through a prefix, at most `most`, the first ones first. */
  through(prefix: readonly string[], most: number): KnownVerdict[] {
    const found: KnownVerdict[] = [];
    for (const { steps, verdict } of this.#rollouts) {
      if (found.length === most) break;
      if (steps.length >= prefix.length && prefix.every((step, i) => steps[i] === step)) found.push(verdict);
    }
    return found;
  }
}

export function decidedOf(verdicts: readonly KnownVerdict[]): Decided {
  const correct = verdicts.filter((one) => one === 'right').length;
  return { correct, total: correct + verdicts.filter((one) => one === 'wrong').length };
}
