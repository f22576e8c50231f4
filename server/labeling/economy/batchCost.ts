/** Cost of one request to a policy or judge, as far as it is known. */
export interface RequestCost {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Prompt tokens that the server had in its cache, where it reports them. */
  readonly cachedTokens: number;
  /** Further attempts after the first one. */
  readonly retries: number;
  /** The reply lacks token counts: they are unknown, not 0. */
  readonly isUnreported?: true;
}

/** Cost of a batch of rollouts, written with it into the event log. Tokens as the servers report them. */
export interface BatchCost {
  /** Time from the first request to the last verdict. */
  readonly ms: number;
  readonly requests: number;
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  /** Attempts beyond the first one of each request; absent if there are none. */
  readonly retries?: number;
  /** Requests to policy or judge whose reply lacks token counts; absent if there are none. */
  readonly unreported?: number;
  /** Requests to a judge, with their tokens and retries; absent if there are none. */
  readonly judge?: { readonly requests: number; readonly prompt: number; readonly completion: number; readonly retries?: number };
}

/** Adds up the requests of one batch. */
export class CostMeter {
  readonly #now: () => number;
  readonly #began: number;
  readonly #policy = { requests: 0, prompt: 0, completion: 0, cached: 0 };
  readonly #judge = { requests: 0, prompt: 0, completion: 0 };
  #retries = 0;
  #judgeRetries = 0;
  #unreported = 0;

  /** `now`: ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  readonly policy = ({ promptTokens, completionTokens, cachedTokens, retries, isUnreported }: RequestCost): void => {
    if (isUnreported) this.#unreported++;
    this.#policy.requests++;
    this.#policy.prompt += promptTokens;
    this.#policy.completion += completionTokens;
    this.#policy.cached += cachedTokens;
    this.#retries += retries;
  };

  readonly judge = ({ promptTokens, completionTokens, retries, isUnreported }: RequestCost): void => {
    if (isUnreported) this.#unreported++;
    this.#judge.requests++;
    this.#judge.prompt += promptTokens;
    this.#judge.completion += completionTokens;
    this.#judgeRetries += retries;
  };

  /** Undefined when no request reported anything. */
  get cost(): BatchCost | undefined {
    if (this.#policy.requests + this.#judge.requests === 0) return undefined;
    const ms = Math.max(0, Math.round(this.#now() - this.#began));
    const judge = { ...this.#judge, ...(this.#judgeRetries > 0 && { retries: this.#judgeRetries }) };
    return {
      ms,
      ...this.#policy,
      ...(this.#retries > 0 && { retries: this.#retries }),
      ...(this.#unreported > 0 && { unreported: this.#unreported }),
      ...(judge.requests > 0 && { judge }),
    };
  }
}

/**
 * Returns the usage of a chat or completions reply after some retries. Missing fields, and all fields of a failed
 * request (undefined), are 0. A reply that lacks one of the two counts is marked, because the known count is too low.
 */
export function usageOf(reply: unknown, retries = 0): RequestCost {
  const usage = (reply as { usage?: Record<string, unknown> | null } | null)?.usage;
  const [promptTokens, completionTokens] = [tokens(usage?.prompt_tokens), tokens(usage?.completion_tokens)];
  const isCounted = promptTokens !== undefined && completionTokens !== undefined && promptTokens + completionTokens > 0;
  return {
    promptTokens: promptTokens ?? 0,
    completionTokens: completionTokens ?? 0,
    cachedTokens: cachedOf(usage) ?? 0,
    retries,
    ...(reply !== undefined && !isCounted && { isUnreported: true }),
  };
}

/** Reads cached tokens as reported by OpenAI, vLLM and SGLang, or by DeepSeek, Kimi, and Anthropic behind a gateway. */
function cachedOf(usage: Record<string, unknown> | null | undefined): number | undefined {
  const details = usage?.prompt_tokens_details as { cached_tokens?: unknown } | null | undefined;
  const known = [details?.cached_tokens, usage?.prompt_cache_hit_tokens, usage?.cached_tokens, usage?.cache_read_input_tokens];
  return known.map(tokens).find((count) => count !== undefined);
}

function tokens(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
