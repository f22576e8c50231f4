import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { Gate } from './gate.js';
import { fetchWithErrors, RequestFailure, requestFailure } from './requestFailure.js';

export interface OpenAiClientOptions {
  /** Up to and with the version: `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  /** From the environment (`apiKeyFrom`); servers that want none get a word in its place. */
  readonly apiKey?: string;
  /** Requests under way at once, >= 1. */
  readonly concurrency: number;
  /** Longest wait for the whole answer to one request, in ms. Node's fetch gives up on one that does not begin within 300,000. */
  readonly timeout: number;
  /** Further attempts after 429, 5xx and broken connections, >= 0. */
  readonly retries: number;
  /** Wait before the second attempt in ms, doubled for every further one; the server's Retry-After comes first. */
  readonly backOff?: number;
  readonly log: OpenAiLog;
  /** What is thrown when no request to this server can succeed: the error of those who use it. */
  readonly Unusable: new (
    message: string,
  ) => Error;
}

export interface OpenAiLog {
  info(message: string): void;
  warn(message: string): void;
}

export type RequestBody = Readonly<Record<string, unknown>>;

/** Longest wait between two attempts, in ms, whatever the server asks for. */
const LONGEST_WAIT = 120_000;

/** The key for OpenAI-compatible servers. Settings never hold it: they are shared and synced. */
export function apiKeyFrom(env: NodeJS.ProcessEnv): string | undefined {
  return env.STEPLENS_API_KEY || env.OPENAI_API_KEY || undefined;
}

/** One OpenAI-compatible server: bounded concurrency, retries, time limits, and failures as sentences. */
export class OpenAiClient {
  readonly baseUrl: string;
  readonly #options: OpenAiClientOptions;
  readonly #api: OpenAI;
  readonly #gate: Gate;
  readonly #calls = new Set<AbortController>();
  #hasAnswered = false;

  /** Throws `Unusable` when the URL is none. */
  constructor(options: OpenAiClientOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    if (!/^https?:\/\/./i.test(this.baseUrl)) {
      throw new options.Unusable(`"${options.baseUrl}" is not the URL of a server: write it like http://localhost:8000/v1.`);
    }
    this.#options = options;
    this.#gate = new Gate(options.concurrency);
    // All that the package would take from the environment is given here: only the key may come from there.
    this.#api = new OpenAI({
      baseURL: this.baseUrl,
      apiKey: options.apiKey ?? 'none',
      organization: null,
      project: null,
      maxRetries: 0,
      timeout: options.timeout,
      logLevel: 'off',
      fetch: fetchWithErrors,
    });
  }

  /**
   * Sends a request and returns the JSON of its answer, or text where the server sent no JSON. Rejects with AbortError when
   * cancelled, with `Unusable` when no request to this server can succeed, else with RequestFailure.
   */
  async post(
    path: '/chat/completions' | '/completions',
    body: RequestBody & { readonly model: string },
    signal?: AbortSignal,
  ): Promise<unknown> {
    try {
      const answer = await this.#call((callSignal) => this.#api.post<unknown>(path, { body: { ...body }, signal: callSignal }), signal);
      this.#hasAnswered = true;
      return answer;
    } catch (error) {
      if (error instanceof RequestFailure) await this.#explain(error, path, body.model, signal);
      throw error;
    }
  }

  /** Ids of the models served, or `Unusable`, RequestFailure, AbortError as for `post`. */
  async models(signal?: AbortSignal): Promise<string[]> {
    try {
      const answer = await this.#call((callSignal) => this.#api.get<unknown>('/models', { signal: callSignal }), signal);
      const list = (answer as { data?: unknown } | null)?.data;
      if (!Array.isArray(list)) throw new RequestFailure('The server does not list its models.');
      return list.flatMap((model: { id?: unknown } | null) => (typeof model?.id === 'string' ? [model.id] : []));
    } catch (error) {
      if (error instanceof RequestFailure) this.#refuse(error);
      throw error;
    }
  }

  /** Requests under way end with AbortError. */
  dispose(): void {
    for (const call of this.#calls) call.abort();
  }

  /** A request waits for its turn and keeps it while it waits between attempts: a busy server gets fewer requests. */
  async #call<T>(send: (signal: AbortSignal) => PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    const call = new AbortController();
    const cancel = (): void => call.abort(signal?.reason);
    // All requests of a run listen to one signal, and stop when they end.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', cancel, { once: true });
    this.#calls.add(call);
    try {
      return await this.#gate.pass(() => this.#attempts(send, call), call.signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#calls.delete(call);
    }
  }

  async #attempts<T>(send: (signal: AbortSignal) => PromiseLike<T>, call: AbortController): Promise<T> {
    const { retries, backOff = 500, log } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const failure = await this.#attempt(send, call);
      if (!(failure instanceof RequestFailure)) return failure;
      const { isTemporary, isUnreachable, retryAfter } = failure.details;
      const isOver = attempt >= retries || isTemporary !== true || (isUnreachable === true && !this.#hasAnswered);
      if (isOver) throw failure;
      const wait = Math.min(retryAfter ?? backOff * 2 ** attempt * (0.75 + Math.random() / 2), LONGEST_WAIT);
      log.info(`${this.baseUrl}: ${failure.message} Trying again in ${Math.round(wait)} ms.`);
      await sleep(wait, undefined, { signal: call.signal });
    }
  }

  async #attempt<T>(send: (signal: AbortSignal) => PromiseLike<T>, call: AbortController): Promise<T | RequestFailure> {
    const { timeout } = this.#options;
    const late = AbortSignal.timeout(timeout);
    try {
      return await send(AbortSignal.any([call.signal, late]));
    } catch (error) {
      if (late.aborted && !call.signal.aborted)
        return new RequestFailure(`The server did not answer within ${timeout / 1000} s.`, { isTemporary: true });
      call.signal.throwIfAborted();
      return requestFailure(error);
    }
  }

  /** Throws `Unusable` when the failure tells that the server cannot be used at all. */
  async #explain(failure: RequestFailure, path: string, model: string, signal: AbortSignal | undefined): Promise<void> {
    this.#refuse(failure);
    const { status } = failure.details;
    if (status !== 404 && (status !== 400 || this.#hasAnswered)) return;
    const models = await this.models(signal).catch((error: unknown) => {
      if (error instanceof RequestFailure) return undefined;
      throw error;
    });
    if (models !== undefined && !models.includes(model)) {
      throw new this.#options.Unusable(`The server at ${this.baseUrl} has no model "${model}". ${modelsServed(models)}`);
    }
    if (status === 404) {
      throw new this.#options.Unusable(
        `The server at ${this.baseUrl} does not know ${path}. Check that its URL ends in the version, as in http://localhost:8000/v1, or use the other mode (chat or completions).`,
      );
    }
  }

  #refuse({ message, details }: RequestFailure): void {
    if (details.status === 401 || details.status === 403) {
      throw new this.#options.Unusable(
        `The server at ${this.baseUrl} refuses the key: ${message} Put the right one into the environment variable STEPLENS_API_KEY or OPENAI_API_KEY, or in VS Code run "StepLens: Set Server Key…".`,
      );
    }
    if (details.isUnreachable === true && !this.#hasAnswered) {
      throw new this.#options.Unusable(
        `Nothing answers at ${this.baseUrl}: ${message} Start the server (vllm serve MODEL), or correct its URL.`,
      );
    }
  }
}

export function modelsServed(models: readonly string[]): string {
  if (models.length === 0) return 'It serves none.';
  const shown = models.slice(0, 20).join(', ');
  return `It serves: ${shown}${models.length > 20 ? ` and ${models.length - 20} more` : ''}.`;
}
