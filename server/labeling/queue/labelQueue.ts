import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Job, WaitingError, Worker } from 'bullmq';
import { OutageError } from '../breaker.js';
import { readEventLog } from '../eventLog.js';
import { LabelError } from '../labelError.js';
import { type LabelWorld, labelProblem } from '../labelProblem.js';
import { type ProblemOutcome, type RunOptions, type RunSummary } from '../labelRun.js';
import { PolicyError } from '../policy.js';
import type { ProblemToLabel } from '../runEvents.js';
import { problemFiles, writeRunFile } from '../runFiles.js';
import { beginRun } from '../runJson.js';
import { beginEvent, digest, type LabelSettings } from '../runSettings.js';
import { UndecidedWatch } from '../undecided.js';
import { logText, ProblemLost, SharedLog } from './sharedLog.js';
import { type JobResult, type SharedProgress, SharedRun } from './sharedRun.js';

export interface LabelQueueOptions
  extends Pick<RunOptions, 'problems' | 'problemsFile' | 'settings' | 'jobs' | 'mostUndecided' | 'signal'> {
  /** `redis://host[:port][/db]`. */
  readonly address: string;
  /** ms without a sign of life after which a worker's problems are given to others. */
  readonly stalledAfter: number;
  /** Called with the progress of all workers together. */
  onProgress?(progress: SharedProgress): void;
  /** Called with the outcome of each problem, when all are finished. */
  onProblem?(problem: ProblemToLabel, outcome: ProblemOutcome): void;
  /** Reports temporary trouble that passes or is waited out, such as an unavailable server. */
  onTrouble?(message: string): void;
}

/** A problem is given up when its workers have stalled this many times. */
const MOST_STALLS = 5;
const LOOK_MS = 300;
/** ms in which a cancelled worker tries to give its problems back. Otherwise others take them when its locks expire. */
const GIVE_BACK_MS = 3000;

/**
 * Labels problems together with every other process that calls this with the same problems, settings, policy and
 * server. Each problem is labeled by one of them. Resolves in all of them when the whole run is finished, with the same
 * summary.
 *
 * The log of a problem is written in Redis, under the problem's lock (sharedLog.ts). When it is finished, its files are
 * written into the folder of the worker that labeled it. When the run is over, every worker with another folder gets
 * the same files from the log. So a shared folder is written once, and separate folders are all complete.
 *
 * Rejects as `labelRun` does, and with LabelError when the server cannot be used. A cancelled worker gives its problems
 * back.
 */
export async function labelQueue(options: LabelQueueOptions, world: LabelWorld): Promise<RunSummary> {
  const { problems, problemsFile, settings, address, stalledAfter } = options;
  const info = await world.policy.describe(options.signal);
  const shared = problems.map((problem) => ({
    problem,
    id: problem.id,
    job: beginEvent(problem, settings, info, world.judge.fingerprint).hash,
  }));
  const run = await SharedRun.open(digest(shared.map(({ job }) => job).sort()), address, shared, stalledAfter);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let worker: Worker<unknown, JobResult> | undefined;
  const work = async (): Promise<RunSummary> => {
    await run.exclusively(() => beginRun(world, settings, info, { file: problemsFile, ids: problems.map(({ id }) => id) }));
    await run.enqueue();
    worker = startWorker(run, options, world, signal, stop);
    const progress = await finished(run, options, signal);
    const outcomes = await run.outcomes();
    const { finished: _all, ...counts } = progress;
    const summary = { done: 0, skipped: 0, failed: 0, open: 0, ...counts };
    for (const { problem, job } of shared) {
      const found = outcomes.get(problem.id) ?? {
        kind: 'failed',
        message: `problem ${problem.id}: the queue has lost its outcome; run the same command again.`,
      };
      const outcome = await collect(problem, found, job, run, settings, world);
      summary[outcome.kind]++;
      options.onProblem?.(problem, outcome);
    }
    await worker.close();
    await run.leave(signal);
    return summary;
  };
  try {
    // Requests to an unavailable server do not even fail, so cancellation must end the wait.
    return await Promise.race([work(), aborted(signal)]);
  } finally {
    stop.abort();
    const given = Promise.resolve(worker?.close()).then(() => run.quit());
    await Promise.race([given.catch(() => undefined), pause(GIVE_BACK_MS, undefined, { ref: false })]);
    await run.close();
  }
}

function startWorker(
  run: SharedRun,
  options: LabelQueueOptions,
  world: LabelWorld,
  signal: AbortSignal,
  stop: AbortController,
): Worker<unknown, JobResult> {
  const { problems, settings, jobs, stalledAfter } = options;
  const undecided = new UndecidedWatch(options.mostUndecided);
  const byId = new Map(problems.map((problem) => [problem.id, problem]));
  const label = async ({ name, id = '' }: Job<unknown, JobResult>, token: string): Promise<JobResult> => {
    const problem = byId.get(name);
    if (problem === undefined) throw new Error(`problem ${name} is not in this run`);
    const file = problemFiles(world.folder, problem.id, settings.method).log;
    const log = new SharedLog(run, id, token, file);
    const { isSkipped } = await labelProblem(problem, settings, { ...world, logAt: () => log }, signal, (event) => {
      const tooMany = undecided.add(problem, event);
      if (tooMany !== undefined) stop.abort(tooMany);
    });
    if (isSkipped && log.isOfFile) return { kind: 'skipped' };
    await writeRunFile(file, logText(log.lines));
    return { kind: 'done' };
  };
  const worker = new Worker<unknown, JobResult>(
    run.name,
    async (job, token = '') => {
      try {
        return await label(job, token);
      } catch (error) {
        if (error instanceof PolicyError || error instanceof OutageError) stop.abort(error);
        if (signal.aborted) await job.moveToWait(token);
        // Neither a success nor a failure: the problem no longer belongs to this worker.
        throw signal.aborted || error instanceof ProblemLost ? new WaitingError() : error;
      }
    },
    // The name is for people who inspect the queue.
    {
      name: `${hostname()}:${process.pid}`,
      connection: run.connection,
      prefix: run.prefix,
      skipVersionCheck: true,
      concurrency: jobs,
      lockDuration: stalledAfter,
      stalledInterval: stalledAfter,
      maxStalledCount: MOST_STALLS,
    },
  );
  // Close at once, so that the worker takes no other problem when it gives its own back.
  signal.addEventListener('abort', () => void worker.close(), { once: true });
  // One message each time the connection is lost, for any number of connections and attempts.
  let isAway = false;
  worker.on('ready', () => (isAway = false));
  worker.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== undefined && !isAway) options.onTrouble?.(`the Redis server is away (${code}); waiting for it`);
    isAway ||= code !== undefined;
  });
  return worker;
}

/** Resolves when every problem is labeled or given up. */
async function finished(run: SharedRun, options: LabelQueueOptions, signal: AbortSignal): Promise<SharedProgress> {
  for (;;) {
    const progress = await run.progress();
    options.onProgress?.(progress);
    if (progress.finished >= options.problems.length) return progress;
    await pause(LOOK_MS, undefined, { signal });
  }
}

/** Writes the files of a finished problem if this worker's folder lacks them. */
async function collect(
  problem: ProblemToLabel,
  outcome: ProblemOutcome,
  job: string,
  run: SharedRun,
  settings: LabelSettings,
  world: LabelWorld,
): Promise<ProblemOutcome> {
  if (outcome.kind === 'failed') return outcome;
  const { log } = problemFiles(world.folder, problem.id, settings.method);
  const isThere = async (): Promise<boolean> => (await readEventLog(log)).recorded.some(({ event }) => event.event === 'end');
  try {
    if (await isThere()) return outcome;
    await run.exclusively(async () => {
      if (await isThere()) return;
      await writeRunFile(log, logText(await run.lines(job)));
      // The log is complete, and the result follows from it.
      await labelProblem(problem, settings, world);
    });
    return outcome;
  } catch (error) {
    if (error instanceof LabelError) return { kind: 'failed', message: error.message };
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
