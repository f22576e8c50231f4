import { mkdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeWhole } from '../files/writeWhole.js';
import { type LabelWorld, labelProblem } from './labelProblem.js';
import { PolicyError, type PolicyInfo } from './policy.js';
import { countEvent, newCounts, type RolloutCounts } from './rolloutCounts.js';
import type { LabelProblem, RunEvent } from './runEvents.js';
import { removeRun, runFile } from './runFiles.js';
import { LabelError } from './runRecorder.js';
import { differences, digest, type LabelSettings } from './runSettings.js';
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

/**
 * Labels problems into a folder, some at once. The same call again skips the finished ones and goes on with the others.
 * Rejects with AbortError when cancelled, PolicyError when the policy cannot be used, and LabelError when the folder holds a
 * run of other settings or too many rollouts are undecided; a problem that cannot be labeled is reported and costs no other.
 */
export async function labelRun({ problems, settings, jobs, restart, ...options }: RunOptions, world: LabelWorld): Promise<RunSummary> {
  const info = await world.policy.describe();
  if (restart) await removeRun(world.folder);
  await beginRun(world, settings, info, options.problemsFile);
  const summary = { done: 0, skipped: 0, failed: 0, ...newCounts() };
  const undecided = new UndecidedWatch(options.mostUndecided);
  const waiting = [...problems];
  // One problem's fatal error ends the others before it is told.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const work = async (): Promise<void> => {
    for (let problem = waiting.shift(); problem !== undefined; problem = waiting.shift()) {
      signal.throwIfAborted();
      const outcome = await labelOne(problem, settings, world, signal, (event, isRecorded) => {
        if (!isRecorded) countEvent(summary, event);
        const tooMany = undecided.add(problem, event);
        if (tooMany !== undefined) stop.abort(tooMany);
        options.onEvent?.(problem, event, isRecorded);
      });
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
): Promise<ProblemOutcome> {
  try {
    const { isSkipped } = await labelProblem(problem, settings, world, signal, onEvent);
    return { kind: isSkipped ? 'skipped' : 'done' };
  } catch (error) {
    if (signal.aborted || error instanceof PolicyError) throw error;
    return { kind: 'failed', message: error instanceof LabelError ? error.message : `problem ${problem.id}: ${(error as Error).message}` };
  }
}

/** Writes run.json, or makes sure that the one there is of the same run: problems may have come and gone. */
export async function beginRun(
  { folder, judge }: LabelWorld,
  settings: LabelSettings,
  policy: PolicyInfo,
  problemsFile: string,
): Promise<void> {
  const made = {
    version: 1,
    settings: Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))),
    policy,
    judge: judge.fingerprint,
  };
  const path = runFile(folder);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new LabelError(
      `${folder} cannot be made a folder (${(error as NodeJS.ErrnoException).code ?? String(error)}); choose another with --out.`,
    );
  }
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined)
    return await writeWhole(path, `${JSON.stringify({ ...made, problems: basename(problemsFile), hash: digest(made) }, null, 2)}\n`);
  const there = readRun(text);
  if (there?.hash === digest(made)) return;
  const why =
    there === undefined ? `${path} cannot be read` : `${folder} holds a run with other settings (${differences(flat(there), flat(made))})`;
  throw new LabelError(`${why}. Write into another folder (--out), or throw the old run away (--restart).`);
}

type RunJson = Readonly<Record<string, unknown>>;

function readRun(text: string): RunJson | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as RunJson) : undefined;
  } catch {
    return undefined;
  }
}

function flat({ settings, policy, judge }: RunJson): Record<string, unknown> {
  return { ...(settings as object), policy: (policy as Partial<PolicyInfo> | undefined)?.fingerprint, judge };
}
