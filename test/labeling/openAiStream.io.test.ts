import { describe, expect, it } from 'vitest';
import type { RequestCost } from '../../server/labeling/economy/batchCost.js';
import { type OpenAiPolicyOptions, openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import type { Policy } from '../../server/labeling/policy.js';
import { watchExchanges } from '../../server/remote/exchanges.js';
import { ask, completed, failures, settings } from './openAiSetup.js';
import { type Answer, begin, chunk, done, event, type StreamServer, streamServer, usage, whole } from './streamServer.js';

/** A long timeout, because sockets answer late on a busy machine. */
const waiting = { timeout: 30_000 };

const solution = '<step>2 + 3 = 5.</step>\n<answer>5</answer>';
const steps = ['2 + 3 = 5.\n<answer>5</answer>'];

function connect({ url }: StreamServer, changed: Partial<OpenAiPolicyOptions> = {}, log: string[] = []): Policy {
  return openOpenAiPolicy({ ...settings(url, log), continuation: 'prompt', ...changed });
}

const sends =
  (text: string): Answer =>
  (response) =>
    void begin(response).end(text);

describe('a streamed reply', waiting, () => {
  it('is requested with its usage, and gives all rollouts and their tokens', async () => {
    const server = await streamServer(sends(whole(solution, solution, '<step>Six.</step>')));
    const costs: RequestCost[] = [];
    const rollouts = await connect(server).sample(ask({ onCost: (cost) => costs.push(cost) }));
    expect(completed(rollouts).map((one) => one.steps)).toEqual([steps, steps, ['Six.']]);
    expect(server.requests[0]).toMatchObject({ stream: true, stream_options: { include_usage: true }, n: 3 });
    expect(costs).toEqual([{ promptTokens: 9, completionTokens: 20, cachedTokens: 4, retries: 0 }]);
  });

  it.each<[string, string, RequestCost]>([
    ['all texts together', whole(solution, solution), { promptTokens: 9, completionTokens: 20, cachedTokens: 4, retries: 0 }],
    [
      'each text when it ends, as llama.cpp does',
      [0, 1].map((i) => `${chunk(i, solution)}${chunk(i, undefined, 'stop')}${usage(33, 4 + i, 24)}`).join('') + done,
      { promptTokens: 33, completionTokens: 9, cachedTokens: 24, retries: 0 },
    ],
    [
      'each text beside its end, as llama.cpp does for completions',
      [0, 1]
        .map((i) =>
          event({ choices: [{ index: i, text: solution, finish_reason: 'stop' }], usage: { prompt_tokens: 5, completion_tokens: 3 + i } }),
        )
        .join('') + done,
      { promptTokens: 5, completionTokens: 7, cachedTokens: 0, retries: 0 },
    ],
    [
      'all texts together while it writes, as vLLM can',
      `${[1, 2].map((i) => event({ choices: [{ index: i - 1, delta: { content: solution }, finish_reason: 'stop' }], usage: { prompt_tokens: 7, completion_tokens: i } })).join('')}${usage(7, 3)}${done}`,
      { promptTokens: 7, completionTokens: 3, cachedTokens: 0, retries: 0 },
    ],
  ])('has the tokens of a server that counts %s', async (_, text, cost) => {
    const server = await streamServer(sends(text));
    const costs: RequestCost[] = [];
    completed(await connect(server).sample(ask({ count: 2, onCost: (one) => costs.push(one) })));
    expect(costs).toEqual([cost]);
  });

  it.each<[string, string]>([
    ['CR LF', whole(solution).replaceAll('\n', '\r\n')],
    ['CR', whole(solution).replaceAll('\n', '\r')],
    ['no blank behind the colon', whole(solution).replaceAll('data: ', 'data:')],
    ['comments, names and numbers of events', whole(solution).replaceAll('data: ', ': keep-alive\nevent: message\nid: 7\ndata: ')],
    ['no [DONE]', whole(solution).replace(done, '')],
    ['no [DONE], no usage and no empty line at its end', `${chunk(0, solution)}${chunk(0, '', 'stop')}`.trimEnd()],
    ['[DONE] and no reason for its end', `${chunk(0, solution)}${done}`],
    ['chunks without choices', `${event({ choices: [] })}${event({ object: 'ping' })}${whole(solution)}`],
    [
      'texts of completions',
      `${event({ choices: [{ index: 0, text: solution }] })}${event({ choices: [{ index: 0, text: '', finish_reason: 'stop' }] })}${done}`,
    ],
    ['whole messages', `${event({ choices: [{ index: 0, message: { content: solution }, finish_reason: 'stop' }] })}${done}`],
    ['events without data that keep it alive', whole(solution).replaceAll('data: ', 'data:\n\ndata: ')],
    ['an empty reason for its end in every chunk', `${whole(solution).replaceAll('"finish_reason":null', '"finish_reason":""')}`],
    [
      'parts instead of texts',
      `${event({ choices: [{ index: 0, delta: { content: [{ type: 'text', text: solution.slice(0, 9) }] } }] })}${chunk(0, solution.slice(9), 'stop')}${done}`,
    ],
    ['something behind its end', `${whole(solution)}data: garbage\n\n`],
  ])('is read with %s', async (_, text) => {
    const server = await streamServer(sends(text));
    expect(completed(await connect(server, { retries: 0 }).sample(ask({ count: 1 })))[0]!.steps).toEqual(steps);
  });

  it('is read when its content type is text/plain or the server sends one JSON reply instead', async () => {
    const json = { choices: [{ index: 0, message: { content: solution }, finish_reason: 'stop' }] };
    const server = await streamServer(
      (response) => void begin(response, 'text/plain').end(whole(solution)),
      (response) => void begin(response, 'application/json').end(JSON.stringify(json)),
    );
    const policy = connect(server, { retries: 0 });
    for (let i = 0; i < 2; i++) expect(completed(await policy.sample(ask({ count: 1 })))[0]!.steps).toEqual(steps);
  });

  it('is not requested when the server refuses it or the user turns it off', async () => {
    const refusal =
      (field: string): Answer =>
      (response) =>
        void response
          .writeHead(400, { 'content-type': 'application/json' })
          .end(JSON.stringify({ error: { message: 'No.', param: field } }));
    const answer: Answer = (response, { stream }) =>
      void (stream === true
        ? begin(response).end(whole(solution))
        : begin(response, 'application/json').end(
            JSON.stringify({ choices: [{ index: 0, message: { content: solution }, finish_reason: 'stop' }] }),
          ));
    const server = await streamServer(refusal('stream_options'), refusal('stream'), answer);
    const policy = connect(server);
    for (let i = 0; i < 2; i++) expect(completed(await policy.sample(ask({ count: 1 })))[0]!.steps).toEqual(steps);
    expect(server.requests.map(({ stream, stream_options }) => [stream, stream_options !== undefined])).toEqual([
      [true, true],
      [true, false],
      [undefined, false],
      [undefined, false],
    ]);
    const plain = await streamServer(answer);
    const unwanted = connect(plain, { extraBody: { stream: false } });
    expect(completed(await unwanted.sample(ask({ count: 1 })))[0]!.steps).toEqual(steps);
    expect(plain.requests[0]).not.toHaveProperty('stream_options');
    // Streaming does not change the output, so such a run can be continued.
    expect((await unwanted.describe()).fingerprint).toBe((await connect(plain).describe()).fingerprint);
  });

  it('keeps thoughts as reasoning', async () => {
    const thought = (delta: object): string => event({ choices: [{ index: 0, delta, finish_reason: null }] });
    const server = await streamServer(
      sends(`${thought({ reasoning_content: 'I ' })}${thought({ reasoning_content: 'add.' })}${chunk(0, solution, 'stop')}${done}`),
    );
    const [rollout] = completed(await connect(server).sample(ask({ count: 1 })));
    expect(rollout).toMatchObject({ steps, reasoning: 'I add.' });
    const part = (text: string) => [{ type: 'thinking', thinking: [{ type: 'text', text }] }];
    for (const deltas of [
      [
        { reasoning: 'I ', reasoning_content: 'I ' },
        { reasoning: 'add.', reasoning_content: 'add.' },
      ],
      [{ content: part('I ') }, { content: part('add.') }],
    ]) {
      const other = await streamServer(sends(`${deltas.map(thought).join('')}${chunk(0, solution, 'stop')}${done}`));
      expect(completed(await connect(other).sample(ask({ count: 1 })))[0]).toMatchObject({ steps, reasoning: 'I add.' });
    }
  });

  it('is a failed rollout when it has only thoughts, a refusal or a tool call, even after a complete prefix', async () => {
    const pieces = (deltas: readonly object[], reason: string): string =>
      `${deltas.map((delta) => event({ choices: [{ index: 0, delta, finish_reason: null }] })).join('')}${chunk(0, '', reason)}${done}`;
    for (const [text, sentence] of [
      [pieces([{ reasoning_content: 'I ' }, { reasoning_content: 'add.' }], 'stop'), 'thought and wrote no answer'],
      [pieces([{ reasoning_content: 'I ' }], 'length'), 'allow more tokens'],
      [pieces([{ refusal: 'I cannot ' }, { refusal: 'help.' }], 'stop'), 'refused: I cannot help.'],
      [pieces([{ function_call: { name: 'add', arguments: '' } }], 'function_call'), 'called a tool'],
    ] as const) {
      const told = failures(await connect(await streamServer(sends(text))).sample(ask({ count: 1, prefix: steps })));
      expect(told).toEqual([expect.stringContaining(sentence)]);
    }
  });

  it('is recorded as one whole reply, with its usage', async () => {
    const server = await streamServer(sends(whole(solution)));
    const replies: unknown[] = [];
    await watchExchanges(
      ({ reply }) => replies.push(reply),
      [],
      () => connect(server).sample(ask({ count: 1 })),
    );
    expect(replies).toEqual([
      {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        model: 'mini',
        choices: [{ index: 0, message: { role: 'assistant', content: solution }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 9, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 4 } },
      },
    ]);
  });
});

describe('a stream that breaks', waiting, () => {
  const torn: [string, Answer, string][] = [
    ['is cut off', (response) => void begin(response).write(chunk(0, '<step>2 +'), () => response.destroy()), 'broke'],
    ['ends in the middle', sends(chunk(0, '<step>2 +')), 'in the middle of a reply'],
    ['ends inside an event', sends(`${chunk(0, '<step>2 +')}data: {"choices":[{"ind`), 'cannot be read'],
    ['has garbage in it', sends(`${chunk(0, '<step>2 +')}data: <html>\n\n${done}`), 'cannot be read'],
    ['has an error in it', sends(`${chunk(0, '<step>')}${event({ error: { message: 'Out of memory.', code: 500 } })}`), 'Out of memory'],
    ['has an error of llama.cpp in it', sends('error: {"code":503,"message":"No slot.","type":"unavailable_error"}\n\n'), 'No slot'],
    ['has one of two texts only', sends(`${chunk(0, solution, 'stop')}${chunk(1, '<step>')}`), 'in the middle of a reply'],
    ['is empty', sends(''), 'in the middle of a reply'],
    ['names empty reasons and ends', sends(`${chunk(0, '<step>2 +', '')}${chunk(0, ' 3', 'null')}`), 'in the middle of a reply'],
    ['says nothing more', (response) => void begin(response).write(chunk(0, '<step>2 +')), 'wrote nothing for 0.2 s'],
    ['never begins', () => undefined, 'did not answer within 0.2 s'],
    [
      'has nothing but comments',
      async (response, _, hungUp) => {
        begin(response);
        const timer = setInterval(() => response.write(': alive\n\n'), 20);
        await hungUp;
        clearInterval(timer);
      },
      'wrote nothing for 0.2 s',
    ],
  ];
  it.each(torn)('(it %s) is requested again, and nothing of it becomes a step', async (_, answer, sentence) => {
    const server = await streamServer(answer, sends(whole(solution, solution)));
    const log: string[] = [];
    const costs: RequestCost[] = [];
    const rollouts = await connect(server, { timeout: 200, retries: 50, backOff: 1 }, log).sample(
      ask({ count: 2, onCost: (cost) => costs.push(cost) }),
    );
    // On a busy machine, further requests may be late and are sent again.
    expect(completed(rollouts).map((one) => one.steps)).toEqual([steps, steps]);
    expect(log[0]).toContain(sentence);
    expect(costs[0]!.retries).toBeGreaterThanOrEqual(1);
  });

  it.each(torn.slice(0, 8))('(it %s) fails its rollouts temporarily when it breaks every time', async (_, answer, sentence) => {
    const server = await streamServer(answer);
    const rollouts = await connect(server, { timeout: 20_000, retries: 1, backOff: 1 }).sample(ask({ count: 2 }));
    expect(failures(rollouts)).toHaveLength(2);
    expect(failures(rollouts)[0]).toContain(sentence);
    expect(rollouts[0]).toMatchObject({ isTemporary: true });
    expect(server.requests).toHaveLength(2);
  });

  it('is read as an error when it is plain JSON with an error', async () => {
    const server = await streamServer(sends('{"error": {"message": "No worker is free.", "code": 503}}'));
    expect(await connect(server).sample(ask({ count: 1 }))).toEqual([
      { failure: 'The server reports an error: No worker is free.', isTemporary: true },
    ]);
  });

  it('with an error of code 400 in it is not requested again', async () => {
    const server = await streamServer(sends(event({ error: { message: 'The context is too long.', code: 400 } })));
    expect(failures(await connect(server).sample(ask({ count: 1 })))).toEqual(['The server reports an error: The context is too long.']);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a streamed text', waiting, () => {
  it('is cut at a stop string that the server ignores, and the connection is closed', async () => {
    let isHungUp = false;
    const server = await streamServer(async (response, _, hungUp) => {
      begin(response);
      const endless = setInterval(() => response.write(chunk(0, 'Next problem: ') + chunk(1, 'and so on ')), 5);
      response.write(
        chunk(0, '<step>2 + 3 = 5.</st') + chunk(0, 'ep>\n<answer>5</answer> EN') + chunk(1, '<step>Six.</step>END') + chunk(1, '!'),
      );
      response.write(chunk(0, 'D'));
      await hungUp;
      clearInterval(endless);
      isHungUp = true;
    });
    const costs: RequestCost[] = [];
    const rollouts = await connect(server, { stop: ['END'], retries: 0 }).sample(ask({ count: 2, onCost: (cost) => costs.push(cost) }));
    expect(completed(rollouts).map((one) => one.steps)).toEqual([steps, ['Six.']]);
    await expect.poll(() => isHungUp, { timeout: 60_000 }).toBe(true);
    // No usage was received, so the pieces are counted.
    expect(costs[0]!.completionTokens).toBeGreaterThanOrEqual(5);
  });

  it('is read to its end, with its usage, when the server itself stops at the stop string', async () => {
    const ended = `${chunk(0, solution)}${chunk(0, 'END')}${chunk(0, undefined, 'stop')}${usage(9, 3)}${done}`;
    const server = await streamServer(sends(ended));
    const costs: RequestCost[] = [];
    await connect(server, { stop: ['END'], retries: 0 }).sample(ask({ count: 1, onCost: (cost) => costs.push(cost) }));
    expect(costs).toEqual([{ promptTokens: 9, completionTokens: 3, cachedTokens: 0, retries: 0 }]);
  });

  it('closes the connection to the server when it is canceled', async () => {
    let hangUp: () => void = () => undefined;
    const isHungUp = new Promise<void>((resolve) => (hangUp = resolve));
    const stop = new AbortController();
    const server = await streamServer(async (response, _, hungUp) => {
      begin(response).write(chunk(0, 'An endless '), () => stop.abort());
      await hungUp;
      hangUp();
    });
    await expect(connect(server).sample(ask({ count: 1, signal: stop.signal }))).rejects.toMatchObject({ name: 'AbortError' });
    await isHungUp;
    expect(server.requests).toHaveLength(1);
  });
});
