/** What a request to a policy or judge cost, as far as it is known. */
export interface RequestCost {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Prompt tokens that the server had in its cache, where it reports them. */
  readonly cachedTokens: number;
}

/** What a batch of rollouts cost; written with it into the event log. Tokens as the servers report them. */
export interface BatchCost {
  /** From the first request to the last verdict. */
  readonly ms: number;
  readonly requests: number;
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  /** Requests that asked a judge, and their tokens; absent where there is none. */
  readonly judge?: { readonly requests: number; readonly prompt: number; readonly completion: number };
}

/** Adds up the requests of one batch. */
export class CostMeter {
  readonly #now: () => number;
  readonly #began: number;
  readonly #policy = { requests: 0, prompt: 0, completion: 0, cached: 0 };
  readonly #judge = { requests: 0, prompt: 0, completion: 0 };

  /** `now`: ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  readonly policy = ({ promptTokens, completionTokens, cachedTokens }: RequestCost): void => {
    this.#policy.requests++;
    this.#policy.prompt += promptTokens;
    this.#policy.completion += completionTokens;
    this.#policy.cached += cachedTokens;
  };

  readonly judge = ({ promptTokens, completionTokens }: RequestCost): void => {
    this.#judge.requests++;
    this.#judge.prompt += promptTokens;
    this.#judge.completion += completionTokens;
  };

  /** Undefined when no request reported anything. */
  get cost(): BatchCost | undefined {
    if (this.#policy.requests + this.#judge.requests === 0) return undefined;
    const ms = Math.max(0, Math.round(this.#now() - this.#began));
    return { ms, ...this.#policy, ...(this.#judge.requests > 0 && { judge: { ...this.#judge } }) };
  }
}

/** The usage of a chat or completions reply; fields that a server leaves out are 0. */
export function usageOf(reply: unknown): RequestCost {
  const usage = (reply as { usage?: Record<string, unknown> | null } | null)?.usage;
  const details = usage?.prompt_tokens_details as { cached_tokens?: unknown } | null | undefined;
  return {
    promptTokens: tokens(usage?.prompt_tokens),
    completionTokens: tokens(usage?.completion_tokens),
    cachedTokens: tokens(details?.cached_tokens),
  };
}

function tokens(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;
}
