import { type RequestBody, refuses } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';

/**
 * What of a request a server turned out to understand. Fields that nobody asked for, such as the seed, are left out where it refuses them, by
 * name or in words of its own; the limit on tokens has the name that it takes.
 */
export class RequestDialect {
  #limitName = 'max_tokens';
  readonly #refused = new Set<string>();
  /** Were part of a request that succeeded. */
  readonly #taken = new Set<string>();

  /**
   * Sends a body with `max_tokens`, again without the fields of `optional` that the server refuses; `onRetry` is called before each further
   * attempt. Rejects as `send` does.
   */
  async post<T>(body: RequestBody, optional: readonly string[], send: (body: RequestBody) => Promise<T>, onRetry?: () => void): Promise<T> {
    for (;;) {
      const limitName = this.#limitName;
      const left = optional.filter((name) => name in body && !this.#refused.has(name));
      const whole = this.#spoken(
        body,
        optional.filter((name) => !left.includes(name)),
      );
      try {
        const reply = await send(whole);
        for (const name of left) this.#taken.add(name);
        return reply;
      } catch (error) {
        if (!(error instanceof RequestFailure) || !isRefusal(error)) throw error;
        const named = left.find((name) => refuses(error, name));
        if (named !== undefined) this.#refused.add(named);
        else if (limitName === 'max_tokens' && /\bmax_completion_tokens\b/.test(error.message)) this.#limitName = 'max_completion_tokens';
        else if (refuses(error, 'n')) throw error;
        else return await this.#bare(whole, left, send, error, onRetry);
        onRetry?.();
      }
    }
  }

  /** A refusal that names no field may be about one that the server has not taken yet. */
  async #bare<T>(
    body: RequestBody,
    left: readonly string[],
    send: (body: RequestBody) => Promise<T>,
    refusal: RequestFailure,
    onRetry: (() => void) | undefined,
  ): Promise<T> {
    const doubtful = left.filter((name) => !this.#taken.has(name));
    if (doubtful.length === 0) throw refusal;
    onRetry?.();
    try {
      const reply = await send(this.#spoken(body, doubtful));
      for (const name of doubtful) this.#refused.add(name);
      return reply;
    } catch (error) {
      throw error instanceof RequestFailure && isRefusal(error) ? refusal : error;
    }
  }

  #spoken(body: RequestBody, without: readonly string[]): RequestBody {
    const fields = Object.entries(body).filter(([name]) => !without.includes(name));
    return Object.fromEntries(fields.map(([name, value]) => [name === 'max_tokens' ? this.#limitName : name, value]));
  }
}

/** The server understood the request and does not take it as it is, for another reason than its length. */
export function isRefusal({ message, details }: RequestFailure): boolean {
  return (details.status === 400 || details.status === 422) && !/context (?:length|window|size)|too (?:long|many tokens)/i.test(message);
}
