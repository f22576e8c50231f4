import { createHash } from 'node:crypto';
import { english } from '../../l10n.js';
import { OpenAiClient, type OpenAiClientOptions, type RequestBody } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';

export interface EndpointOptions extends Omit<OpenAiClientOptions, 'baseUrl'> {
  /** Returns the key that was set for a server. No server gets the key of another. */
  readonly key?: (url: string) => string | undefined;
}

/** ms during which an endpoint that failed is tried last. */
const UNHEALTHY_MS = 30_000;

/**
 * Servers of the same model. All requests with the same prefix go to the same server, whose prefix cache then has it.
 * When that one fails for a temporary reason, the next in the prefix's own order is tried.
 */
export class Endpoints {
  readonly #clients: readonly OpenAiClient[];
  readonly #failedAt = new Map<OpenAiClient, number>();

  /** Throws `Unusable` when a text is not a URL. */
  constructor(urls: readonly string[], { key, ...options }: EndpointOptions) {
    this.#clients = urls.map((baseUrl) => new OpenAiClient({ ...options, baseUrl, apiKey: key?.(baseUrl) ?? options.apiKey }));
  }

  /** Name for messages. */
  get name(): string {
    const [first = '', ...more] = this.#clients.map(({ baseUrl }) => baseUrl);
    return more.length === 0 ? first : english('{0} and {1} more', first, more.length);
  }

  /** Does the same as `OpenAiClient.post`, at the server that `key` belongs to. */
  async post(
    key: string,
    path: '/chat/completions' | '/completions',
    body: RequestBody & { readonly model: string },
    signal?: AbortSignal,
    onRetry?: () => void,
  ): Promise<unknown> {
    return await this.#first(key, (client) => client.post(path, body, signal, onRetry), onRetry);
  }

  async models(signal?: AbortSignal): Promise<string[]> {
    return await this.#first('', (client) => client.models(signal));
  }

  dispose(): void {
    for (const client of this.#clients) client.dispose();
  }

  async #first<T>(key: string, ask: (client: OpenAiClient) => Promise<T>, onRetry?: () => void): Promise<T> {
    const order = this.#order(key);
    for (const [i, client] of order.entries()) {
      try {
        const answer = await ask(client);
        this.#failedAt.delete(client);
        return answer;
      } catch (error) {
        const isLast = i === order.length - 1;
        // An endpoint that cannot be reached at all is skipped while others answer.
        const passes = error instanceof RequestFailure ? error.details.isTemporary === true : (error as Error).name !== 'AbortError';
        if (isLast || !passes) throw error;
        this.#failedAt.set(client, performance.now());
        onRetry?.();
      }
    }
    throw new Error(english('A policy needs an endpoint.'));
  }

  /**
   * Orders the endpoints by rendezvous hashing: adding or removing one moves only its own prefixes. Those that failed
   * recently come last.
   */
  #order(key: string): OpenAiClient[] {
    if (this.#clients.length === 1) return [...this.#clients];
    const now = performance.now();
    const isFailing = (client: OpenAiClient): boolean => now - (this.#failedAt.get(client) ?? -Infinity) < UNHEALTHY_MS;
    return this.#clients
      .map((client) => ({ client, weight: createHash('sha256').update(`${client.baseUrl}\n${key}`).digest('hex') }))
      .sort((a, b) => Number(isFailing(a.client)) - Number(isFailing(b.client)) || (a.weight < b.weight ? -1 : 1))
      .map(({ client }) => client);
  }
}
