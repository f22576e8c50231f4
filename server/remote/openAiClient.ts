import { english } from '../l10n.js';
import { Gate } from './gate.js';
import { HttpClient, type HttpClientOptions } from './httpClient.js';
import { RequestFailure } from './requestFailure.js';
import { AddressError, refusedKey, serverAddress } from './serverAddress.js';

export interface OpenAiClientOptions extends Omit<HttpClientOptions, 'url' | 'mostBytes'> {
  /** URL including the version: `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  /** Maximum number of concurrent requests, >= 1. */
  readonly concurrency: number;
  readonly log: OpenAiLog;
  /** Streams replies if the server supports it. A long reply then has no time limit and stops when cancelled. */
  readonly streams?: boolean;
  /** The caller's error class, which is thrown when no request to this server can succeed. */
  readonly Unusable: new (
    message: string,
    remedy?: 'setServerKey',
  ) => Error;
}

export interface OpenAiLog {
  info(message: string): void;
  warn(message: string): void;
}

export type RequestBody = Readonly<Record<string, unknown>>;

/** Client of one OpenAI-compatible server, with limited concurrency and failures that name a remedy. */
export class OpenAiClient {
  readonly baseUrl: string;
  readonly #Unusable: OpenAiClientOptions['Unusable'];
  readonly #http: HttpClient;
  readonly #gate: Gate;
  readonly #closing = new AbortController();
  /** Fields of a streamed request that this server has not refused. */
  readonly #takes: { stream: boolean; stream_options: boolean };

  /** Throws `Unusable` when the URL is not that of a server. */
  constructor({ baseUrl, concurrency, Unusable, streams = false, ...options }: OpenAiClientOptions) {
    this.#takes = { stream: streams, stream_options: streams };
    try {
      this.baseUrl = serverAddress(baseUrl, english('The server'));
    } catch (error) {
      throw error instanceof AddressError ? new Unusable(error.message) : error;
    }
    this.#Unusable = Unusable;
    this.#gate = new Gate(concurrency);
    this.#http = new HttpClient({ ...options, url: this.baseUrl });
  }

  /**
   * Sends a request and returns the JSON of its reply. `onRetry` is called before every further attempt. Rejects with
   * AbortError when cancelled, with `Unusable` when no request to this server can succeed, else with RequestFailure.
   */
  async post(
    path: '/chat/completions' | '/completions',
    body: RequestBody & { readonly model: string },
    signal?: AbortSignal,
    onRetry?: () => void,
  ): Promise<unknown> {
    for (;;) {
      const whole = this.#streamed(body);
      try {
        return await this.#call(path, whole, signal, onRetry);
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error;
        const refused = (['stream_options', 'stream'] as const).find((name) => name in whole && !(name in body) && refuses(error, name));
        if (refused === undefined) {
          await this.#explain(error, path, body.model, signal);
          throw error;
        }
        this.#takes[refused] = false;
        onRetry?.();
      }
    }
  }

  /** Adds streaming fields that the request does not have itself. A stream reports its usage only on request. */
  #streamed(body: RequestBody & { readonly model: string }): RequestBody & { readonly model: string } {
    const stream = body.stream ?? this.#takes.stream;
    if (stream !== true) return body;
    const isCounted = this.#takes.stream_options && !('stream_options' in body);
    return { ...body, stream, ...(isCounted && { stream_options: { include_usage: true } }) };
  }

  /** Returns the ids of the served models. Rejects with `Unusable`, RequestFailure or AbortError as `post` does. */
  async models(signal?: AbortSignal): Promise<string[]> {
    try {
      const list = ((await this.#call('/models', undefined, signal)) as { data?: unknown } | null)?.data;
      if (!Array.isArray(list)) throw new RequestFailure(english('The server does not list its models.'));
      return list.flatMap((model: { id?: unknown } | null) => (typeof model?.id === 'string' ? [model.id] : []));
    } catch (error) {
      if (error instanceof RequestFailure) this.#refuse(error);
      throw error;
    }
  }

  /** Ends running and waiting requests with AbortError. */
  dispose(): void {
    this.#closing.abort();
  }

  /** Waits for a free slot and keeps it between attempts, so that a busy server gets fewer requests. */
  async #call(path: string, body: RequestBody | undefined, signal: AbortSignal | undefined, onRetry?: () => void): Promise<unknown> {
    signal?.throwIfAborted();
    const stop = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    return await this.#gate.pass(() => this.#http.json(path, body, stop, onRetry), stop);
  }

  /** Throws `Unusable` when the failure shows that the server cannot be used at all. */
  async #explain(failure: RequestFailure, path: string, model: string, signal: AbortSignal | undefined): Promise<void> {
    this.#refuse(failure);
    const { status } = failure.details;
    if (status !== 404 && (status !== 400 || this.#http.hasAnswered)) return;
    const models = await this.models(signal).catch((error: unknown) => {
      if (error instanceof RequestFailure) return undefined;
      throw error;
    });
    if (models !== undefined && !models.includes(model)) {
      throw new this.#Unusable(english('The server at {0} has no model "{1}". {2}', this.baseUrl, model, modelsServed(models)));
    }
    // A server that has answered before is restarting: a proxy in front of it does not know the path for a while.
    if (status === 404 && models === undefined && this.#http.hasAnswered)
      throw new RequestFailure(failure.message, { ...failure.details, isTemporary: true });
    if (status === 404) {
      throw new this.#Unusable(
        english(
          'The server at {0} does not know {1}. Check that its URL ends in the version, as in http://localhost:8000/v1, or use the other mode (chat or completions).',
          this.baseUrl,
          path,
        ),
      );
    }
  }

  #refuse({ message, details }: RequestFailure): void {
    const { status, isUnreachable } = details;
    if (status === 401 || status === 403) {
      throw new this.#Unusable(refusedKey(this.baseUrl, message), 'setServerKey');
    }
    // 402: the account has no credit (DeepSeek, OpenRouter).
    if (status !== undefined && (status === 402 || (status >= 300 && status < 400)))
      throw new this.#Unusable(english('The server at {0} cannot be used: {1}', this.baseUrl, message));
    if (isUnreachable === true && !this.#http.hasAnswered) {
      throw new this.#Unusable(
        english('Nothing answers at {0}: {1} Start the server (vllm serve MODEL), or correct its URL.', this.baseUrl, message),
      );
    }
  }
}

/** Whether the server understood the request but does not accept this field. */
export function refuses({ message, details }: RequestFailure, field: string): boolean {
  if (details.status !== 400 && details.status !== 422) return false;
  const named = `[\`'".]${field}[\`'"]|^[^:]*: ${field} `;
  const told = `(?:supplied|argument|field|parameter|property|name|key)s?:? [\`'"]?${field}\\b|\\b${field}\\b[\`'"]? (?:is|are) (?:not|un)`;
  return details.parameter === field || new RegExp(`${named}|${told}`).test(message);
}

export function modelsServed(models: readonly string[]): string {
  if (models.length === 0) return english('It serves none.');
  const shown = models.slice(0, 20).join(', ');
  return english('It serves: {0}{1}.', shown, models.length > 20 ? english(' and {0} more', models.length - 20) : '');
}
