import type { ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { takeChild } from './childProcess.js';
import { ClientSession, type InferenceLog, type LoadedFiles } from './clientSession.js';
import type { DeviceInfo } from './deviceInfo.js';
import type {
  FailureReason,
  FromChild,
  LoadRequest,
  LoadResult,
  ReadValues,
  RunRequest,
  RunResult,
  SamplingRequest,
  SamplingResult,
  ToChild,
} from './protocol.js';
import { valuesPerRead } from './readGroups.js';
import { UnreadRun } from './unread.js';

/** A request that ends this many children is sent again; if it ends one more, it fails. */
const deathsAllowed = 1;
/** Milliseconds that a cancelled run of the graph may continue before the child is ended. */
const defaultGraceMs = 3000;
const keptStderr = 16_000;
/** Tokens run at a time after the system (without a message) or V8 ended a child for lack of memory. */
const tokensAfterKill = 256;

export interface InferenceClientOptions {
  /** The child's program: `dist/inference.js`, or `server/inference/main.ts` where tsx is installed. */
  readonly entry: string;
  readonly log: InferenceLog;
  /** Lowers the child's priority, so that the editor somebody is typing in gets the processor first. */
  readonly isBackground?: boolean;
  readonly graceMs?: number;
}

/** Leaves a third of the processor beside one busy process; with less, first scores are too late at editor start. */
const backgroundPriority = 5;

/** Lowers the child's priority; if that is refused, the child keeps its own. */
function giveWay({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, backgroundPriority);
  } catch {
    // It has ended already, or the system does not allow it.
  }
}

/** The child, the graph or the request failed; the message says which and why. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';

  constructor(
    message: string,
    readonly reason: FailureReason = 'error',
  ) {
    super(message);
  }
}

type Result = LoadResult | RunResult | SamplingResult;

interface Job {
  readonly id: number;
  message: Exclude<ToChild, { kind: 'cancel' | 'resize' }>;
  readonly onRead: ((reads: ReadValues) => void) | undefined;
  readonly unread: UnreadRun | undefined;
  settle(outcome: { readonly result: Result } | { readonly error: Error }): void;
  deaths: number;
  /** The device was lost during this job and opened again. */
  wasLost: boolean;
  /** Given up by its caller; kept until the child confirms. */
  isCancelled: boolean;
}

/**
 * Starts the inference child on first use and replaces it when it dies: its models are loaded again and unfinished
 * requests are sent again. The child never outlives this process.
 */
export class InferenceClient {
  readonly #options: InferenceClientOptions;
  readonly #sessions = new Map<string, ClientSession>();
  readonly #jobs = new Map<number, Job>();
  #child: ChildProcess | undefined;
  #working: number | undefined;
  /** The provider that the current load is trying. */
  #trying: string | undefined;
  /** Set when the child has reported that its device is lost; the child is being ended. */
  #lost: { readonly job: Job; readonly cause: string } | undefined;
  #stderr = '';
  #lastId = 0;
  #isDisposed = false;

  constructor(options: InferenceClientOptions) {
    this.#options = options;
  }

  /** Starts the child before its first request is ready, because starting takes time. */
  start(): void {
    if (this.#child || this.#isDisposed) return;
    this.#startChild();
    this.#holdProcess();
  }

  /**
   * Loads a graph; the same request again gives the same session. Rejects with InferenceError, and with
   * ModelChangedError when the files are no longer those of `identity`. The files are checked again whenever a new
   * child loads them.
   */
  async load(request: LoadRequest, identity?: LoadedFiles): Promise<{ readonly session: number; readonly result: LoadResult }> {
    const key = JSON.stringify([request.graphPath, request.device, request.threads, [...request.columns], identity?.stamp]);
    let session = this.#sessions.get(key);
    if (!session) {
      const number = ++this.#lastId;
      const loading = this.#start({ kind: 'load', id: ++this.#lastId, session: number, request }) as Promise<LoadResult>;
      const result = loading.then(async (loaded) => {
        await identity?.refuseChanged();
        return loaded;
      });
      session = new ClientSession(number, request, result, identity);
      this.#sessions.set(key, session);
    }
    try {
      const result = await session.result;
      session.loaded ??= result;
      return { session: session.number, result };
    } catch (error) {
      if (this.#sessions.get(key) === session) this.#sessions.delete(key);
      throw error;
    }
  }

  /** Returns what a session runs on now: another device after a loss, smaller runs after its memory was full. */
  device(session: number): DeviceInfo {
    return this.#session(session)!.device;
  }

  /**
   * Runs a forest of segments on a loaded session; `onRead` gets every read once, even if the child is replaced.
   * Rejects with InferenceError, or at once with the signal's reason.
   */
  async run(
    session: number,
    request: RunRequest,
    options: { readonly signal?: AbortSignal; readonly onRead: (reads: ReadValues) => void },
  ): Promise<RunResult> {
    options.signal?.throwIfAborted();
    return (await this.#start({ kind: 'run', id: ++this.#lastId, session, request }, options.onRead, options.signal)) as RunResult;
  }

  /** Continues a sequence on a loaded session. Rejects with InferenceError, or at once with the signal's reason. */
  async sample(session: number, request: SamplingRequest, signal?: AbortSignal): Promise<SamplingResult> {
    signal?.throwIfAborted();
    return (await this.#start({ kind: 'sample', id: ++this.#lastId, session, request }, undefined, signal)) as SamplingResult;
  }

  /** Ends the child and fails all unfinished requests. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    for (const job of [...this.#jobs.values()]) this.#fail(job, 'The inference process was closed.');
    this.#sessions.clear();
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    // An idle child is unreferenced: without this, the process could end during this wait.
    child.ref();
    child.kill('SIGKILL');
    await gone;
  }

  #start(message: Job['message'], onRead?: Job['onRead'], signal?: AbortSignal): Promise<Result> {
    if (this.#isDisposed) return Promise.reject(new InferenceError('The inference process was closed.'));
    return new Promise((resolve, reject) => {
      const job: Job = {
        id: message.id,
        message,
        onRead,
        unread: message.kind === 'run' ? new UnreadRun(message.request) : undefined,
        deaths: 0,
        wasLost: false,
        isCancelled: false,
        settle: (outcome) => {
          signal?.removeEventListener('abort', cancel);
          if ('result' in outcome) resolve(outcome.result);
          else reject(outcome.error);
        },
      };
      const cancel = () => this.#cancel(job, signal!.reason as Error);
      signal?.addEventListener('abort', cancel, { once: true });
      this.#jobs.set(job.id, job);
      if (this.#child) this.#post(message);
      else this.#startChild();
      this.#holdProcess();
    });
  }

  #cancel(job: Job, reason: Error): void {
    job.isCancelled = true;
    job.settle({ error: reason });
    this.#post({ kind: 'cancel', id: job.id });
    const child = this.#child;
    setTimeout(() => {
      if (!this.#jobs.has(job.id) || child === undefined || child !== this.#child) return;
      this.#options.log.warn('A cancelled run did not stop in time; the inference process is restarted.');
      child.kill('SIGKILL');
    }, this.#options.graceMs ?? defaultGraceMs).unref();
  }

  #startChild(): void {
    const { entry, log } = this.#options;
    const child = takeChild(entry);
    if (this.#options.isBackground === true) giveWay(child);
    this.#child = child;
    this.#working = undefined;
    this.#trying = undefined;
    this.#lost = undefined;
    this.#stderr = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (colored: string) => {
        const text = stripVTControlCharacters(colored);
        this.#stderr = (this.#stderr + text).slice(-keptStderr);
        for (const line of text.split('\n')) if (line.trim() !== '') log.info(`inference: ${line.trimEnd()}`);
      });
    }
    child.on('message', (message: FromChild) => {
      if (child === this.#child) this.#receive(message);
    });
    child.once('error', (error) => this.#childGone(child, error.message, null));
    child.once('close', (code, signal) => this.#childGone(child, signal ? `signal ${signal}` : `exit code ${code}`, signal));
    if (child.pid !== undefined) log.info(`Inference process ${child.pid} started.`);

    const loads = new Set([...this.#jobs.values()].filter((job) => job.message.kind === 'load').map((job) => job.message.session));
    for (const session of this.#sessions.values()) if (!loads.has(session.number)) this.#reload(session);
    const jobs = [...this.#jobs.values()];
    const [toLoad, toRun] = [jobs.filter((job) => job.message.kind === 'load'), jobs.filter((job) => job.message.kind !== 'load')];
    for (const { message, unread } of [...toLoad, ...toRun]) {
      if (message.kind === 'load') this.#post({ ...message, request: this.#session(message.session)?.request ?? message.request });
      else this.#post(message.kind === 'run' ? { ...message, request: unread!.ask() } : message);
    }
  }

  #session(number: number): ClientSession | undefined {
    return [...this.#sessions.values()].find((session) => session.number === number);
  }

  /** Loads a session again in a new child; when that fails, so do the runs that wait for it. */
  #reload(session: ClientSession): void {
    const message = { kind: 'load', id: ++this.#lastId, session: session.number, request: session.request } as const;
    const settle: Job['settle'] = (outcome) => {
      if ('error' in outcome) return this.#giveUp(session, outcome.error);
      session.loaded = outcome.result as LoadResult;
      session.identity?.refuseChanged().catch((error: unknown) => this.#giveUp(session, error as Error));
    };
    this.#jobs.set(message.id, {
      id: message.id,
      message,
      onRead: undefined,
      unread: undefined,
      settle,
      deaths: 0,
      wasLost: false,
      isCancelled: false,
    });
  }

  /** Forgets a session and fails what waits for it. */
  #giveUp(session: ClientSession, error: Error): void {
    for (const [key, known] of this.#sessions) if (known === session) this.#sessions.delete(key);
    for (const job of [...this.#jobs.values()]) {
      if (job.message.session !== session.number) continue;
      this.#forget(job);
      this.#post({ kind: 'cancel', id: job.id });
      job.settle({ error });
    }
  }

  #post(message: ToChild): void {
    // A failed send needs no handling here: a child that is ending is noticed by its exit.
    this.#child?.send(message, () => undefined);
  }

  #receive(message: FromChild): void {
    if (message.kind === 'working') {
      this.#working = message.id;
      this.#trying = undefined;
      return;
    }
    if (message.kind === 'trying') {
      this.#trying = message.provider;
      return;
    }
    const job = this.#jobs.get(message.id);
    if (!job) return;
    if (message.kind === 'read') return this.#tell(job, message.reads);
    if (message.kind === 'shrunk') return this.#session(job.message.session)?.limit(message.size);
    if (message.kind === 'lost') {
      this.#lost = { job, cause: message.message };
      this.#child?.kill('SIGKILL');
      return;
    }
    if (message.kind === 'failed') return this.#fail(job, message.message, message.reason === 'cancelled' ? 'error' : message.reason);
    this.#forget(job);
    const session = job.message.kind === 'load' ? undefined : this.#session(job.message.session);
    session?.tellSize(this.#options.log);
    const size = session?.recover();
    if (size) this.#post({ kind: 'resize', session: session!.number, size });
    job.settle({ result: message.result });
  }

  #tell(job: Job, reads: ReadValues): void {
    if (job.isCancelled || job.message.kind !== 'run') return;
    try {
      for (const group of job.unread!.tell(reads, valuesPerRead(job.message.request, this.#session(job.message.session)!.loaded!.width)))
        job.onRead?.(group);
    } catch (error) {
      this.#cancel(job, error as Error);
    }
  }

  #fail(job: Job, message: string, reason: FailureReason = 'error'): void {
    this.#forget(job);
    job.settle({ error: new InferenceError(message, reason) });
  }

  #forget(job: Job): void {
    this.#jobs.delete(job.id);
    this.#holdProcess();
  }

  /** Keeps this process alive only while the child has work. When this process ends, so does the child. */
  #holdProcess(): void {
    const child = this.#child;
    if (!child) return;
    const handles = [child, child.channel, child.stdout, child.stderr] as ({ ref?(): void; unref?(): void } | null | undefined)[];
    for (const handle of handles) {
      if (this.#jobs.size > 0) handle?.ref?.();
      else handle?.unref?.();
    }
  }

  #childGone(child: ChildProcess, how: string, signal: NodeJS.Signals | null): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (this.#isDisposed) return;
    for (const job of [...this.#jobs.values()]) if (job.isCancelled) this.#jobs.delete(job.id);
    // A crash may end with a stack trace, which is less useful than the error line before it.
    const lines = this.#stderr.trim().split('\n');
    const said =
      lines.findLast((line) => /FATAL ERROR/.test(line)) ??
      lines.findLast((line) => /error|terminate called|what\(\)/i.test(line)) ??
      lines.at(-1);
    const isMemoryFull = signal === 'SIGKILL' || /process out of memory|heap out of memory/.test(this.#stderr);
    const cause = said ? `${how}; it said: ${said}` : how === 'signal SIGKILL' ? `${how}; perhaps the machine ran out of memory` : how;
    if (!this.#lost) this.#options.log.warn(`The inference process ended (${cause}).`);
    const working = this.#working === undefined ? undefined : this.#jobs.get(this.#working);
    const session = working && this.#session(working.message.session);
    if (this.#lost) this.#lose(this.#lost.job, this.#lost.cause);
    else if (session && this.#trying !== undefined) session.avoid(this.#trying, `ended the inference process (${cause})`);
    // When a driver ends the process, its device counts as lost.
    else if (working && working.message.kind !== 'load' && session?.loaded?.device.provider !== 'cpu' && !isMemoryFull)
      this.#lose(working, cause);
    else {
      if (working?.message.kind === 'run' && isMemoryFull && session?.loaded?.runsInPieces) this.#limit(session, signal);
      // If the child ended before it started a job, all jobs are blamed.
      this.#blame(working ? [working] : this.#working === undefined ? [...this.#jobs.values()] : [], cause);
    }
    if (this.#jobs.size > 0) this.#startChild();
  }

  /** V8 would run out of memory for the same runs again; the system may end a process because of other programs. */
  #limit(session: ClientSession, signal: NodeJS.Signals | null): void {
    if (signal === 'SIGKILL') session.limitAfterKill(tokensAfterKill);
    else session.limit({ tokens: tokensAfterKill });
  }

  #lose(job: Job, cause: string): void {
    const isLeftOut = this.#session(job.message.session)?.lose(cause, job.wasLost, this.#options.log) ?? false;
    job.wasLost = !isLeftOut;
  }

  #blame(jobs: readonly Job[], cause: string): void {
    for (const job of jobs) {
      if (++job.deaths > deathsAllowed) this.#fail(job, `The inference process ended ${job.deaths} times during this request (${cause}).`);
    }
  }
}
