import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { english } from '../l10n.js';
import { exchange, type HttpReply, type HttpRequest, type PieceOutcome } from './exchange.js';
import { type Exchange, exchangeListener, keptBody } from './exchanges.js';
import { Patience } from './patience.js';
import { connectionFailure, RequestFailure, refusal } from './requestFailure.js';
import { Secrets } from './secrets.js';
import { StreamedReply, type StreamedRequest } from './streamedReply.js';

export interface HttpClientOptions {
  /** Base URL of all paths, without a slash at its end. */
  readonly url: string;
  /** Sent as a bearer token, and removed from replies and failures. */
  readonly apiKey?: string | undefined;
  /** Longest wait for a whole reply, or between two pieces of a streamed reply, in ms. */
  readonly timeout: number;
  /** Further attempts after 408, 409, 425, 429, 5xx and broken connections, >= 0; 3 when not given. */
  readonly retries?: number;
  /** Wait before the second attempt in ms, doubled each time, unless the server sends Retry-After. Default 500. */
  readonly backOff?: number;
  /** Longest reply in bytes, decompressed; 64 MiB when not given. */
  readonly mostBytes?: number;
  readonly log: { info(message: string): void };
}

/** Longest wait between two attempts, in ms, even if the server asks for more. */
const LONGEST_WAIT = 120_000;

/** Longest message of a failure with a server's text, in UTF-16 units. */
const LONGEST_MESSAGE = 400;

/**
 * The only client for scoring servers, policies and judges. It retries, limits time and bytes, follows no redirects,
 * and reports failures as sentences without keys.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #secrets: Secrets;
  readonly #calls = new Set<AbortController>();
  #hasAnswered = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#secrets = new Secrets(options.apiKey);
  }

  /** Whether a request has succeeded. If so, a server that does not answer now is assumed to be restarting. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Rejects with AbortError when cancelled or disposed of, else with RequestFailure. */
  send(path: string, request: HttpRequest, signal?: AbortSignal): Promise<HttpReply> {
    return this.#call(path, request, (reply) => reply, signal);
  }

  /** @param read Converts a reply to the result. If it throws RequestFailure, the request counts as failed. */
  async #call<T>(
    path: string,
    request: HttpRequest,
    read: (reply: HttpReply) => T,
    signal: AbortSignal | undefined,
    onRetry?: () => void,
    streamed?: StreamedRequest,
  ): Promise<T> {
    signal?.throwIfAborted();
    const call = new AbortController();
    const cancel = (): void => call.abort(signal?.reason);
    // All requests of a run listen to one signal, and each removes its listener when it ends.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', cancel, { once: true });
    this.#calls.add(call);
    try {
      return await this.#attempts(path, request, read, call.signal, onRetry, streamed);
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#calls.delete(call);
    }
  }

  /**
   * Returns the JSON of a reply, which may be requested as a stream of events. `onRetry` is called before every
   * further attempt. Rejects as `send` does; RequestFailure also reports what came instead of JSON.
   */
  async json(path: string, body?: object, signal?: AbortSignal, onRetry?: () => void): Promise<unknown> {
    const streamed = body !== undefined && 'stream' in body && body.stream === true ? (body as StreamedRequest) : undefined;
    const accept = streamed === undefined ? 'application/json' : 'text/event-stream, application/json';
    const headers = { accept, ...(body && { 'content-type': 'application/json' }) };
    const request = { headers, ...(body && { body: JSON.stringify(body) }) };
    return await this.#call(path, request, (reply) => this.readJson(reply.body), signal, onRetry, streamed);
  }

  /** Parses a reply's body, or part of it, without the key. Throws RequestFailure naming what came instead of JSON. */
  readJson(body: Buffer): unknown {
    return this.#secrets.hideIn(readJson(body));
  }

  /** Ends running requests with AbortError. */
  dispose(): void {
    for (const call of this.#calls) call.abort();
  }

  async #attempts<T>(
    path: string,
    request: HttpRequest,
    read: (reply: HttpReply) => T,
    signal: AbortSignal,
    onRetry: (() => void) | undefined,
    streamed: StreamedRequest | undefined,
  ): Promise<T> {
    const { url, retries = 3, backOff = 500, log } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(path, request, read, signal, streamed);
      if (!(outcome instanceof RequestFailure)) {
        this.#hasAnswered = true;
        return outcome;
      }
      const { isTemporary, isUnreachable, retryAfter } = outcome.details;
      // An unreachable server that has never answered is assumed not to exist.
      if (attempt >= retries || isTemporary !== true || (isUnreachable === true && !this.#hasAnswered)) throw outcome;
      const wait = Math.min(retryAfter ?? backOff * 2 ** attempt * (0.75 + Math.random() / 2), LONGEST_WAIT);
      log.info(`${url}: ${outcome.message} Trying again in ${Math.round(wait)} ms.`);
      await sleep(wait, undefined, { signal });
      onRetry?.();
    }
  }

  async #attempt<T>(
    path: string,
    { headers, body }: HttpRequest,
    read: (reply: HttpReply) => T,
    signal: AbortSignal,
    streamed: StreamedRequest | undefined,
  ): Promise<T | RequestFailure> {
    const { url, apiKey, timeout, mostBytes = 64 * 2 ** 20 } = this.#options;
    const patience = new Patience(timeout);
    const reader = streamed && new StreamedReply(streamed);
    const onPiece = (outcome: PieceOutcome): void => (outcome === 'comment' ? patience.heardComment() : patience.heard());
    const request = {
      headers: { ...headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
      ...(body !== undefined && { body }),
    };
    const listener = exchangeListener();
    const began = performance.now();
    let reply: HttpReply | undefined;
    const report = (failure?: RequestFailure, part?: Buffer): void =>
      listener?.(
        this.#exchangeOf(`${url}${path}`, body, { status: reply?.status, body: reply?.body ?? part }, performance.now() - began, failure),
      );
    try {
      reply = await exchange(new URL(`${url}${path}`), request, AbortSignal.any([signal, patience.signal]), {
        mostBytes,
        ...(reader && { reader, onPiece }),
      });
      if (reply.status < 200 || reply.status >= 300) throw refusal(reply);
      if (reader !== undefined && StreamedReply.isStream(reply.body)) {
        reader.read(reply.body);
        reply = { ...reply, body: reader.end() };
      }
      const result = read(reply);
      report();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      const cause = patience.signal.aborted ? new RequestFailure(patience.message, { isTemporary: true }) : connectionFailure(error);
      const failure = this.#withoutKey(cause);
      report(failure, reader?.part);
      return failure;
    } finally {
      patience.end();
    }
  }

  /** Removes the key from a failure, which may repeat any part of the reply, and cuts a very long message. */
  #withoutKey({ message, details }: RequestFailure): RequestFailure {
    const { parameter } = details;
    const hidden = this.#secrets.hide(message);
    return new RequestFailure(hidden.length > LONGEST_MESSAGE ? `${hidden.slice(0, LONGEST_MESSAGE)}…` : hidden, {
      ...details,
      ...(parameter !== undefined && { parameter: this.#secrets.hide(parameter) }),
    });
  }

  /** Returns the report of a request for `watchExchanges`. */
  #exchangeOf(
    url: string,
    sent: HttpRequest['body'],
    reply: { readonly status: number | undefined; readonly body: Buffer | undefined },
    ms: number,
    failure: RequestFailure | undefined,
  ): Exchange {
    const request = sent === undefined ? undefined : keptBody(sent, this.#secrets);
    const answer = reply.body && keptBody(reply.body, this.#secrets);
    return {
      url,
      ...(request && { request: request.body }),
      ...(reply.status !== undefined && { status: reply.status }),
      ...(answer && { reply: answer.body }),
      ...(failure && { failure: failure.message }),
      ms: Math.round(ms),
      ...((request?.isCut === true || answer?.isCut === true) && { isCut: true as const }),
    };
  }
}

function readJson(body: Buffer): unknown {
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch {
    if (text.trim() === '') throw new RequestFailure(english('The server answered with an empty reply.'), { isTemporary: true });
    if (/^\s*</.test(text)) throw new RequestFailure(english('The server answered with an HTML page instead of JSON; is its URL right?'));
    if (!/^\s*[{["]/.test(text))
      throw new RequestFailure(english('The server answered with plain text instead of JSON; is its URL right?'));
    return withoutNaN(text);
  }
}

/** Reads NaN and Infinity, which Python writes but JSON does not have, as null: they count as missing numbers. */
function withoutNaN(text: string): unknown {
  try {
    return JSON.parse(text.replace(/-?\b(?:NaN|Infinity)\b/g, 'null'));
  } catch {
    throw new RequestFailure(english('The server answered with JSON that cannot be read; it may have been cut off.'), {
      isTemporary: true,
    });
  }
}
