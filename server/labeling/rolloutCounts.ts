import type { BatchCost } from './economy/batchCost.js';
import type { RunEvent } from './runEvents.js';

/** Counts over the rollouts of a run. */
export interface RunRolloutCounts {
  /** All rollouts. Failed and undecided ones are among them. */
  rollouts: number;
  failures: number;
  undecided: number;
  /** Undecided ones for which the judge was asked and gave no verdict. */
  judgeFailures: number;
  /** Requests to the policy, and to a judge. */
  requests: number;
  judgeRequests: number;
  /** Tokens as the servers report them. The judge's are counted separately. */
  promptTokens: number;
  completionTokens: number;
  judgeTokens: number;
  /** Requests to either whose reply lacks token counts. */
  unreported: number;
}

export const COUNTS = [
  'rollouts',
  'failures',
  'undecided',
  'judgeFailures',
  'requests',
  'judgeRequests',
  'promptTokens',
  'completionTokens',
  'judgeTokens',
  'unreported',
] as const satisfies readonly (keyof RunRolloutCounts)[];

export function newCounts(): RunRolloutCounts {
  return Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<(typeof COUNTS)[number], number>;
}

/** Adds the rollouts and cost of a batch to the counts. */
export function countEvent(counts: RunRolloutCounts, event: RunEvent): void {
  if (event.cost !== undefined) countCost(counts, event.cost);
  if (event.event !== 'rollouts') return;
  for (const rollout of event.rollouts) {
    counts.rollouts++;
    if ('failure' in rollout) counts.failures++;
    else if (rollout.verdict === 'undecided') {
      counts.undecided++;
      if (rollout.judgeFailure !== undefined) counts.judgeFailures++;
    }
  }
}

function countCost(counts: RunRolloutCounts, { requests, prompt, completion, unreported = 0, judge }: BatchCost): void {
  counts.requests += requests;
  counts.unreported += unreported;
  counts.promptTokens += prompt;
  counts.completionTokens += completion;
  if (judge === undefined) return;
  counts.judgeRequests += judge.requests;
  counts.judgeTokens += judge.prompt + judge.completion;
}
