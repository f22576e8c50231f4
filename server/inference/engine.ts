import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../reasoning/errorText.js';
import { failureOf, runtimeCause } from './failures.js';
import { ForestRun } from './forestRun.js';
import { GraphError } from './graph/graph.js';
import { keptBytes } from './keptMemory.js';
import { PackedRun } from './packedRun.js';
import { PrefixCache } from './prefixCache.js';
import { isFor, openPrepared, type PreparedSession } from './preparedGraph.js';
import { PromptCache } from './promptCache.js';
import type { FromChild, LoadRequest, LoadResult, RunRequest, RunResult, SamplingRequest, SamplingResult, ToChild } from './protocol.js';
import { type OpenedModel, openModel } from './providers.js';
import { RunLimits } from './runLimits.js';
import type { Runtime } from './runtime.js';
import { SamplingRun } from './samplingRun.js';
import { WholeRun } from './wholeRun.js';

interface Model extends OpenedModel {
  readonly prefixes: PrefixCache;
  readonly prompts: PromptCache;
  readonly limits: RunLimits;
}

interface Job {
  readonly id: number;
  readonly session: number;
  readonly work: { readonly load: LoadRequest } | { readonly run: RunRequest } | { readonly sample: SamplingRequest };
  readonly priority: number;
  run?: ForestRun | PackedRun | WholeRun | SamplingRun;
}

/**
 * The work of the inference child: loads graphs, and runs requests one run of the graph at a time, the most urgent
 * first.
 */
export class Engine {
  readonly #runtime: () => Promise<Runtime>;
  readonly #send: (message: FromChild) => void;
  readonly #models = new Map<number, Model>();
  /** A session that was opened before the first request. */
  #early: Promise<PreparedSession | undefined> | undefined;
  /** Jobs of equal priority take turns in this order. */
  #jobs: Job[] = [];
  #isWorking = false;
  /** The device is lost: the process that started this one ends it. */
  #isLost = false;
  #announced: number | undefined;

  constructor(runtime: () => Promise<Runtime>, send: (message: FromChild) => void) {
    this.#runtime = runtime;
    this.#send = send;
  }

  /** Opens the prepared graph beside a model before it is requested. The first load uses it if it loads that model. */
  openEarly(graphPath: string, threads: number): void {
    // An error is reported later, by the load that opens the model itself.
    this.#early = this.#runtime()
      .then((runtime) => openPrepared(runtime, graphPath, threads))
      .catch(() => undefined);
  }

  receive(message: ToChild): void {
    if (message.kind === 'cancel') return this.#cancel(message.id);
    if (message.kind === 'resize') return this.#models.get(message.session)?.limits.set(message.size);
    const { id, session } = message;
    if (message.kind === 'load') this.#jobs.push({ id, session, work: { load: message.request }, priority: Infinity });
    else if (message.kind === 'run') this.#jobs.push({ id, session, work: { run: message.request }, priority: message.request.priority });
    else this.#jobs.push({ id, session, work: { sample: message.request }, priority: message.request.priority });
    if (!this.#isWorking) void this.#work();
  }

  #cancel(id: number): void {
    const job = this.#jobs.find((candidate) => candidate.id === id);
    if (job) this.#finish(job, { kind: 'failed', id, reason: 'cancelled', message: 'cancelled' });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#jobs.length > 0 && !this.#isLost) {
      const job = this.#jobs.reduce((best, candidate) => (candidate.priority > best.priority ? candidate : best));
      this.#jobs = afterTurn(this.#jobs, job);
      if (this.#announced !== job.id) this.#send({ kind: 'working', id: job.id });
      this.#announced = job.id;
      try {
        const result = await this.#advance(job);
        if (result) this.#finish(job, { kind: 'done', id: job.id, result });
      } catch (error) {
        this.#recover(job, error);
      }
      // Runs block this thread; cancellations and new requests are received here.
      await nextTurn();
    }
    this.#isWorking = false;
  }

  async #advance(job: Job): Promise<LoadResult | RunResult | SamplingResult | undefined> {
    if ('load' in job.work) return (await this.#load(job.id, job.session, job.work.load)).result;
    if (!job.run) {
      const model = this.#models.get(job.session);
      if (!model) throw new Error('The model is not loaded.');
      job.run =
        'run' in job.work ? startRun(job.work.run, model) : new SamplingRun(job.work.sample, model.graph, model.prompts, model.limits);
    }
    if (!job.run.isDone) {
      await job.run.step((reads) => {
        if (this.#jobs.includes(job)) this.#send({ kind: 'read', id: job.id, reads });
      });
    }
    return job.run.isDone ? job.run.result : undefined;
  }

  /** A run that did not fit is repeated, smaller; a lost device ends all work here; any other error fails the job. */
  #recover(job: Job, error: unknown): void {
    const { id, session } = job;
    const failure = failureOf(error);
    const model = this.#models.get(session);
    const provider = model?.result.device.provider ?? 'cpu';
    if (failure === 'device' && provider !== 'cpu') {
      this.#isLost = true;
      this.#send({ kind: 'lost', id, message: runtimeCause(error) });
    } else if (failure !== 'memory') {
      const reason = error instanceof GraphError ? error.reason : 'error';
      this.#finish(job, { kind: 'failed', id, reason, message: messageOf(error) });
    } else if (model && job.run?.shrink()) {
      model.prefixes.shrink();
      model.prompts.shrink();
      const { tokens, rows } = model.limits;
      this.#send({ kind: 'shrunk', id, size: { tokens, rows } });
    } else {
      this.#finish(job, {
        kind: 'failed',
        id,
        reason: 'memory',
        message: `the memory of ${provider} is too small: ${runtimeCause(error)}`,
      });
    }
  }

  async #load(id: number, session: number, request: LoadRequest): Promise<Model> {
    const known = this.#models.get(session);
    if (known) return known;
    const runtime = await this.#runtime();
    const opened = await openModel(
      runtime,
      request,
      (provider) => this.#send({ kind: 'trying', id, provider }),
      await this.#takeEarly(request),
    );
    const kept = keptBytes(opened.graph.bytesPerToken, request.longest, runtime.freeMemory());
    const model = {
      ...opened,
      prefixes: new PrefixCache(opened.graph, kept),
      prompts: new PromptCache(kept),
      limits: new RunLimits(request.size),
    };
    this.#models.set(session, model);
    return model;
  }

  async #takeEarly(request: LoadRequest): Promise<PreparedSession | undefined> {
    const early = await this.#early;
    this.#early = undefined;
    if (!early || (isFor(early, request) && (await early.isCurrent()))) return early;
    await early.session.release();
    return undefined;
  }

  /** Answers a job once; a job that was cancelled during its last run has been answered already. */
  #finish(job: Job, answer: FromChild): void {
    if (!this.#jobs.includes(job)) return;
    this.#jobs = this.#jobs.filter((other) => other !== job);
    job.run?.close();
    this.#send(answer);
  }
}

/**
 * Returns the jobs after one was worked on: it moves to the end, but a sampling stays ahead of other samplings. A part
 * of its rows is of no use to anybody, and a batch that is continued is still in the processor's cache.
 */
function afterTurn(jobs: readonly Job[], job: Job): Job[] {
  const others = jobs.filter((other) => other !== job);
  const isBehind = (other: Job): boolean => 'sample' in job.work && 'sample' in other.work;
  return [...others.filter((other) => !isBehind(other)), job, ...others.filter(isBehind)];
}

function startRun(request: RunRequest, { graph, prefixes, limits, result }: Model): ForestRun | PackedRun | WholeRun {
  // On other devices, keys and values are in main memory anyway, or fetching them was not measured.
  if (graph.scoreTree && result.device.provider === 'cuda') return new WholeRun(request, graph, prefixes, limits, result.width);
  return graph.runTree ? new PackedRun(request, graph, prefixes, limits) : new ForestRun(request, graph, prefixes, limits);
}
