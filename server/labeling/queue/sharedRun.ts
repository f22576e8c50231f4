import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type IRedisClient, Queue, type RedisOptions } from 'bullmq';
import { COUNTS, newCounts, type RunRolloutCounts } from '../rolloutCounts.js';
import { connectionFault, OldServerError, redisAddress } from './redisUrl.js';
import { runScripts } from './runScripts.js';

/** Prefix of all StepLens keys in Redis. */
const PREFIX = 'steplens';
/** Attempts at a problem that cannot be labeled, before it is reported. */
const ATTEMPTS = 3;
const FIRST_RETRY_MS = 1000;
const CONNECT_MS = 5000;
/** Oldest major version of Redis for BullMQ: it has streams, and scripts that write after they asked the time. */
const OLDEST = 5;
/** Jobs, or keys, per command. */
const CHUNK = 1000;
/** A folder is written by one process at a time. A killed process blocks the others for this many ms. */
const WRITING_MS = 30_000;

export interface SharedProblem {
  readonly id: string;
  /** Identifies the problem together with its run: the hash of its log's first line. */
  readonly job: string;
}

/** What all workers together have done so far. */
export interface SharedProgress extends Readonly<RunRolloutCounts> {
  /** Problems labeled, or given up after their retries. */
  readonly finished: number;
}

export type JobResult = { readonly kind: 'done' | 'skipped' };

/**
 * A run in Redis as all its workers see it: BullMQ's queue with a job for every problem, the log of each problem as far
 * as it is written, the counts of what was sampled, and the live workers. Each run has its own queue, named by its
 * hash.
 */
export class SharedRun {
  readonly #problems: readonly SharedProblem[];
  readonly #stalledAfter: number;
  readonly #worker = randomUUID();
  #queue!: Queue<unknown, JobResult>;
  #client!: IRedisClient;
  #beat: NodeJS.Timeout | undefined;
  #generation = '';
  #state: 'opening' | 'open' | 'closed' = 'opening';
  /** For BullMQ's workers, which open their own connections. */
  readonly connection: RedisOptions;

  private constructor(
    readonly name: string,
    address: string,
    problems: readonly SharedProblem[],
    stalledAfter: number,
  ) {
    this.#problems = problems;
    this.#stalledAfter = stalledAfter;
    // A server that was reached once is retried until it is back.
    const retryStrategy = (times: number): number | null => (this.#state === 'open' ? Math.min(times * 200, 2000) : null);
    this.connection = { ...redisAddress(address), connectTimeout: CONNECT_MS, maxRetriesPerRequest: null, retryStrategy };
  }

  /**
   * Connects, and registers this worker. `stalledAfter`: ms without a sign of life after which a worker is considered
   * dead. Rejects with LabelError when the server cannot be used.
   */
  static async open(name: string, address: string, problems: readonly SharedProblem[], stalledAfter: number): Promise<SharedRun> {
    const run = new SharedRun(name, address, problems, stalledAfter);
    const { connection } = run;
    // BullMQ's own version check would leave the connection open.
    run.#queue = new Queue(name, { connection, prefix: PREFIX, skipVersionCheck: true });
    let fault: Error | undefined;
    run.#queue.on('error', (error) => (fault ??= error));
    try {
      run.#client = await run.#queue.client;
      // For example a missing database: the client would continue with another.
      if (fault !== undefined) throw fault;
      checkVersion(await run.#client.info());
    } catch (error) {
      await run.close();
      throw connectionFault(address, error);
    }
    run.#state = 'open';
    for (const [command, script] of Object.entries(runScripts)) run.#client.defineCommand(command, script);
    await run.#sign();
    run.#beat = setInterval(() => void run.#sign().catch(() => undefined), stalledAfter / 5);
    return run;
  }

  get prefix(): string {
    return PREFIX;
  }

  /** Adds every problem that is not in the queue yet. Of ten workers that start at once, only one adds each problem. */
  async enqueue(): Promise<void> {
    for (let i = 0; i < this.#problems.length; i += CHUNK) {
      await this.#queue.addBulk(
        this.#problems.slice(i, i + CHUNK).map(({ id, job }) => ({
          name: id,
          data: {},
          // Finished jobs stay until the run ends, so that the same problem is not added again.
          opts: {
            jobId: job,
            attempts: ATTEMPTS,
            backoff: { type: 'exponential', delay: FIRST_RETRY_MS },
            removeOnComplete: false,
            removeOnFail: false,
          },
        })),
      );
    }
  }

  /** Returns the progress. Also restores what Redis has lost, for example after a restart. */
  async progress(): Promise<SharedProgress> {
    const {
      completed = 0,
      failed = 0,
      ...others
    } = await this.#queue.getJobCounts('completed', 'failed', 'wait', 'paused', 'active', 'delayed', 'prioritized');
    const known = Object.values(others).reduce((sum, count) => sum + count, completed + failed);
    if (known < this.#problems.length) await this.enqueue();
    const totals = await this.#client.hgetall(this.#key('run', 'totals'));
    const counts = newCounts();
    for (const name of COUNTS) counts[name] = Number(totals[name] ?? 0);
    return { finished: completed + failed, ...counts };
  }

  /** How each problem ended, by id; all are finished. */
  async outcomes(): Promise<ReadonlyMap<string, JobResult | { readonly kind: 'failed'; readonly message: string }>> {
    const [completed, failed] = await Promise.all([this.#queue.getCompleted(), this.#queue.getFailed()]);
    return new Map<string, JobResult | { readonly kind: 'failed'; readonly message: string }>([
      ...completed.map(({ name, returnvalue }) => [name, returnvalue] as const),
      ...failed.map(({ name, failedReason }) => [name, { kind: 'failed', message: reasonOf(name, failedReason) }] as const),
    ]);
  }

  /** The log of a problem so far: its lines. */
  async lines(job: string): Promise<string[]> {
    return await this.#client.lrange(this.#key(job, 'events'), 0, -1);
  }

  /** Adds a line after `before` others. Returns false when `token` no longer holds the problem. */
  async append(job: string, token: string, before: number, line: string, counts: Readonly<RunRolloutCounts>): Promise<boolean> {
    const keys = [this.#key(job, 'lock'), this.#key(job, 'events'), this.#key('run', 'totals')];
    return (await this.#run('steplensAppend', ...keys, token, before, line, ...COUNTS.map((name) => counts[name]))) === 1;
  }

  /** Runs `act` while no other worker of the run does so. */
  async exclusively<T>(act: () => Promise<T>): Promise<T> {
    const key = this.#key('run', 'writing');
    while ((await this.#run('steplensTake', key, this.#worker, WRITING_MS)) !== 1) await pause(50);
    try {
      return await act();
    } finally {
      await this.#run('steplensGive', key, this.#worker);
    }
  }

  /** Waits until every live worker is done with the finished run. The run is then deleted from Redis. */
  async leave(signal: AbortSignal): Promise<void> {
    clearInterval(this.#beat);
    const keys = [...Object.values(this.#queue.keys), ...['workers', 'id', 'totals', 'writing'].map((name) => this.#key('run', name))];
    for (const { job } of this.#problems)
      keys.push(this.#queue.toKey(job), this.#key(job, 'lock'), this.#key(job, 'events'), this.#key(job, 'logs'));
    const here = [this.#key('run', 'workers'), this.#key('run', 'id')];
    while ((await this.#run('steplensLeave', ...here, this.#worker, this.#generation, this.#stalledAfter, ...keys)) !== 0)
      await pause(200, undefined, { signal });
  }

  /** Leaves the run before it is finished. */
  async quit(): Promise<void> {
    clearInterval(this.#beat);
    await this.#run('steplensQuit', this.#key('run', 'workers'), this.#worker);
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    this.#state = 'closed';
    await this.#queue.disconnect().catch(() => undefined);
  }

  async #sign(): Promise<void> {
    this.#generation = String(
      await this.#run('steplensBeat', this.#key('run', 'workers'), this.#key('run', 'id'), this.#worker, randomUUID()),
    );
  }

  async #run(script: keyof typeof runScripts, ...args: readonly (string | number)[]): Promise<unknown> {
    return (await this.#client.runCommand(script, [...args])) as unknown;
  }

  #key(...names: readonly string[]): string {
    return this.#queue.toKey(names.join(':'));
  }
}

/** `info`: the reply to Redis's INFO command. */
function checkVersion(info: string): void {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  if (Number(version.split('.')[0]) < OLDEST) throw new OldServerError(`version ${version} is older than ${OLDEST}`);
}

function reasonOf(id: string, reason: string): string {
  if (reason.startsWith('job stalled')) return `problem ${id}: every worker that took it stopped answering; label it alone to see why.`;
  return reason.includes(id) ? reason : `problem ${id}: ${reason}`;
}
