import { english } from '../l10n.js';
import type { EventLog } from './eventLog.js';
import { LabelError } from './labelError.js';
import type { JudgedRollout } from './runEvents.js';
import { type DistinctRollout, nodeOf, type SearchTree } from './searchTree.js';

/** Share of failed rollouts beyond which a problem is not finished. */
export const defaultMostFailed = 0.5;

/** A problem was sampled to its end and has no usable labels: it stays open, and the same command samples it again. */
export class ProblemOpen extends LabelError {
  override readonly name = 'ProblemOpen';
}

/** The error that keeps a problem open: its root has no value, or too many of its rollouts failed. */
export function whyOpen(tree: SearchTree, mostFailed: number, reason: string | undefined): ProblemOpen | undefined {
  const { problem, rollouts, failures } = tree;
  const { value, undecided } = nodeOf(tree, 0);
  const hasNoValue = value === undefined;
  if (!hasNoValue && failures <= mostFailed * rollouts) return undefined;
  const what = hasNoValue
    ? english('no rollout from the question is right or wrong')
    : english('{0} of {1} rollouts failed', failures, rollouts);
  const why = reason ?? (hasNoValue ? whyUndecided(undecided) : undefined);
  return new ProblemOpen(
    why === undefined
      ? english('problem {0} stays open: {1}.', problem.id, what)
      : english('problem {0} stays open: {1}. {2}', problem.id, what, why),
  );
}

/** Why rollouts are undecided, in a sentence; undefined if none is undecided. */
export function whyUndecided(undecided: readonly DistinctRollout[]): string | undefined {
  if (undecided.length === 0) return undefined;
  if (undecided.every(({ rollout }) => rollout.answer === undefined))
    return english(
      'None of them has a final answer that can be read: the policy must end with <answer>…</answer>, \\boxed{…} or "The answer is …".',
    );
  const told = undecided.flatMap(({ rollout: { judgeFailure, reason } }) => judgeFailure ?? reason ?? [])[0];
  return told ?? english('The rules cannot decide their answers, and no judge is set.');
}

/**
 * Returns the part of a log from which an open problem is sampled again: everything before the first batch with too few
 * results. A finished log is left unchanged, unless finished problems are to be retried too.
 */
export function reopened(log: EventLog, mostFailed: number, retryFailed: boolean): EventLog {
  const { recorded } = log;
  if (!retryFailed && recorded.some(({ event }) => event.event === 'end')) return log;
  const at = recorded.findIndex(({ event }) => event.event === 'rollouts' && isPoor(event.rollouts, event.node, mostFailed));
  if (at < 0) return log;
  const kept = recorded.slice(0, at);
  return { recorded: kept, length: kept.reduce((sum, { line }) => sum + Buffer.byteLength(line) + 1, 0) };
}

function isPoor(rollouts: readonly JudgedRollout[], node: number, mostFailed: number): boolean {
  const failed = rollouts.filter((one) => 'failure' in one).length;
  const decided = rollouts.filter((one) => 'verdict' in one && one.verdict !== 'undecided').length;
  return failed > mostFailed * rollouts.length || (node === 0 && decided === 0);
}
