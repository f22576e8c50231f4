import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ModelError } from '../models/modelError.js';
import { messageOf } from '../reasoning/errorText.js';
import { isLoopback } from '../remote/loopback.js';
import { RewardRequestError, readQueries, readRewards } from './rewardRequest.js';
import type { RewardService } from './rewardService.js';

export interface RewardServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Every request must send this key. Without a key, only this machine is served. */
  readonly key?: string;
  readonly log: (message: string) => void;
}

export interface RewardServer {
  readonly url: string;
  close(): Promise<void>;
}

const mostBytes = 64 * 2 ** 20;

type Route = (body: unknown, signal: AbortSignal) => Promise<object>;

/** An error with its own HTTP status. */
class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Serves rewards over HTTP until it is closed. Rejects when the port is not available. */
export async function openRewardServer(service: RewardService, options: RewardServerOptions): Promise<RewardServer> {
  const routes = routesOf(service);
  const server = createServer((request, response) => void answer(request, response, routes, options));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address, port, family } = server.address() as AddressInfo;
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, close: () => closed(server) };
}

function routesOf(service: RewardService): ReadonlyMap<string, Route> {
  const rewards: Route = (body, signal) => service.rewards(readRewards(body), signal);
  return new Map<string, Route>([
    ['POST /reward', rewards],
    [
      'POST /get_reward',
      async (body, signal) => {
        const { rewards: values, reasons, alerts } = await service.rewards(readQueries(body), signal);
        // A tensor cannot represent a missing reward, and 0 would be a verdict.
        const missing = values.findIndex((value) => value === null);
        if (missing >= 0) throw new HttpError(422, `query[${missing}] has no reward. ${reasons[missing] ?? ''}`.trim());
        return { rewards: values, scores: values, extra_logs: { alerts: values.map(() => alerts.length) } };
      },
    ],
    ['POST /pooling', (body, signal) => service.pool(body, signal)],
    ['POST /v1/pooling', (body, signal) => service.pool(body, signal)],
    ['GET /v1/models', (_, signal) => service.models(signal)],
    ['GET /watch', () => Promise.resolve(service.watch.report())],
    ['GET /health', () => Promise.resolve({ status: 'ok' })],
  ]);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
  options: RewardServerOptions,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    refuseStrangers(request, options);
    const [path = '/'] = request.url?.split('?') ?? [];
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    const route = routes.get(`${method} ${path}`);
    if (!route) {
      const other = [...routes.keys()].find((key) => key.endsWith(` ${path}`));
      if (other) response.setHeader('allow', other.startsWith('GET ') ? 'GET, HEAD' : 'POST');
      throw other
        ? new HttpError(405, `${path} is asked by ${other.split(' ')[0]}.`)
        : new HttpError(404, `There is no ${path}; there are ${[...routes.keys()].map((key) => key.split(' ')[1]).join(', ')}.`);
    }
    const body = method === 'POST' ? await readBody(request) : undefined;
    reply(response, 200, await route(body, gone.signal));
  } catch (error) {
    if (gone.signal.aborted) return;
    const [status, message] = failureOf(error);
    if (status >= 500) options.log(message);
    reply(response, status, { error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', code: status } });
  }
}

/**
 * Web pages can also reach this machine's ports. Their requests have an origin, or a host name that resolves to this
 * machine.
 */
function refuseStrangers({ headers }: IncomingMessage, { host, key }: RewardServerOptions): void {
  if (headers.origin !== undefined) throw new HttpError(403, 'Requests of web pages are not answered.');
  const asked = `http://${headers.host ?? ''}`;
  if (isLoopback(`http://${urlHost(host)}`) && !(URL.canParse(asked) && isLoopback(asked)))
    throw new HttpError(403, `This server answers for ${host} alone, not for ${headers.host ?? 'no host'}.`);
  if (key === undefined) return;
  const given = Buffer.from(headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${key}`);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new HttpError(401, 'The key is missing or wrong; send it as "Authorization: Bearer KEY".');
}

export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? ''))
    throw new HttpError(415, 'The body must be JSON, and its content type application/json.');
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new HttpError(415, "The body must not be compressed: send it without 'Content-Encoding'.");
  if (Number(request.headers['content-length']) > mostBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return JSON.parse(utf8.decode(Buffer.concat(chunks)));
  } catch (error) {
    const cause = error instanceof SyntaxError ? error.message : 'its bytes are not UTF-8.';
    throw new RewardRequestError(`The body is not JSON: ${cause}`);
  }
}

/** Throws on other bytes: replacement characters would be scored in their place. Drops a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function tooLarge(): HttpError {
  return new HttpError(413, `The body is larger than ${mostBytes / 2 ** 20} MiB; send fewer completions at a time.`);
}

function failureOf(error: unknown): readonly [number, string] {
  if (error instanceof HttpError) return [error.status, error.message];
  if (error instanceof RewardRequestError) return [400, error.message];
  if (error instanceof ModelError) return [503, error.message];
  return [500, messageOf(error)];
}

function reply(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  // The unread rest of a refused request must not be taken for the next request.
  if (status === 413 || status === 415) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) }).end(text);
}

async function closed(server: Server): Promise<void> {
  const done = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await done;
}
