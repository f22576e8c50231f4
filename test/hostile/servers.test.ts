import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpClient, type HttpClientOptions } from '../../server/remote/httpClient.js';
import { RequestFailure } from '../../server/remote/requestFailure.js';
import { done } from './figures.js';

const KEY = 'sk-canary-0123456789';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(url: string, options: Partial<HttpClientOptions> = {}): HttpClient & { readonly log: string[] } {
  const log: string[] = [];
  const made = new HttpClient({ url, timeout: 20_000, backOff: 1, log: { info: (message) => log.push(message) }, ...options });
  return Object.assign(made, { log });
}

async function failure(work: Promise<unknown>): Promise<RequestFailure> {
  const error: unknown = await work.catch((one: unknown) => one);
  expect(error).toBeInstanceOf(RequestFailure);
  return error as RequestFailure;
}

const answer = (response: ServerResponse, status: number, headers: Record<string, string>, body: string | Buffer): void => {
  response.writeHead(status, headers).end(body);
};

describe('a request to a server', () => {
  it('goes only to the given address, wherever the server redirects it', async () => {
    const reached: string[] = [];
    const elsewhere = await serve((request, response) => {
      reached.push(request.url!);
      answer(response, 200, {}, '{}');
    });
    const { port } = new URL(elsewhere);
    const places = [
      `${elsewhere}/steal?q=1`,
      `//127.0.0.1:${port}/steal?q=1`,
      `http://user:q=1@127.0.0.1:${port}/`,
      `http://2130706433:${port}/?q=1`,
      `http://localhost:${port}/#q=1`,
      `\\\\127.0.0.1:${port}\\q=1`,
    ];
    for (const status of [300, 301, 302, 303, 304, 305, 306, 307, 308, 399]) {
      for (const location of places) {
        const url = await serve((_, response) => answer(response, status, { location, refresh: `0; url=${location}` }, ''));
        const { message } = await failure(client(url).json('/v1', { question: 'secret' }));
        expect(message).toMatch(/redirects to (?:http:\/\/\S+:\d+|another address)\. StepLens does not follow redirects/);
        expect(message).not.toContain('q=1');
        done('servers', 1);
      }
    }
    expect(reached).toEqual([]);
  });

  it('reads compressed replies', async () => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
      ['identity', (text: string) => text],
    ] as const) {
      const url = await serve((_, response) => answer(response, 200, { 'content-encoding': encoding }, pack('{"a": [1, NaN]}')));
      expect(await client(url).json('/')).toEqual({ a: [1, null] });
    }
  });

  it('fails with a message for every kind of invalid reply', async () => {
    const kinds: readonly (readonly [RequestListener, RegExp])[] = [
      [(_, response) => answer(response, 200, {}, '<html>'), /an HTML page instead of JSON/],
      [(_, response) => answer(response, 200, {}, 'hello'), /plain text instead of JSON/],
      [(_, response) => answer(response, 200, {}, '{"a": '), /JSON that cannot be read/],
      [(_, response) => answer(response, 200, { 'content-encoding': 'gzip' }, 'not gzip'), /cannot be decompressed/],
      [(_, response) => answer(response, 200, { 'content-encoding': 'zstd' }, 'x'), /in a way it was not asked for/],
      [(request) => request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}'), /connection to the server broke/],
      [(request) => request.socket.end('nonsense\r\n\r\n'), /connection to the server broke/],
      [(request) => request.socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`), /connection to the server broke/],
      [(_, response) => answer(response, 400, {}, '['.repeat(200_000)), /answered 400/],
      [(_, response) => answer(response, 500, { 'retry-after': '-1' }, `"${'z'.repeat(100_000)}"`), /answered 500: .{300,390}…/],
    ];
    for (const [listener, sentence] of kinds) {
      const { message } = await failure(client(await serve(listener), { retries: 1 }).json('/'));
      expect(message).toMatch(sentence);
      done('servers', 1);
      expect(message.length).toBeLessThan(500);
    }
  });
});

describe('a reply of a server', () => {
  const endless = (response: ServerResponse, piece: Buffer): void => {
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
      response.once('drain', more);
    };
    more();
  };

  it('is limited in bytes, even if it never ends', async () => {
    const url = await serve((_, response) => endless(response, Buffer.alloc(2 ** 16, 32)));
    const { message } = await failure(client(url, { mostBytes: 2 ** 20 }).json('/'));
    expect(message).toContain('is longer than 1 MiB');
    done('servers', 1);
  });

  it('is limited in bytes after decompression', async () => {
    // 64 MiB of blanks in 64 kB.
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, 32));
    expect(bomb.length).toBeLessThan(2 ** 17);
    const url = await serve((_, response) => answer(response, 200, { 'content-encoding': 'gzip' }, bomb));
    const before = process.memoryUsage().arrayBuffers;
    const { message } = await failure(client(url, { mostBytes: 2 ** 20 }).json('/'));
    expect(message).toContain('is longer than 1 MiB');
    done('servers', 1);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
  });

  it('is limited in time, however slowly it arrives', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    });
    const { message } = await failure(client(url, { timeout: 200, retries: 0 }).json('/'));
    expect([message, requests]).toEqual(['The server did not answer within 0.2 s.', 1]);
    done('servers', 1);
  });

  it('is abandoned when the client is disposed of', async () => {
    const arrived: IncomingMessage[] = [];
    const url = await serve((request) => arrived.push(request));
    const one = client(url);
    const open = one.json('/').catch((error: unknown) => error);
    await expect.poll(() => arrived.length).toBe(1);
    one.dispose();
    expect(await open).toMatchObject({ name: 'AbortError' });
  });
});

describe('an API key that the server repeats', () => {
  const forms = [
    KEY,
    encodeURIComponent(KEY),
    Buffer.from(`user:${KEY}`).toString('base64'),
    Buffer.from(`users:${KEY}`).toString('base64url'),
    [...KEY].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  ];
  const secrets = [KEY, KEY.slice(0, -1), Buffer.from(KEY).toString('base64').slice(4, -4)];

  /** Returns the error and the log about a server's reply, and checks that the key is not in them. */
  async function said(listener: RequestListener, body: object | undefined, options: Partial<HttpClientOptions> = {}): Promise<string> {
    const url = await serve((request, response) => {
      expect(request.headers.authorization).toBe(`Bearer ${options.apiKey ?? KEY}`);
      listener(request, response);
    });
    const one = client(url, { apiKey: KEY, retries: 1, ...options });
    const outcome: unknown = await one.json('/', body).catch((error: unknown) => error);
    const details = outcome instanceof RequestFailure ? JSON.stringify(outcome.details) : '';
    const text = [outcome instanceof Error ? outcome.message : JSON.stringify(outcome), details, ...one.log].join('\n');
    for (const secret of secrets) expect(text).not.toContain(secret);
    done('servers', 1);
    return text;
  }

  it('is in no error, no reply and no log', async () => {
    for (const form of forms)
      for (const status of [200, 400, 401, 403, 404, 429, 500, 503]) {
        const body = `{"error": {"message": "bad key ${form}", "param": "${form}"}, "choices": [{"${form}": "Bearer ${form} rejected"}]}`;
        expect(await said((_, response) => answer(response, status, {}, body), undefined)).toContain('[key]');
      }
  });

  it('is in no error of a stream that breaks off', async () => {
    for (const form of forms)
      for (const event of [
        `data: {"error": {"message": "bad key ${form}", "param": "${form}", "code": 401}}`,
        `data: {"code": 400, "message": "bad key ${form}"}`,
        `data: {"choices": [{"index": 0, "delta": {"content": "bad key ${form}"}}]}\n\ndata: {"error": "bad key ${form}"}`,
      ]) {
        const stream = (response: ServerResponse): void => answer(response, 200, { 'content-type': 'text/event-stream' }, `${event}\n\n`);
        expect(await said((_, response) => stream(response), { stream: true })).toContain('[key]');
      }
  });

  it('is in no message about a redirect or a header, and not even in part where a long text is cut', async () => {
    const host = `http://${KEY}.example/${KEY}`;
    expect(await said((_, response) => answer(response, 307, { location: host }, ''), {})).toContain('[key].example');
    await said(
      (_, response) => answer(response, 503, { 'retry-after': KEY, 'www-authenticate': KEY, 'content-encoding': 'identity' }, ''),
      {},
    );
    await said((_, response) => answer(response, 200, { 'content-encoding': KEY }, ''), {});
    for (let before = 340; before < 400; before += 3)
      await said((_, response) => answer(response, 400, {}, `${'x'.repeat(before)}${KEY} and more ${'y'.repeat(500)}`), {});
  });
});
