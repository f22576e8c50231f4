import type { RolloutView } from '../../../server/protocol/problemView.js';

export interface ListedRollout {
  readonly rollout: RolloutView;
  /** Position in the node's list. */
  readonly index: number;
  readonly copies: number;
}

/** Distinct continuations with their numbers of copies, in the file's order. */
export function distinctRollouts(rollouts: readonly RolloutView[]): ListedRollout[] {
  const byText = new Map<string, { rollout: RolloutView; index: number; copies: number }>();
  rollouts.forEach((rollout, index) => {
    const key = `${rollout.correct} ${rollout.steps.join('\u0000')}`;
    const known = byText.get(key);
    if (known === undefined) byText.set(key, { rollout, index, copies: 1 });
    else known.copies++;
  });
  return [...byText.values()];
}
