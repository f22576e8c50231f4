import type { JudgedRollout } from '../runEvents.js';
import type { Decided } from './stopping.js';

/** Verdict of an existing continuation. Failed ones are left out: they have no text, so their steps are not known. */
export type KnownVerdict = 'right' | 'wrong' | 'undecided';

/**
 * Continuations that count for more than the step they were sampled from. One that writes the same next steps as the
 * solution is, from there on, also a continuation of these steps: given that it got so far, its rest is drawn from the
 * policy like the rest of a fresh one. The solution itself is a continuation of each of its steps. Each step takes the
 * first of them in sampling order, so earlier outcomes do not decide which of them count, and its label has the same
 * distribution as with as many fresh ones.
 */
export class ContinuationStore {
  readonly #rollouts: { readonly steps: readonly string[]; readonly verdict: KnownVerdict }[] = [];

  /** Adds the rollouts that were sampled from a prefix, in their order. */
  add(prefix: readonly string[], rollouts: readonly JudgedRollout[]): void {
    for (const rollout of rollouts)
      if (!('failure' in rollout)) this.#rollouts.push({ steps: [...prefix, ...rollout.steps], verdict: rollout.verdict });
  }

  /** Returns the verdicts of the rollouts that begin with a prefix: the first ones added, at most `most`. */
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
