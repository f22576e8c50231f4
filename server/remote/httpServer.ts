import { setTimeout as sleep } from 'node:timers/promises';
import { RequestFailure, requestFailure } from './requestFailure.js';

export interface HttpServerOptions {
  /** What all paths are below, without a slash at its end. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly apiKey: string | undefined;
  /** Longest wait for the whole answer to one request, in ms. */
  readonly timeout: number;
  /** Wait before the second attempt in ms, doubled for every further one; the server's Retry-After comes first. */
  readonly backOff: number;
  readonly log: { info(message: string): void };
}

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Posted; without it the path is got. */
  readonly body?: Uint8Array<ArrayBuffer> | string;
}

export interface HttpAnswer {
  readonly headers: Headers;
  readonly body: Buffer;
}

const retries = 3;
const longestWait = 120_000;
/** A longer answer is given up: logits over a whole vocabulary belong into the graph's own readout. */
const mostBytes = 512 * 2 ** 20;
const temporary = new Set([408, 425, 429]);

/** One HTTP server: retries, time limits, and failures as sentences. Redirections are not followed: text goes to the address of the profile alone. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  #hasAnswered = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  /** Rejects with AbortError when cancelled, else with RequestFailure. */
  async send(path: string, request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const { url, backOff, log } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(path, request, signal);
      if (!(outcome instanceof RequestFailure)) {
        this.#hasAnswered = true;
        return outcome;
      }
      const { isTemporary, isUnreachable, retryAfter } = outcome.details;
      // One that has never answered is not there; one that has is being restarted.
      if (attempt >= retries || isTemporary !== true || (isUnreachable === true && !this.#hasAnswered)) throw outcome;
      const wait = Math.min(retryAfter ?? backOff * 2 ** attempt * (0.75 + Math.random() / 2), longestWait);
      log.info(`${url}: ${outcome.message} Trying again in ${Math.round(wait)} ms.`);
      await sleep(wait, undefined, { ...(signal && { signal }) });
    }
  }

  async #attempt(path: string, { headers, body }: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer | RequestFailure> {
    const { url, apiKey, timeout } = this.#options;
    const late = AbortSignal.timeout(timeout);
    try {
      const response = await fetch(`${url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, late]) : late,
      });
      const answer = { headers: response.headers, body: await read(response) };
      return response.ok ? answer : refusal(response.status, answer);
    } catch (error) {
      signal?.throwIfAborted();
      if (late.aborted) return new RequestFailure(`The server did not answer within ${timeout / 1000} s.`, { isTemporary: true });
      return requestFailure(error);
    }
  }
}

/** The JSON of an answer; RequestFailure says what came instead. */
export function readJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    if (/^\s*</.test(text)) throw new RequestFailure('The server answered with an HTML page instead of JSON; is its URL right?');
    return withoutNaN(text);
  }
}

/** Python writes NaN and Infinity, which are no JSON; as null they are numbers that are missing. */
function withoutNaN(text: string): unknown {
  try {
    return JSON.parse(text.replace(/-?\b(?:NaN|Infinity)\b/g, 'null'));
  } catch {
    throw new RequestFailure('The server answered with JSON that cannot be read; it may have been cut off.');
  }
}

async function read(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > mostBytes) {
      throw new RequestFailure(
        `The server's answer is longer than ${mostBytes / 2 ** 20} MiB. Serve a graph that gives the labels, or the two columns of the readout, instead of the whole vocabulary.`,
      );
    }
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

function refusal(status: number, { headers, body }: HttpAnswer): RequestFailure {
  if (status >= 300 && status < 400)
    return new RequestFailure(`The server answered ${status}: it sends to another address. Name that one in the profile.`, { status });
  const said = toldBy(body.toString('utf8')).trim();
  const after = headers.get('retry-after')?.trim();
  const wait =
    after === undefined || after === '' ? NaN : /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return new RequestFailure(`The server answered ${status}${said === '' ? '' : `: ${said.slice(0, 300).replace(/\.$/, '')}`}.`, {
    status,
    isTemporary: status >= 500 || temporary.has(status),
    ...(!Number.isNaN(wait) && { retryAfter: Math.max(0, wait) }),
  });
}

/** The sentence in an error's body: `{"error": ".."}` of the inference protocol, or vLLM's, old and new. */
function toldBy(text: string): string {
  if (/^\s*</.test(text)) return 'an HTML page';
  try {
    const json = JSON.parse(text) as { error?: unknown; message?: unknown; detail?: unknown } | null;
    const error = json?.error;
    const told =
      typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : (error ?? json?.message ?? json?.detail);
    return typeof told === 'string' ? told : JSON.stringify(told ?? json);
  } catch {
    return text;
  }
}
