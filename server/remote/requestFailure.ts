import { english } from '../l10n.js';
export interface RequestFailureDetails {
  readonly status?: number;
  /** The parameter that the server refused, where it names one. */
  readonly parameter?: string;
  /** Nothing answers at the address. */
  readonly isUnreachable?: boolean;
  /** The same request may succeed in a moment. */
  readonly isTemporary?: boolean;
  /** Wait that the server requests, in ms. */
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

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const TEMPORARY = new Set([408, 409, 425, 429]);
/** Converts a system error (refused, reset, cut off) to a failure. */
export function connectionFailure(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  const { name, message, code } = error as NodeJS.ErrnoException;
  if (name === 'NotLoopbackError') return new RequestFailure(english('Nothing was sent: {0}.', message));
  if (code !== undefined && UNREACHABLE.has(code))
    return new RequestFailure(english('The server cannot be reached ({0}).', code), { isUnreachable: true, isTemporary: true });
  if (code?.startsWith('Z_') === true || code?.startsWith('ERR__ERROR_FORMAT') === true)
    return new RequestFailure(english("The server's reply cannot be decompressed."), { isTemporary: true });
  return new RequestFailure(english('The connection to the server broke ({0}).', code ?? message), { isTemporary: true });
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Converts a reply without success to a failure with the server's message. Redirects are not followed. */
export function refusal({ status, headers, body }: Refusal): RequestFailure {
  if (status >= 300 && status < 400) {
    const to = originOf(headers.location);
    return new RequestFailure(
      english(
        'The server answered {0}: it redirects to {1}. StepLens does not follow redirects to an address that you did not choose. If the address is right, set it yourself.',
        status,
        to ?? english('another address'),
      ),
      { status },
    );
  }
  const { words, parameter } = wordsOf(body.toString('utf8'));
  return new RequestFailure(
    words === '' ? english('The server answered {0}.', status) : english('The server answered {0}: {1}.', status, words.replace(/\.$/, '')),
    {
      status,
      isTemporary: status >= 500 || TEMPORARY.has(status),
      ...(parameter !== undefined && { parameter }),
      ...retryAfter(headers['retry-after'], headers.date),
    },
  );
}

/** Converts an error inside a reply or stream with a success status. It is temporary unless its code is a refusal. */
export function reportedFailure(chunk: Readonly<Record<string, unknown>>): RequestFailure {
  const { words, parameter } = wordsOf(JSON.stringify(chunk));
  const { code } = (typeof chunk.error === 'object' && chunk.error !== null ? chunk.error : chunk) as { code?: unknown };
  const number = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  const status = typeof number === 'number' && number >= 400 && number < 600 ? number : undefined;
  return new RequestFailure(english('The server reports an error: {0}.', words.replace(/\.$/, '')), {
    isTemporary: status === undefined || status >= 500 || TEMPORARY.has(status),
    ...(status !== undefined && { status }),
    ...(parameter !== undefined && { parameter }),
  });
}

/** The sentence in an error's body: `{"error": ".."}`, `{"error": {"message": "..", "param": ".."}}`, or vLLM's `{"message": ".."}`. */
function wordsOf(text: string): { readonly words: string; readonly parameter?: string } {
  if (/^\s*</.test(text)) return { words: english('an HTML page') };
  try {
    const parsed: unknown = JSON.parse(text);
    // Gemini puts its error into a list.
    const json = (Array.isArray(parsed) ? parsed[0] : parsed) as { error?: unknown; message?: unknown; detail?: unknown } | null;
    const error = json?.error;
    const { message, param } = (typeof error === 'object' && error !== null ? error : { message: error }) as {
      message?: unknown;
      param?: unknown;
    };
    const words = message ?? json?.message ?? json?.detail;
    return {
      words: (typeof words === 'string' ? words : JSON.stringify(words ?? json)).trim(),
      ...(typeof param === 'string' && { parameter: param }),
    };
  } catch {
    return { words: text.trim() };
  }
}

function originOf(location: string | string[] | undefined): string | undefined {
  return typeof location === 'string' && URL.canParse(location) ? new URL(location).origin : undefined;
}

type Header = string | string[] | undefined;

/** Reads `Retry-After`: seconds, or a date by the server's clock, whose time is in the reply's `Date`. */
function retryAfter(header: Header, date: Header): { retryAfter?: number } {
  if (typeof header !== 'string' || header.trim() === '') return {};
  const there = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  const now = Number.isNaN(there) ? Date.now() : there;
  const wait = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? {} : { retryAfter: Math.max(0, wait) };
}
