import { Worker } from 'node:worker_threads';
import { english } from '../l10n.js';
import { mustHave } from '../reasoning/present.js';
import type { Verdict } from './verdict.js';
import { MAX_ANSWER_LENGTH, undecided, type Verifier, type VerifyRequest } from './verifier.js';

/** The worker's program: in `dist/` the bundle beside this one, in the sources the TypeScript file, which tsx reads. */
function entry(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./verifyWorker.js', import.meta.url);
  const source = JSON.stringify(new URL('./worker.ts', import.meta.url).href);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  // Node 20 ignores `--import` in the arguments of a worker.
  return new URL(`data:text/javascript,${encodeURIComponent(`import { register } from ${tsx}; register(); await import(${source});`)}`);
}

export interface VerifierLimits {
  /** For one comparison, in milliseconds. */
  readonly timeout: number;
}

interface Comparison {
  readonly request: VerifyRequest;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (reason: unknown) => void;
  /** Removes the listener from the signal. */
  release: () => void;
}

/**
 * The built-in rules in a worker thread, which starts with the first request and does not keep the process alive. A
 * comparison that takes longer than `timeout` ends the thread and is undecided; the next one gets a new thread.
 */
export function openVerifier({ timeout }: VerifierLimits = { timeout: 1000 }): Verifier {
  return new WorkerVerifier(timeout);
}

/** The most time limits for one comparison while this process gets less than half of the processor's time. */
const mostWaits = 10;

class WorkerVerifier implements Verifier {
  readonly name = 'rules';
  readonly #timeout: number;
  readonly #waiting: Comparison[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #current: Comparison | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  async verify(request: VerifyRequest): Promise<Verdict> {
    const { answer, reference, question, signal } = request;
    if (answer === undefined) return undecided('not found', english('The solution marks no final answer.'));
    if (Math.max(answer.length, reference.length) > MAX_ANSWER_LENGTH) {
      return undecided('limit', english('Answers of more than {0} characters are not compared.', MAX_ANSWER_LENGTH));
    }
    signal?.throwIfAborted();
    return await new Promise((resolve, reject) => {
      // The worker gets no signal, because a signal cannot be cloned.
      const job: Comparison = {
        request: { answer, reference, ...(question !== undefined && { question }) },
        resolve,
        reject,
        release: () => undefined,
      };
      const onAbort = (): void => this.#cancel(job, signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      job.release = () => signal?.removeEventListener('abort', onAbort);
      this.#waiting.push(job);
      this.#next();
    });
  }

  async dispose(): Promise<void> {
    await this.#stop();
    for (const job of this.#waiting.splice(0)) settle(job, undecided('error', english('The verifier was closed.')));
  }

  #next(): void {
    if (this.#current !== undefined) return;
    if (this.#waiting.length === 0) {
      this.#worker?.unref();
      return;
    }
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    if (!this.#isReady) return;
    const current = mustHave(this.#waiting.shift(), 'request');
    this.#current = current;
    this.#watch(process.cpuUsage(), 1);
    worker.postMessage(current.request);
  }

  /**
   * Ends the comparison after its time, or waits again if other processes took most of that time: a verdict must not
   * depend on them.
   */
  #watch(before: NodeJS.CpuUsage, times: number): void {
    this.#timer = setTimeout(() => {
      const { user, system } = process.cpuUsage(before);
      if (times < mostWaits && (user + system) / 1000 < (this.#timeout * times) / 2) this.#watch(before, times + 1);
      else this.#giveUp(undecided('limit', english('The comparison took longer than {0} s.', this.#timeout / 1000)));
    }, this.#timeout);
  }

  #start(): Worker {
    const worker = new Worker(entry(), { resourceLimits: { maxOldGenerationSizeMb: 512 } });
    worker.on('message', (message: 'ready' | Verdict) => {
      if (worker !== this.#worker) return;
      if (message === 'ready') this.#isReady = true;
      else this.#finish(message);
      this.#next();
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#giveUp(undecided('error', english('The comparison failed: {0}', error.message)));
    });
    return worker;
  }

  /** Ends the thread with its current comparison or, if the thread has not started, with all waiting ones. */
  #giveUp(verdict: Verdict): void {
    const isBroken = !this.#isReady;
    this.#finish(verdict);
    void this.#stop();
    if (isBroken) for (const job of this.#waiting.splice(0)) settle(job, verdict);
    this.#next();
  }

  #cancel(job: Comparison, reason: unknown): void {
    job.reject(reason);
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (job !== this.#current) return;
    clearTimeout(this.#timer);
    this.#current = undefined;
    void this.#stop();
    this.#next();
  }

  #finish(verdict: Verdict): void {
    clearTimeout(this.#timer);
    const job = this.#current;
    this.#current = undefined;
    if (job !== undefined) settle(job, verdict);
  }

  async #stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#isReady = false;
    if (this.#current !== undefined) this.#finish(undecided('error', english('The verifier was closed.')));
    await worker?.terminate();
  }
}

function settle(job: Comparison, verdict: Verdict): void {
  job.release();
  job.resolve(verdict);
}
