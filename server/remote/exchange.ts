import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { english } from '../l10n.js';
import { resolveName } from './loopback.js';
import { RequestFailure } from './requestFailure.js';

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with POST. Without a body, the request is a GET. */
  readonly body?: Uint8Array | string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Outcome of reading a piece of a body. `more`: the body continues; `comment`: the piece only keeps the connection
 * alive; `finished`: nothing useful follows; `unwanted`: the rest is not wanted, and the connection is closed so that
 * the server stops.
 */
export type PieceOutcome = 'more' | 'comment' | 'finished' | 'unwanted';

/** Reads the body of a successful reply piece by piece, instead of storing it. */
export interface BodyReader {
  /** Whether it reads bodies of this type. */
  takes(contentType: string): boolean;
  /** May throw RequestFailure. */
  read(piece: Uint8Array): PieceOutcome;
  /** Returns the body that represents the whole stream. May throw RequestFailure. */
  end(): Buffer;
}

export interface ExchangeOptions {
  /** Longest body in bytes, decompressed. */
  readonly mostBytes: number;
  readonly reader?: BodyReader | undefined;
  /** Called when the head of the reply has arrived, and for each piece of its body. */
  readonly onPiece?: (outcome: PieceOutcome) => void;
}

/** Longest wait for the end of a finished stream, in ms, so that its connection can be reused. */
const LINGER_MS = 1000;

const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

/**
 * Sends one request to exactly this address and returns the reply. Redirects are returned, not followed. Only `signal`
 * limits the time. `mostBytes` is checked after decompression, piece by piece, so that a small reply cannot expand in
 * memory. Rejects with RequestFailure for a reply that is too long, else with the system's error.
 */
export async function exchange(
  url: URL,
  { headers, body }: HttpRequest,
  signal: AbortSignal,
  options: ExchangeOptions,
): Promise<HttpReply> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const sent = {
    method: body === undefined ? 'GET' : 'POST',
    agent: agents[url.protocol as keyof typeof agents],
    headers: {
      ...headers,
      'accept-encoding': 'gzip, deflate, br',
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
    lookup: resolveName,
    signal,
  };
  const attempt = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      let isAnswered = false;
      const request = send(url, sent, (response) => {
        isAnswered = true;
        resolve(response);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The reader of the reply also gets this error. A new attempt would send a request whose reply is never read.
        if (isAnswered) return;
        // If the server closed the reused connection of an earlier request, this request is sent again.
        if (request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') && !signal.aborted) resolve(attempt());
        else reject(error);
      });
      request.end(body);
    });
  const response = await attempt();
  try {
    options.onPiece?.('more');
    // Optional in Node's type, which is also for requests. A response always has a status.
    const status = response.statusCode ?? 0;
    const isRead = status >= 200 && status < 300 && options.reader?.takes(response.headers['content-type'] ?? '') === true;
    const read = isRead ? readStream(response, options.reader, options) : readBody(response, options);
    return { status, headers: response.headers, body: await read };
  } finally {
    // Closes the connection if the reply is not read to its end.
    if (!response.complete) response.destroy();
  }
}

async function readStream(response: IncomingMessage, reader: BodyReader, { mostBytes, onPiece }: ExchangeOptions): Promise<Buffer> {
  let bytes = 0;
  let linger: NodeJS.Timeout | undefined;
  try {
    for await (const piece of decompressed(response)) {
      bytes += (piece as Buffer).byteLength;
      if (bytes > mostBytes) throw tooLong(mostBytes);
      if (linger !== undefined) continue;
      const outcome = reader.read(piece as Buffer);
      onPiece?.(outcome);
      if (outcome === 'unwanted') return reader.end();
      if (outcome === 'finished') linger = setTimeout(() => response.destroy(), LINGER_MS);
    }
    if (linger === undefined && !response.complete) throw cutOff();
  } catch (error) {
    // Errors after the end of the stream do not matter.
    if (linger === undefined) throw error;
  } finally {
    clearTimeout(linger);
  }
  return reader.end();
}

async function readBody(response: IncomingMessage, { mostBytes, onPiece }: ExchangeOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decompressed(response)) {
    bytes += (chunk as Buffer).byteLength;
    if (bytes > mostBytes) throw tooLong(mostBytes);
    chunks.push(chunk as Buffer);
    onPiece?.('more');
  }
  if (!response.complete) throw cutOff();
  return Buffer.concat(chunks);
}

function tooLong(mostBytes: number): RequestFailure {
  return new RequestFailure(english("The server's reply is longer than {0} MiB and was given up.", mostBytes / 2 ** 20));
}

function cutOff(): Error {
  return Object.assign(new Error(english('the reply was cut off')), { code: 'ECONNRESET' });
}

function decompressed(response: IncomingMessage): Readable {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return response;
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : encoding === 'br'
          ? createBrotliDecompress()
          : undefined;
  if (decoder === undefined) throw new RequestFailure(english('The server compressed its reply in a way it was not asked for.'));
  response.on('error', (error) => decoder.destroy(error));
  decoder.on('close', () => response.unpipe());
  return response.pipe(decoder);
}
