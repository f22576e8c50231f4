import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { Secrets } from './secrets.js';

/** The address of a model on this machine, as event logs name it. */
export const onThisMachine = 'inference';

/** One request as it was sent and what came back, without keys and with images shortened. */
export interface Exchange {
  /** The whole address, or `onThisMachine`. */
  readonly url: string;
  /** Body of the request: a JSON value; a text where it is not JSON or was cut. */
  readonly request?: unknown;
  readonly status?: number;
  /** Body of the reply, as `request`. */
  readonly reply?: unknown;
  /** Why there is no usable reply. */
  readonly failure?: string;
  /** Time from the request to the end of the reply. */
  readonly ms: number;
  /** Present if a body was too long. Only its beginning is kept, as a text. */
  readonly isCut?: true;
}

/** Maximum length of a kept body, in UTF-16 units. */
export const longestKept = 64 * 1024;
/** Longer data URLs (images) are replaced by their digest. */
const longestDataUrl = 256;

interface Watcher {
  readonly onExchange: (exchange: Exchange, about: readonly number[]) => void;
  readonly about: readonly number[];
}

const watchers = new AsyncLocalStorage<Watcher>();

/**
 * Reports every request sent inside `work`, at any depth, when its reply has arrived or it has failed. Enclosing
 * watchers get the report, too. `about`: see `forWhat`.
 */
export function watchExchanges<T>(onExchange: Watcher['onExchange'], about: readonly number[], work: () => Promise<T>): Promise<T> {
  const outer = watchers.getStore()?.onExchange;
  const both: Watcher['onExchange'] = (exchange, places) => {
    outer?.(exchange, places);
    onExchange(exchange, places);
  };
  return watchers.run({ onExchange: outer ? both : onExchange, about }, work);
}

/** Marks the requests of `work` with numbers that have a meaning for the watcher, such as indexes in a batch. */
export function forWhat<T>(about: readonly number[], work: () => Promise<T>): Promise<T> {
  const watcher = watchers.getStore();
  return watcher === undefined ? work() : watchers.run({ ...watcher, about }, work);
}

/** Returns the function that reports an exchange; undefined when there is no watcher. */
export function exchangeListener(): ((exchange: Exchange) => void) | undefined {
  const watcher = watchers.getStore();
  return watcher && ((exchange) => watcher.onExchange(exchange, watcher.about));
}

/** Returns a body as it is kept: without keys, with a digest for each image, and cut if it is too long. */
export function keptBody(bytes: Buffer | Uint8Array | string, secrets: Secrets): { readonly body: unknown; readonly isCut: boolean } {
  const text = withoutImages(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'));
  const body = readBody(text, secrets);
  const written = typeof body === 'string' ? body : JSON.stringify(body);
  return written.length > longestKept ? { body: written.slice(0, longestKept), isCut: true } : { body, isCut: false };
}

function readBody(text: string, secrets: Secrets): unknown {
  try {
    // A key may be escaped in JSON, so it is searched for in the parsed values.
    return secrets.hideIn(withoutKeys(JSON.parse(text)));
  } catch {
    return secrets.hide(text);
  }
}

function withoutImages(text: string): string {
  return text.replace(/data:[\w.+-]+\/[\w.+-]+;base64,[A-Za-z0-9+/=]+/g, (url) => (url.length > longestDataUrl ? imageDigest(url) : url));
}

/** Shortens an image's data URL to what is needed to recognize the image when the request is sent again. */
export function imageDigest(dataUrl: string): string {
  const digest = createHash('sha256').update(dataUrl).digest('hex').slice(0, 32);
  return `${dataUrl.slice(0, dataUrl.indexOf(',') + 1)}[${dataUrl.length} characters, ${digest}]`;
}

/** Names of fields that hold a key, in the fields that the user adds to a request. */
const keyName = /^(x-)?(api|access|auth|secret)[-_]?(key|token)$|^(authorization|password|secret|token)$/i;

/** Returns a JSON value without the contents of the fields that hold a key. */
export function withoutKeys(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // No useful value is nested this deeply.
  if (depth > 100) return null;
  if (Array.isArray(value)) return value.map((one) => withoutKeys(one, depth + 1));
  const entries = Object.entries(value).map(([name, one]): [string, unknown] => [
    name,
    keyName.test(name) && typeof one === 'string' ? '[key]' : withoutKeys(one, depth + 1),
  ]);
  return Object.fromEntries(entries);
}
