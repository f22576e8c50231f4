import { setTimeout as pause } from 'node:timers/promises';
import { ClaimHeld } from './claim.js';
import { type LabelWorld, labelProblem } from './labelProblem.js';
import { PolicyError } from './policy.js';
import { countEvent, newCounts, type RolloutCounts } from './rolloutCounts.js';
import type { LabelProblem, RunEvent } from './runEvents.js';
import { removeRun } from './runFiles.js';
import { beginRun } from './runJson.js';
import { lockRun, refuseIfAlone } from './runLock.js';
import { FolderError, LabelError } from './runRecorder.js';
import type { LabelSettings } from './runSettings.js';
import { UndecidedWatch } from './undecided.js';

export interface RunOptions {
  readonly problems: readonly LabelProblem[];
  /** Where they come from: its name is written into run.json. */
  readonly problemsFile: string;
  readonly settings: LabelSettings;
  /** Problems at once, >= 1. The files do not depend on it. */
  readonly jobs: number;
  /** Throw away what the folder holds of earlier runs. */
  readonly restart: boolean;
  /** Share of the judged rollouts, in [0, 1], beyond which undecided ones stop the run (default: 0.5). */
  readonly mostUndecided?: number;
  /** Other processes label problems of the same folder at the same time: each problem is labeled by one of them. */
  readonly isShared?: boolean;
  readonly signal: AbortSignal;
  onEvent?(problem: LabelProblem, event: RunEvent, isRecorded: boolean): void;
  onProblem?(problem: LabelProblem, outcome: ProblemOutcome): void;
}

/** `failed`: this problem only, with why. */
export type ProblemOutcome = { readonly kind: 'done' | 'skipped' } | { readonly kind: 'failed'; readonly message: string };

/** How a run went; the rollouts are those sampled now, not by an earlier run. */
export interface RunSummary extends Readonly<RolloutCounts> {
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
}

/** How often a shared run looks again at problems that other processes have. */
const LOOK_MS = 500;

/**
 * Labels problems into a folder, some at once. The same call again skips the finished ones and continues with the others. A
 * run has its folder for itself, unless it is shared. Rejects with AbortError when cancelled, PolicyError when the policy
 * cannot be used, and LabelError when the folder cannot be used, another process has it, it holds a run of other settings, or
 * too many rollouts are undecided; a problem that cannot be labeled is reported and costs no other.
 */
export async function labelRun(options: RunOptions, world: LabelWorld): Promise<RunSummary> {
  const { settings, restart, isShared = false } = options;
  const info = await world.policy.describe();
  if (isShared) {
    await beginRun(world, settings, info, options.problemsFile);
    return await labelProblems(options, world);
  }
  const lock = await lockRun(world.folder);
  try {
    if (restart) await removeRun(world.folder);
    await beginRun(world, settings, info, options.problemsFile);
    return await labelProblems(options, world);
  } finally {
    await lock.release();
  }
}

async function labelProblems(options: RunOptions, world: LabelWorld): Promise<RunSummary> {
  const { problems, settings, jobs, isShared = false } = options;
  const summary = { done: 0, skipped: 0, failed: 0, ...newCounts() };
  const undecided = new UndecidedWatch(options.mostUndecided);
  const waiting = [...problems];
  // One problem's fatal error ends the others before it is reported.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const work = async (): Promise<void> => {
    for (let problem = waiting.shift(); problem !== undefined; problem = waiting.shift()) {
      signal.throwIfAborted();
      if (isShared) await refuseIfAlone(world.folder);
      const outcome = await labelOne(problem, settings, world, signal, (event, isRecorded) => {
        if (!isRecorded) countEvent(summary, event);
        const tooMany = undecided.add(problem, event);
        if (tooMany !== undefined) stop.abort(tooMany);
        options.onEvent?.(problem, event, isRecorded);
      });
      if (outcome.kind === 'held') {
        if (isShared) {
          // Another process has it: the others first, then it is looked at again until it is finished or given up.
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
  const workers = Array.from({ length: Math.min(jobs, problems.length) }, () =>
    work().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const ends = await Promise.allSettled(workers);
  if (ends.some(({ status }) => status === 'rejected')) signal.throwIfAborted();
  return summary;
}

/** The policy's and the system's own failures end a run: the next problem would meet them too. */
async function labelOne(
  ...[problem, settings, world, signal, onEvent]: Required<Parameters<typeof labelProblem>>
): Promise<ProblemOutcome | { readonly kind: 'held'; readonly message: string }> {
  try {
    const { isSkipped } = await labelProblem(problem, settings, world, signal, onEvent);
    return { kind: isSkipped ? 'skipped' : 'done' };
  } catch (error) {
    if (signal.aborted || error instanceof PolicyError || error instanceof FolderError) throw error;
    if (error instanceof ClaimHeld) return { kind: 'held', message: error.message };
    return { kind: 'failed', message: error instanceof LabelError ? error.message : `problem ${problem.id}: ${(error as Error).message}` };
  }
}
