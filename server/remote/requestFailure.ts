import { APIConnectionTimeoutError, APIError } from 'openai';

export interface RequestFailureDetails {
  readonly status?: number;
  /** The parameter that the server refused, where it names one. */
  readonly parameter?: string;
  /** Nothing answers at the address. */
  readonly isUnreachable?: boolean;
  /** The same request may succeed in a moment. */
  readonly isTemporary?: boolean;
  /** What the server asks to wait, in ms. */
  readonly retryAfter?: number;
}

/** One request failed; the message is a sentence. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';

  constructor(
    message: string,
    readonly details: RequestFailureDetails = {},
  ) {
    super(message);
  }
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ERR_INVALID_URL']);
const TEMPORARY = new Set([408, 409, 425, 429]);

/** What a failed request of the openai package comes to. */
export function requestFailure(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  const { code, message } = innermost(error);
  if (error instanceof APIConnectionTimeoutError || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new RequestFailure('The server did not answer in time.', { isTemporary: true });
  }
  if (error instanceof APIError && typeof error.status === 'number') return refusal(error as StatusError, error.status);
  if (error instanceof SyntaxError)
    return new RequestFailure('The server answered with JSON that cannot be read; it may have been cut off.', { isTemporary: true });
  if (code !== undefined && UNREACHABLE.has(code))
    return new RequestFailure(`The server cannot be reached (${code}).`, { isUnreachable: true, isTemporary: true });
  return new RequestFailure(`The connection to the server broke (${code ?? message}).`, { isTemporary: true });
}

type StatusError = APIError<number, Headers, object>;

function refusal(error: StatusError, status: number): RequestFailure {
  const told = error.message.replace(/^\d{3} /, '').trim();
  const why = /^\s*</.test(told) ? 'an HTML page' : told.length > 300 ? `${told.slice(0, 300)}…` : told;
  return new RequestFailure(`The server answered ${status}: ${why.replace(/\.$/, '')}.`, {
    status,
    isTemporary: status >= 500 || TEMPORARY.has(status),
    ...(typeof error.param === 'string' && { parameter: error.param }),
    ...retryAfter(error.headers.get('retry-after')),
  });
}

/** `Retry-After`: seconds, or a date. */
function retryAfter(header: string | null | undefined): { retryAfter?: number } {
  if (header === null || header === undefined || header.trim() === '') return {};
  const wait = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(wait) ? {} : { retryAfter: Math.max(0, wait) };
}

/** The error at the bottom of a chain of causes: the system's own, below fetch's and the package's. */
function innermost(error: unknown): { code?: string; message: string } {
  let found: { code?: string; message: string } = { message: 'unknown error' };
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = (one as NodeJS.ErrnoException).code;
    found = { message: one.message, ...(typeof code === 'string' && { code }) };
  }
  return found;
}

/**
 * fetch, with error bodies where the openai package looks for them: vLLM before 0.11 writes `{"object": "error", "message": ..}`
 * and not `{"error": {"message": ..}}`, and its sentence would be lost.
 */
export async function fetchWithErrors(...parameters: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...parameters);
  if (response.ok) return response;
  const text = await response.text();
  return new Response(text === '' ? null : withNestedError(text), { status: response.status, headers: response.headers });
}

function withNestedError(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof body !== 'object' || body === null || 'error' in body) return text;
  if ('message' in body) return JSON.stringify({ error: body });
  return 'detail' in body ? JSON.stringify({ error: { message: body.detail } }) : text;
}
