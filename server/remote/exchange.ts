import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { resolveName } from './loopback.js';
import { RequestFailure } from './requestFailure.js';

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with POST; without it the path is read with GET. */
  readonly body?: Uint8Array | string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

/**
 * One request and its reply, to the address given and no other: redirects are replies like others. The reply may be as slow
 * as `signal` allows and has at most `mostBytes`, counted after it is decompressed, piece by piece, so that a small reply
 * cannot grow in memory. Rejects with RequestFailure for a reply that is too long, else with the system's error.
 */
export async function exchange(url: URL, { headers, body }: HttpRequest, signal: AbortSignal, mostBytes: number): Promise<HttpReply> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const options = {
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
    send(url, options, resolve).on('error', reject).end(body);
  });
  try {
    return { status: response.statusCode!, headers: response.headers, body: await readBody(response, mostBytes) };
  } finally {
    // A reply that was given up is not waited for.
    if (!response.complete) response.destroy();
  }
}

async function readBody(response: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decompressed(response)) {
    bytes += (chunk as Buffer).byteLength;
    if (bytes > mostBytes) throw new RequestFailure(`The server's reply is longer than ${mostBytes / 2 ** 20} MiB and was given up.`);
    chunks.push(chunk as Buffer);
  }
  if (!response.complete) throw Object.assign(new Error('the reply was cut off'), { code: 'ECONNRESET' });
  return Buffer.concat(chunks);
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
  if (decoder === undefined) throw new RequestFailure('The server compressed its reply in a way it was not asked for.');
  response.on('error', (error) => decoder.destroy(error));
  decoder.on('close', () => response.unpipe());
  return response.pipe(decoder);
}
