import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterAll, beforeAll } from 'vitest';
import { startRedis } from '../../scripts/redis.mjs';
import { walkPolicy } from '../labeling/scripted.js';
import { VllmServer } from '../labeling/vllmServer.js';

/** Delay of the policy's answers, so that a test can find a worker in the middle of a problem. */
const SLOW_MS = 250;

export interface Worker {
  readonly pid: number;
  /** Exit code or signal, and the output. */
  readonly ended: Promise<{ readonly code: number | string; readonly out: string; readonly err: string }>;
  kill(signal: NodeJS.Signals): void;
}

/** A Redis server, a policy server and a folder of problems. Workers are processes of the built command. */
export class QueueTest {
  redis!: Awaited<ReturnType<typeof startRedis>>;
  policy!: VllmServer;
  root!: string;
  readonly #workers: Worker[] = [];
  readonly #queues = new Map<string, Queue>();

  /** @param hasRedis Whether a Redis server is started too. */
  constructor(hasRedis = true) {
    beforeAll(async () => {
      if (hasRedis) this.redis = await startRedis();
      this.policy = await VllmServer.start({ policy: walkPolicy({ mistakeRate: 0.3 }) });
      this.root = await mkdtemp(join(tmpdir(), 'steplens-queue-'));
    });
    afterAll(async () => {
      for (const worker of this.#workers) worker.kill('SIGKILL');
      for (const queue of this.#queues.values()) await queue.close();
      await this.policy.close();
      if (hasRedis) await this.redis.stop();
      await rm(this.root, { recursive: true });
    });
  }

  async problems(name: string, count: number): Promise<string> {
    const file = join(this.root, name);
    await mkdir(this.root, { recursive: true });
    await writeFile(
      file,
      JSON.stringify(
        Array.from({ length: count }, (_, i) => ({ id: `p${i}`, question: `How many mistakes, ${name} ${i}?`, correct_answer: '0' })),
      ),
    );
    return file;
  }

  /** Starts `steplens label`. */
  label(problems: string, folder: string, ...more: readonly string[]): Worker {
    const args = [
      'label',
      problems,
      '--policy',
      this.policy.url,
      '--out',
      join(this.root, folder),
      '--rollouts',
      '4',
      '--searches',
      '4',
      '--jobs',
      '1',
      // No progress lines, which a slow machine would add to the output.
      '--progress',
      '0',
      ...more,
    ];
    const child = spawn(process.execPath, [resolve('dist/cli.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const ended = once(child, 'close').then(([code, signal]) => ({ code: (code ?? signal) as number | string, out, err }));
    const worker = { pid: child.pid!, ended, kill: (signal: NodeJS.Signals) => void child.kill(signal) };
    this.#workers.push(worker);
    return worker;
  }

  queued(problems: string, folder: string, ...more: readonly string[]): Worker {
    return this.label(problems, folder, '--queue', this.redis.url, ...more);
  }

  /** Number of requests for rollouts, without the requests that detect how the server continues. */
  get asked(): number {
    return this.policy.requests.filter(({ max_tokens = 0 }) => max_tokens > 4).length;
  }

  /** Returns the files of a folder by name. Logs are without times and costs, which differ between runs. */
  async files(folder: string): Promise<Record<string, string>> {
    const names = (await readdir(join(this.root, folder))).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(this.root, folder, name), 'utf8')));
    return Object.fromEntries(names.map((name, i) => [name, name.endsWith('.events.jsonl') ? withoutStamps(texts[i]!) : texts[i]!]));
  }

  /** Every key in Redis. */
  async keys(): Promise<string[]> {
    const client = await this.#queue('none').client;
    const [, keys] = await client.scan(0, { COUNT: 100_000 });
    return keys;
  }

  /** Makes all later answers slow or fast. */
  slow(isSlow: boolean): void {
    this.policy.behavior.delay = isSlow ? SLOW_MS : 0;
  }

  /** Waits until a worker is in the middle of a problem. Resolves with the problem's id and a query for its holder. */
  async inProblem({ pid }: Worker): Promise<{ readonly id: string; holder(): Promise<number> }> {
    for (;;) {
      for (const run of (await this.keys()).flatMap((key) => /^steplens:([0-9a-f]+):run:totals$/.exec(key)?.[1] ?? [])) {
        const queue = this.#queue(run);
        const job = (await queue.getActive()).find(({ processedBy }) => processedBy?.endsWith(`:${pid}`));
        const lines = job === undefined ? [] : await (await queue.client).lrange(queue.toKey(`${job.id!}:events`), 0, -1);
        if (job === undefined || lines.length < 3 || lines.at(-1)!.startsWith('{"event":"end"')) continue;
        return { id: job.name, holder: async () => Number((await queue.getJob(job.id!))?.processedBy?.split(':').at(-1)) };
      }
      await pause(10);
    }
  }

  #queue(run: string): Queue {
    const queue =
      this.#queues.get(run) ?? new Queue(run, { connection: { port: this.redis.port }, prefix: 'steplens', skipMetasUpdate: true });
    this.#queues.set(run, queue);
    return queue;
  }
}

function withoutStamps(log: string): string {
  return log
    .split('\n')
    .map((line) => {
      if (line === '') return line;
      const { at: _at, cost: _cost, ...event } = JSON.parse(line) as Record<string, unknown>;
      return JSON.stringify(event);
    })
    .join('\n');
}
