import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** Answers the server's next request. `hungUp` resolves when the client closes the connection. */
export type Answer = (response: ServerResponse, body: Readonly<Record<string, unknown>>, hungUp: Promise<void>) => void | Promise<void>;

export interface StreamServer {
  readonly url: string;
  /** Bodies of the requests, in order. */
  readonly requests: Readonly<Record<string, unknown>>[];
  /** Answers /v1/models. */
  models: Answer;
}

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** An HTTP server on the loopback that answers its n-th request with the n-th answer, and later ones with the last. */
export async function streamServer(...answers: readonly Answer[]): Promise<StreamServer> {
  const requests: Readonly<Record<string, unknown>>[] = [];
  const server: StreamServer = {
    url: '',
    requests,
    models: (response) => void response.end(JSON.stringify({ data: [{ id: 'mini' }] })),
  };
  const http = createServer((request, response) => {
    void (async () => {
      const hungUp = new Promise<void>((resolve) => response.on('close', resolve));
      if (request.url === '/v1/models') return await server.models(response, {}, hungUp);
      const body = JSON.parse(await text(request)) as Record<string, unknown>;
      const answer = answers[Math.min(requests.push(body), answers.length) - 1]!;
      return await answer(response, body, hungUp);
    })();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  });
  return Object.assign(server, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1` });
}

export function begin(response: ServerResponse, type = 'text/event-stream; charset=utf-8'): ServerResponse {
  response.writeHead(200, { 'content-type': type });
  response.flushHeaders();
  return response;
}

/** A chunk of a chat reply as vLLM and llama.cpp send it. */
export function chunk(index: number, content: string | undefined, finish: string | null = null): string {
  const delta = content === undefined ? {} : { content };
  return event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'mini', choices: [{ index, delta, finish_reason: finish }] });
}

export function usage(prompt: number, completion: number, cached = 0): string {
  const counts = { prompt_tokens: prompt, completion_tokens: completion, prompt_tokens_details: { cached_tokens: cached } };
  return event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'mini', choices: [], usage: counts });
}

export const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
export const done = 'data: [DONE]\n\n';

/** Returns the stream of complete texts, each in several pieces that alternate. */
export function whole(...texts: readonly string[]): string {
  const pieces = texts.map((one) => one.match(/.{1,5}/gs) ?? []);
  const most = Math.max(...pieces.map(({ length }) => length));
  const turns = Array.from({ length: most }, (_, turn) =>
    pieces.flatMap((own, index) => (turn < own.length ? [chunk(index, own[turn])] : [])).join(''),
  );
  return `${turns.join('')}${texts.map((_, index) => chunk(index, undefined, 'stop')).join('')}${usage(9, 20, 4)}${done}`;
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const one of request) chunks.push(one as Buffer);
  return Buffer.concat(chunks).toString();
}
