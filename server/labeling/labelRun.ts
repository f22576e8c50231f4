import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { english } from '../l10n.js';
import { Breaker, OutageError } from './breaker.js';
import { ClaimHeld } from './claim.js';
import { FailedWatch } from './failedWatch.js';
import { JobScaler } from './jobScaler.js';
import { FolderError, LabelError } from './labelError.js';
import { type LabelWorld, labelProblem } from './labelProblem.js';
import { ProblemOpen } from './openProblem.js';
import { PolicyAway, PolicyError, type PolicyInfo } from './policy.js';
import { countEvent, newCounts, type RunRolloutCounts } from './rolloutCounts.js';
import type { ProblemToLabel, RunEvent } from './runEvents.js';
import { removeRun } from './runFiles.js';
import { beginRun } from './runJson.js';
import { lockRun, refuseIfAlone } from './runLock.js';
import type { LabelSettings } from './runSettings.js';
import { UndecidedWatch } from './undecided.js';

export interface RunOptions {
  readonly problems: readonly ProblemToLabel[];
  /** File with the problems. Its name is written into run.json. */
  readonly problemsFile: string;
  /** All problems of the run, listed in run.json, if `problems` is only a part of them. */
  readonly listed?: readonly ProblemToLabel[];
  readonly settings: LabelSettings;
  /** Number of problems labeled at once, >= 1. The files do not depend on it. */
  readonly jobs: number;
  /** The number of problems at once grows up to this while that makes the policy faster. */
  readonly mostJobs?: number;
  /** Delete the files of earlier runs from the folder. */
  readonly restart: boolean;
  /** A larger share of undecided rollouts among the judged ones stops the run, in [0, 1] (default: 0.5). */
  readonly mostUndecided?: number;
  /** Other processes label problems of the same folder at the same time: each problem is labeled by one of them. */
  readonly isShared?: boolean;
  readonly signal: AbortSignal;
  onEvent?(problem: ProblemToLabel, event: RunEvent, isRecorded: boolean): void;
  onProblem?(problem: ProblemToLabel, outcome: ProblemOutcome): void;
}

/**
 * `failed`: only this problem failed, for the given reason. `open`: no usable labels yet; the same run samples it
 * again.
 */
export type ProblemOutcome = { readonly kind: 'done' | 'skipped' } | { readonly kind: 'failed' | 'open'; readonly message: string };

/** Outcome of a run. The counts are of rollouts sampled now, not by an earlier run. */
export interface RunSummary extends Readonly<RunRolloutCounts> {
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly open: number;
}

/** ms between two checks of the problems that other processes are labeling. */
const LOOK_MS = 500;

/**
 * Labels problems into a folder, several at once. The same call again skips the finished ones and continues with the
 * others. A run uses its folder alone, unless it is shared. A problem that cannot be labeled is reported and does not
 * affect the others. Rejects with AbortError when cancelled, PolicyError when the policy cannot be used, OutageError
 * when it has failed for too long, and LabelError when the folder cannot be used, is held by another process or has a
 * run of other settings, when too many rollouts are undecided, or when all of the first ones failed for one reason.
 */
export async function labelRun(options: RunOptions, world: LabelWorld): Promise<RunSummary> {
  const { settings, restart, isShared = false, listed = options.problems } = options;
  const ofRun = { file: options.problemsFile, ids: listed.map(({ id }) => id) };
  const info = await describePolicy(world, options.signal);
  if (isShared) {
    await beginRun(world, settings, info, ofRun);
    return await labelProblems(options, world);
  }
  const lock = await lockRun(world.folder);
  try {
    if (restart) await removeRun(world.folder);
    await beginRun(world, settings, info, ofRun);
    return await labelProblems(options, world);
  } finally {
    await lock.release();
  }
}

/** Describes the policy. Waits while it is unavailable, as the problems do later. */
async function describePolicy({ policy, breaker = new Breaker() }: LabelWorld, signal: AbortSignal): Promise<PolicyInfo> {
  const described = await breaker.run(
    () =>
      policy.describe(signal).catch((error: unknown) => {
        if (error instanceof PolicyAway) return error;
        throw error;
      }),
    (result) => (result instanceof PolicyAway ? result.message : undefined),
    signal,
  );
  if (described instanceof PolicyAway) throw described;
  return described;
}

async function labelProblems(options: RunOptions, world: LabelWorld): Promise<RunSummary> {
  const { problems, settings, jobs, isShared = false } = options;
  const summary = { done: 0, skipped: 0, failed: 0, open: 0, ...newCounts() };
  const undecided = new UndecidedWatch(options.mostUndecided);
  const failed = new FailedWatch();
  const waiting = [...problems];
  const scaler = new JobScaler(jobs, options.mostJobs ?? jobs);
  // A fatal error of one problem ends the others before it is reported.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // All running batches listen to this signal, and stop listening when they end.
  setMaxListeners(0, signal);
  const work = async (): Promise<void> => {
    for (let problem = waiting.shift(); problem !== undefined; problem = waiting.shift()) {
      signal.throwIfAborted();
      if (isShared) await refuseIfAlone(world.folder);
      const outcome = await labelOne(problem, settings, world, signal, (event, isRecorded) => {
        if (!isRecorded) countEvent(summary, event);
        const tooMany = undecided.add(problem, event);
        const allFailed = isRecorded ? undefined : failed.add(event);
        if ((tooMany ?? allFailed) !== undefined) stop.abort(tooMany ?? allFailed);
        if (event.event === 'rollouts' && !isRecorded) begin(scaler.note(event.rollouts.length, performance.now()));
        options.onEvent?.(problem, event, isRecorded);
      });
      if (outcome.kind === 'held') {
        if (isShared) {
          // Another process has it. The others come first; then it is checked until it is finished or released.
          if (waiting.length < jobs) await pause(LOOK_MS, undefined, { signal });
          waiting.push(problem);
          continue;
        }
        summary.failed++;
        options.onProblem?.(problem, { kind: 'failed', message: outcome.message });
        continue;
      }
      summary[outcome.kind]++;
      options.onProblem?.(problem, outcome);
    }
  };
  const workers: Promise<void>[] = [];
  const begin = (count: number): void => {
    for (let i = 0; i < Math.min(count, waiting.length); i++)
      workers.push(
        work().catch((error: unknown) => {
          stop.abort(error);
        }),
      );
  };
  begin(jobs);
  // The loop also waits for workers that start later.
  for (const worker of workers) await worker;
  if (stop.signal.aborted || options.signal.aborted) signal.throwIfAborted();
  return summary;
}

/** Failures of the policy and the system end a run, because the next problem would meet them too. */
async function labelOne(
  ...[problem, settings, world, signal, onEvent]: Required<Parameters<typeof labelProblem>>
): Promise<ProblemOutcome | { readonly kind: 'held'; readonly message: string }> {
  try {
    const { isSkipped } = await labelProblem(problem, settings, world, signal, onEvent);
    return { kind: isSkipped ? 'skipped' : 'done' };
  } catch (error) {
    if (signal.aborted || [PolicyError, FolderError, OutageError].some((one) => error instanceof one)) throw error;
    if (error instanceof ProblemOpen) return { kind: 'open', message: error.message };
    if (error instanceof ClaimHeld) return { kind: 'held', message: error.message };
    return {
      kind: 'failed',
      message: error instanceof LabelError ? error.message : english('problem {0}: {1}', problem.id, (error as Error).message),
    };
  }
}
