import { type RequestBody, refuses } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';

/**
 * The request fields that a server understands. Fields that the user did not choose, such as the seed, are left out if
 * the server refuses them, with or without naming them. The token limit gets the name that the server accepts.
 */
export class RequestDialect {
  #limitName = 'max_tokens';
  readonly #refused = new Set<string>();
  /** Fields that were part of a successful request. */
  readonly #taken = new Set<string>();

  /**
   * Sends a body with `max_tokens`, and again without those fields of `optional` that the server refuses. `onRetry` is
   * called before each further attempt. Rejects as `send` does.
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

  /** Sends without the fields not accepted yet: a refusal that names no field may be about one of them. */
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

/** Whether the server understood the request but rejects it, for a reason other than its length. */
export function isRefusal({ message, details }: RequestFailure): boolean {
  return (details.status === 400 || details.status === 422) && !/context (?:length|window|size)|too (?:long|many tokens)/i.test(message);
}
