import { describe, expect, it } from 'vitest';
import type { RequestCost } from '../../server/labeling/economy/batchCost.js';
import { type OpenAiPolicyOptions, openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import { type Policy, PolicyAway } from '../../server/labeling/policy.js';
import { exchange } from '../../server/remote/exchange.js';
import { ask, completed, failures, settings } from './openAiSetup.js';
import { type Answer, begin, type StreamServer, streamServer } from './streamServer.js';

/** A long timeout, because sockets answer late on a busy machine. */
const waiting = { timeout: 30_000 };

const connect = ({ url }: StreamServer, changed: Partial<OpenAiPolicyOptions> = {}): Policy =>
  openOpenAiPolicy({ ...settings(url), continuation: 'prompt', ...changed });
const answers =
  (body: unknown, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
const solution = '<step>2 + 3 = 5.</step>\n<answer>5</answer>';
const steps = ['2 + 3 = 5.\n<answer>5</answer>'];
const choice = (more: object = {}) => ({ index: 0, message: { content: solution }, finish_reason: 'stop', ...more });

describe('an unusual but valid reply', waiting, () => {
  it.each<[string, unknown]>([
    ['without a reason for its end', { choices: [choice({ finish_reason: null })] }],
    ['without a number', { choices: [choice({ index: undefined })] }],
    ['with an empty choice beside it', { choices: [null, choice()] }],
    [
      'in parts',
      {
        choices: [
          choice({
            message: {
              content: [
                { type: 'text', text: solution.slice(0, 9) },
                { type: 'text', text: solution.slice(9) },
              ],
            },
          }),
        ],
      },
    ],
    ['behind a byte order mark', `\uFEFF${JSON.stringify({ choices: [choice()] })}`],
    ['behind blank lines that kept it alive', `\n\n  \n${JSON.stringify({ choices: [choice()] })}`],
    ['with NaN in it', JSON.stringify({ choices: [choice({ logprobs: 0 })] }).replace('"logprobs":0', '"logprobs":NaN')],
    ['with an error that is none', { error: null, choices: [choice()] }],
  ])('is read (%s)', async (_, body) => {
    const policy = connect(await streamServer(answers(body)), { retries: 0 });
    expect(completed(await policy.sample(ask({ count: 1 })))[0]).toMatchObject({ steps, finish: 'stop' });
  });

  it.each([undefined, null, {}, { prompt_tokens: '12', completion_tokens: -3 }, { prompt_tokens: 1.5, completion_tokens: null }, 'none'])(
    'has unreported tokens when its usage is missing or not valid (%j)',
    async (usage) => {
      const costs: RequestCost[] = [];
      const policy = connect(await streamServer(answers({ choices: [choice()], usage })));
      await policy.sample(ask({ count: 1, onCost: (cost) => costs.push(cost) }));
      expect(costs).toEqual([{ promptTokens: 0, completionTokens: 0, cachedTokens: 0, retries: 0, isUnreported: true }]);
    },
  );
});

describe('a failure with HTTP status 200', waiting, () => {
  it.each<[string, unknown, string]>([
    ['an error for the model behind it', { error: { message: 'The provider is down.', code: 502 } }, 'The provider is down'],
    ['an error with its status as text', { error: { message: 'Slow down.', code: '429' } }, 'Slow down'],
    ['an error without a status, and no choices', { error: 'Overloaded', choices: [] }, 'Overloaded'],
    ['a text that was broken off', { choices: [choice({ finish_reason: 'abort' })] }, 'broke off the text (abort)'],
    [
      'a text of a provider that failed',
      { choices: [choice({ finish_reason: 'error', message: { content: '<step>2' } })] },
      'broke off the text (error)',
    ],
    ['nothing', '', 'an empty reply'],
  ])('is temporary (%s)', async (_, body, sentence) => {
    const [rollout] = await connect(await streamServer(answers(body)), { retries: 0 }).sample(ask({ count: 1 }));
    expect(rollout).toMatchObject({ failure: expect.stringContaining(sentence) as string, isTemporary: true });
  });

  it('is permanent when its error has the code 400', async () => {
    const [rollout] = await connect(await streamServer(answers({ error: { message: 'Too long.', code: 400 } }))).sample(ask({ count: 1 }));
    expect(rollout).toEqual({ failure: 'The server reports an error: Too long.' });
  });
});

describe('an unreliable server', waiting, () => {
  it('counts as temporarily unavailable while it loads its model', async () => {
    const loading = answers({ error: { message: 'Loading model', type: 'unavailable_error', code: 503 } }, 503);
    const server = await streamServer(loading);
    const { model: _, ...unnamed } = settings(server.url);
    server.models = loading;
    await expect(openOpenAiPolicy({ ...unnamed, retries: 0 }).describe()).rejects.toThrow(PolicyAway);
    await expect(openOpenAiPolicy({ ...unnamed, retries: 0 }).sample(ask({ count: 1 }))).resolves.toMatchObject([{ isTemporary: true }]);
  });

  it('may reset each connection after one reply, as llama.cpp does, without a counted retry', async () => {
    const answered = new WeakSet<object>();
    const server = await streamServer((response, body, hungUp) => {
      const { socket } = response;
      if (socket !== null && answered.has(socket)) return void socket.resetAndDestroy();
      if (socket !== null) answered.add(socket);
      return answers({ choices: [choice()] })(response, body, hungUp);
    });
    const policy = connect(server, { retries: 0 });
    const costs: RequestCost[] = [];
    for (let i = 0; i < 4; i++) completed(await policy.sample(ask({ count: 1, onCost: (cost) => costs.push(cost) })));
    expect(costs.map(({ retries }) => retries)).toEqual([0, 0, 0, 0]);
    expect(server.requests.length).toBeGreaterThan(4);
  });

  it('gets no request twice after it reset a connection in the middle of a reply', async () => {
    let reset: (() => void) | undefined;
    const server = await streamServer(
      answers({ choices: [choice()] }),
      (response) => {
        begin(response).write('data: {}\n\n');
        reset = () => response.socket?.resetAndDestroy();
      },
      answers({ choices: [choice()] }),
    );
    const send = (number: number, onPiece?: () => void): Promise<unknown> =>
      exchange(new URL(`${server.url}/completions`), { body: JSON.stringify({ number }) }, new AbortController().signal, {
        mostBytes: 1000,
        ...(onPiece && { onPiece }),
      });
    await send(0);
    // The connection breaks after the reply has begun to arrive.
    await expect(send(1, () => reset?.())).rejects.toThrow();
    await send(2);
    await send(3);
    expect(server.requests.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
  });

  it('counts as temporarily unavailable while a proxy in front of it answers 404', async () => {
    const gone: Answer = (response) => void response.writeHead(404).end('default backend - 404');
    const server = await streamServer(answers({ choices: [choice()] }), gone, answers({ choices: [choice()] }));
    const policy = connect(server, { retries: 0 });
    expect(completed(await policy.sample(ask({ count: 1 })))).toHaveLength(1);
    server.models = gone;
    const [rollout] = await policy.sample(ask({ count: 1 }));
    expect(rollout).toMatchObject({ failure: expect.stringContaining('404') as string, isTemporary: true });
    expect(completed(await policy.sample(ask({ count: 1 })))).toHaveLength(1);
  });

  it('is probed completely although every second request fails, and no answered request is repeated', async () => {
    let asked = 0;
    const server = await streamServer((response, body, hungUp) =>
      ++asked % 2 === 0 ? void begin(response).destroy() : answers({ choices: [choice()] })(response, body, hungUp),
    );
    const policy = connect(server, { retries: 0, continuation: 'auto' });
    const told: string[] = [];
    for (let i = 0; i < 9 && told.at(-1) !== 'prompt'; i++)
      told.push(
        await policy.describe().then(
          ({ continuation }) => continuation?.way ?? 'none',
          (error: Error) => error.name,
        ),
      );
    expect([...new Set(told)]).toEqual(['PolicyAway', 'prompt']);
    // No request that was already answered is sent again.
    const answered = server.requests.filter((_, i) => i % 2 === 0).map((body) => JSON.stringify(body));
    expect(answered).toEqual([...new Set(answered)]);
  });

  it('gives half of the rollouts when every second request fails, and the others fail temporarily', async () => {
    let asked = 0;
    const server = await streamServer((response, body, hungUp) =>
      ++asked % 2 === 0 ? void begin(response).destroy() : answers({ choices: [choice()] })(response, body, hungUp),
    );
    const rollouts = await connect(server, { retries: 0, concurrency: 1 }).sample(ask({ count: 8 }));
    // The first request is for all rollouts and gets one. The others are requested one by one.
    expect([rollouts.length, failures(rollouts).length]).toEqual([8, 4]);
    expect(rollouts.every((one) => !('failure' in one) || one.isTemporary === true)).toBe(true);
  });
});
