import type { RunEvent } from './runEvents.js';

/** What is counted of the rollouts of a run. */
export interface RolloutCounts {
  /** All of them; the others below are among these. */
  rollouts: number;
  failures: number;
  undecided: number;
  /** Undecided ones for which the judge was asked and gave no verdict. */
  judgeFailures: number;
  /** As the servers report them. */
  promptTokens: number;
  completionTokens: number;
}

export const COUNTS = [
  'rollouts',
  'failures',
  'undecided',
  'judgeFailures',
  'promptTokens',
  'completionTokens',
] as const satisfies readonly (keyof RolloutCounts)[];

export function newCounts(): RolloutCounts {
  return { rollouts: 0, failures: 0, undecided: 0, judgeFailures: 0, promptTokens: 0, completionTokens: 0 };
}

/** Adds a batch's rollouts to what was sampled. */
export function countEvent(counts: RolloutCounts, event: RunEvent): void {
  if (event.event !== 'rollouts') return;
  counts.promptTokens += event.cost?.prompt ?? 0;
  counts.completionTokens += event.cost?.completion ?? 0;
  for (const rollout of event.rollouts) {
    counts.rollouts++;
    if ('failure' in rollout) counts.failures++;
    else if (rollout.verdict === 'undecided') {
      counts.undecided++;
      if (rollout.judgeFailure !== undefined) counts.judgeFailures++;
    }
  }
}
