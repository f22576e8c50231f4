import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** How the server fails a scoring request. `wrongShape` and `nan` are implemented by the handler. */
export type Fault = 'error500' | 'busy503' | 'refused400' | 'refused401' | 'hang' | 'reset' | 'cutOff' | 'html' | 'wrongShape' | 'nan';

/** @param fault `wrongShape`, `nan` or nothing. */
export type Handler = (request: Received, fault: Fault | undefined) => Answer | Promise<Answer>;

/** An HTTP server on the loopback that can fail, stop, and come back at the same address. */
export class LoopbackServer {
  /** Faults of the next scoring requests, in order; `undefined` = no fault. */
  faults: (Fault | undefined)[] = [];
  /** Fault of every scoring request without an entry in `faults`. */
  alwaysFault: Fault | undefined;
  /** Wait before every scoring answer, in ms. */
  delay = 0;
  /** Scoring requests (POST), in the order of arrival. */
  readonly requests: Received[] = [];
  /** Number of scoring requests whose client closed the connection before the answer. */
  abandoned = 0;
  mostAtOnce = 0;
  #underWay = 0;
  #port = 0;
  #server: Server | undefined;

  constructor(readonly handler: Handler) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => void this.#receive(request, response));
    this.#server = server;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server?.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = { method: request.method!, path: request.url!, headers: request.headers, body: Buffer.concat(chunks) };
    if (received.method === 'GET') return send(response, await this.handler(received, undefined));
    this.requests.push(received);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay);
    let hungUp = false;
    response.once('close', () => {
      this.#underWay--;
      hungUp = !response.writableFinished;
      if (hungUp) this.abandoned++;
    });
    const fault = this.faults.length > 0 ? this.faults.shift() : this.alwaysFault;
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    if (!hungUp) await this.#answer(received, response, fault);
  }

  async #answer(received: Received, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    switch (fault) {
      case 'hang':
        return;
      case 'error500':
        return send(response, { status: 500, body: '{"error":"CUDA out of memory"}' });
      case 'busy503':
        return send(response, { status: 503, headers: { 'retry-after': '0' }, body: '{"error":{"message":"overloaded"}}' });
      case 'refused400':
        return send(response, { status: 400, body: '{"error":{"message":"This model\'s maximum context length is 64 tokens."}}' });
      case 'refused401':
        return send(response, { status: 401, body: '{"error":"Unauthorized"}' });
      case 'html':
        return send(response, {
          status: 200,
          headers: { 'content-type': 'text/html' },
          body: '<html><body>Welcome to nginx!</body></html>',
        });
      default:
    }
    const answer = await this.handler(received, fault);
    if (fault === 'cutOff') return send(response, { ...answer, body: answer.body.slice(0, answer.body.length >> 1) });
    if (fault !== 'reset') return send(response, answer);
    response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body) });
    response.write(answer.body.slice(0, answer.body.length >> 1), () => response.socket?.resetAndDestroy());
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

export function json(body: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(body) };
}
