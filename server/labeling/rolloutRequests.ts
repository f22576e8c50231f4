import type { KeptRequest } from './keptRequests.js';
import type { RunEvent } from './runEvents.js';

/** Facts about one rollout from the kept requests; all are absent if the log keeps no requests. */
export interface RolloutFacts {
  /** Requests that wrote the rollout or judged it, in the order they were answered. */
  readonly requests: readonly KeptRequest[];
  /** As the server reports it: `stop`, `length`, `content_filter`. */
  readonly finishReason?: string;
  /** The seed in the request. The i-th completion of one request usually gets `seed + i`. */
  readonly seed?: number;
  /** Tokens of this completion alone; undefined if the reply does not report them. */
  readonly tokens?: number;
  /** Tokens of the whole reply, and how many rollouts it has. */
  readonly replyTokens?: { readonly tokens: number; readonly rollouts: number };
  /** ms from the request that wrote the rollout to its reply, which may have further rollouts. */
  readonly latency?: number;
  /** The completion as the server wrote it, before it was split into steps. */
  readonly raw?: string;
}

/** The requests of an event. A log may come from anywhere: what is not a request is skipped. */
export function requestsOf(event: RunEvent): readonly KeptRequest[] {
  const requests: unknown = event.requests;
  return Array.isArray(requests) ? requests.filter(isRequest) : [];
}

function isRequest(value: unknown): value is KeptRequest {
  const { to, url, ms, rollouts } = (value ?? {}) as Partial<Record<keyof KeptRequest, unknown>>;
  return (to === 'policy' || to === 'judge') && typeof url === 'string' && typeof ms === 'number' && Array.isArray(rollouts);
}

/** `rollout`: its place in the event's batch. */
export function rolloutFacts(event: RunEvent, rollout: number): RolloutFacts {
  const requests = requestsOf(event).filter((one) => isAbout(one, rollout));
  const written = requests.findLast(({ to, failure }) => to === 'policy' && failure === undefined);
  if (written === undefined) return { requests };
  const reply = record(written.reply);
  const choices = choicesOf(reply);
  const choice = choices[written.rollouts.indexOf(rollout)];
  const count = choices.length;
  const all = number(record(reply['usage'])['completion_tokens']);
  const own = number(choice?.['tokens']) ?? (count === 1 ? all : undefined);
  const seed = number(record(written.request)['seed']);
  const finishReason = choice?.['finish_reason'];
  const raw = record(choice?.['message'])['content'] ?? choice?.['text'];
  return {
    requests,
    ...(typeof finishReason === 'string' && { finishReason }),
    ...(seed !== undefined && { seed }),
    ...(own !== undefined ? { tokens: own } : all !== undefined && { replyTokens: { tokens: all, rollouts: count } }),
    latency: written.ms,
    ...(typeof raw === 'string' && { raw }),
  };
}

/**
 * Whether a request is about a rollout. A server that ignores `n` writes fewer rollouts than requested; those of a cut
 * reply cannot be counted.
 */
function isAbout({ to, rollouts, failure, isCut, reply }: KeptRequest, rollout: number): boolean {
  const at = rollouts.indexOf(rollout);
  return at >= 0 && (to === 'judge' || failure !== undefined || isCut === true || at < choicesOf(record(reply)).length);
}

function choicesOf({ choices }: JsonObject): readonly JsonObject[] {
  return Array.isArray(choices) ? choices.map(record).sort((a, b) => (number(a['index']) ?? 0) - (number(b['index']) ?? 0)) : [];
}

type JsonObject = Readonly<Record<string, unknown>>;

function record(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A request in one line: `policy http://127.0.0.1:8000/v1/chat/completions: 200 in 812 ms`. */
export function requestSummary({ to, url, status, failure, ms }: KeptRequest): string {
  return `${to} ${url}: ${failure ?? status ?? 'done'} in ${ms} ms`;
}
