/** The base of every wire: requests, notifications, and how failures are transmitted. */
import { type Infer, type Mismatch, object, oneOf, optional, type Shape, text } from './shape.js';

/** One request: its name, the end that answers it, and the shapes of both directions. */
export interface RequestType<To extends string, Params, Result> {
  readonly method: string;
  readonly to: To;
  readonly params: Shape<Params>;
  readonly result: Shape<Result>;
}

/** One message without an answer. */
export interface NotificationType<To extends string, Params> {
  readonly method: string;
  readonly to: To;
  readonly params: Shape<Params>;
}

export function request<const To extends string, Params, Result>(type: RequestType<To, Params, Result>): RequestType<To, Params, Result> {
  return type;
}

export function notification<const To extends string, Params>(type: NotificationType<To, Params>): NotificationType<To, Params> {
  return type;
}

/** The command that resolves a failure, if there is one. */
export const remedy = oneOf('setServerKey', 'allowServer');
export type Remedy = Infer<typeof remedy>;

/** The remedy that an error carries. */
export function remedyIn(error: unknown): Remedy | undefined {
  const found = (error as { readonly remedy?: unknown } | null | undefined)?.remedy;
  return remedy.check(found) === undefined ? (found as Remedy) : undefined;
}

/**
 * Why a request has no result. `cancelled`: by the requester, or because its document was closed. `invalid`: the
 * message does not have its shape. `failed`: anything else; the message names the cause and the remedy.
 */
export const failure = object({ code: oneOf('cancelled', 'invalid', 'failed'), message: text, remedy: optional(remedy) });
export type Failure = Infer<typeof failure>;

/** The reply to a request on every wire. Inside a process a failure is thrown; only on a wire is it data. */
export type Answer<Result> = { readonly ok: Result } | { readonly err: Failure };

/** A failed request, thrown on the requesting end. The answering end also throws it, to choose the code. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  constructor(
    readonly code: Failure['code'],
    message: string,
    readonly remedy?: Remedy,
  ) {
    super(message);
  }
}

export function isCancelled(error: unknown): boolean {
  return error instanceof RequestError && error.code === 'cancelled';
}

/**
 * Answers a request: checks its parameters, does the work, and turns any thrown error into data. Never rejects.
 * `onError` gets the error, unless the request was cancelled; `local` translates a message for the requester.
 */
export async function answer<Params, Result>(
  { method, params: shape }: RequestType<string, Params, Result>,
  params: unknown,
  work: (params: Params, signal: AbortSignal) => Result | Promise<Result>,
  {
    signal,
    onError,
    local = (message) => message,
  }: { readonly signal: AbortSignal; readonly onError: (error: unknown) => void; readonly local?: (message: string) => string },
): Promise<Answer<Result>> {
  try {
    const mismatch = shape.check(params);
    if (mismatch) throw new RequestError('invalid', describe(`The parameters of ${method} are`, mismatch));
    return { ok: await work(params as Params, signal) };
  } catch (error) {
    if (error instanceof RequestError && error.code === 'cancelled') return { err: { code: 'cancelled', message: error.message } };
    if (signal.aborted) return { err: { code: 'cancelled', message: 'The request was cancelled.' } };
    onError(error);
    const code = error instanceof RequestError ? error.code : 'failed';
    const helps = remedyIn(error);
    const message = local(error instanceof Error ? error.message : String(error));
    return { err: { code, message, ...(helps !== undefined && { remedy: helps }) } };
  }
}

/** Returns the result in an answer. Throws RequestError if the answer is a failure or the result has a wrong shape. */
export function resultOf<Result>(
  { method, result }: Pick<RequestType<string, unknown, Result>, 'method' | 'result'>,
  reply: unknown,
): Result {
  const { ok, err } = (typeof reply === 'object' && reply !== null ? reply : {}) as { ok?: unknown; err?: unknown };
  if (err !== undefined && failure.check(err) === undefined) {
    const { code, message, remedy: helps } = err as Failure;
    throw new RequestError(code, message, helps);
  }
  const mismatch = result.check(ok);
  if (mismatch) throw new RequestError('invalid', describe(`The answer to ${method} is`, mismatch));
  return ok as Result;
}

/** One sentence on what is wrong with a message. */
export function describe(subject: string, { path, expected }: Mismatch): string {
  return `${subject} not valid: ${path === '' ? `${expected} was expected` : `${path.replace(/^\./, '')} is not ${expected}`}.`;
}
