import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { openRewardServer, type RewardServer, type RewardServerOptions } from '../../server/reward/rewardServer.js';
import { type RewardReply, RewardService } from '../../server/reward/rewardService.js';
import { FakeScorer, fakeInfo } from '../editor/fakeScorer.js';

const servers: RewardServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function open(scorer = new FakeScorer(), options: Partial<RewardServerOptions> = {}) {
  const logged: string[] = [];
  const server = await openRewardServer(new RewardService(scorer), {
    host: '127.0.0.1',
    port: 0,
    log: (line) => logged.push(line),
    ...options,
  });
  servers.push(server);
  const send = async (path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(server.url + path, {
      ...(body !== undefined && { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> & { error?: { message: string } } };
  };
  const reward = async (body: unknown) => (await send('/reward', body)).body as unknown as RewardReply;
  return { server, send, reward, logged, scorer };
}

const right = 'Step 1: 3 + 4 = 7.\nStep 2: The answer is 7.';
const low = 'Step 1: 3 + 4 = 7.\nStep 2: This is wrong.';

describe('POST /reward', () => {
  it('returns a reward for every completion, and the value and end position of every step', async () => {
    const { reward, scorer } = await open();
    const prompt = [
      { role: 'system', content: 'Reason.' },
      { role: 'user', content: 'What is 3 + 4?' },
    ];
    const answer = await reward({ prompts: [prompt, prompt], completions: [right, [{ role: 'assistant', content: low }]] });
    expect(answer.rewards).toEqual([0.9, 0.1]);
    expect(answer.steps[1]!.map(({ value }) => value)).toEqual([0.9, 0.1]);
    expect(answer.steps[1]!.map(({ end }) => low.slice(0, end))).toEqual(['Step 1: 3 + 4 = 7.', low]);
    expect(answer).toMatchObject({ model: 'fake', reasons: {}, alerts: [] });
    // One job per question, for any number of completions.
    expect(scorer.jobs).toHaveLength(1);
    expect(scorer.jobs[0]!.question).toBe('What is 3 + 4?');
    expect(scorer.jobs[0]!.steps.map(({ parent }) => parent)).toEqual([undefined, 0, undefined, 2]);
  });

  it('returns advantages, and the requested aggregate', async () => {
    const { reward } = await open();
    const both = { prompts: ['Q', 'Q'], completions: [right, low] };
    const advantages = await reward({ ...both, mode: 'advantage' });
    expect(advantages.rewards[0]).toBeCloseTo(0);
    expect(advantages.rewards[1]).toBeCloseTo(-0.8);
    expect(advantages.steps[1]!.map((step) => step.reward)).toEqual([0, expect.closeTo(-0.8)]);
    expect((await reward({ ...both, aggregation: 'mean' })).rewards[1]).toBeCloseTo(0.5);
  });

  it('counts code points as Python does, and accepts completions that are already split into steps', async () => {
    const { reward } = await open();
    const text = 'Step 1: 😀😀 are two.\nStep 2: So it is.';
    const { steps } = await reward({ prompts: ['Q', 'Q'], completions: [text, ['Draw 😀.\n\n', 'Count.']] });
    expect(steps[0]!.map(({ end }) => [...text].slice(0, end).join(''))).toEqual(['Step 1: 😀😀 are two.', text]);
    expect(steps[1]!.map(({ end }) => end)).toEqual([9, 15]);
  });

  it('returns no reward for a completion without steps or with an unscored step, and the reason', async () => {
    const { reward } = await open();
    const { rewards, reasons, steps } = await reward({ prompts: ['Q', 'Q', 'Q'], completions: [['fine', 'endless'], ' ', right] });
    expect((await reward({ prompts: ['Q'], completions: [[]] })).reasons).toEqual({ 0: 'It has no steps.' });
    expect(rewards).toEqual([null, null, 0.9]);
    expect(reasons).toEqual({ 0: 'Step 2: longer than the model reads', 1: 'It has no steps.' });
    expect(steps[0]).toEqual([
      { end: 4, value: 0.9, reward: 0.9 },
      { end: 11, value: null, reward: null },
    ]);
  });

  it('refuses images when the model reads them, and scores the text alone when it does not', async () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'text', text: 'What is shown?' },
    ];
    const body = { prompts: ['Q', [{ role: 'user', content }]], completions: [right, right] };
    const pooled = {
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: 'A.<prm>' },
      ],
    };
    const blind = await open();
    expect((await blind.send('/reward', body)).body.rewards).toEqual([0.9, 0.9]);
    const seeing = await open(new FakeScorer({ ...fakeInfo, readsImages: true }));
    for (const [path, sent, where] of [
      ['/reward', body, 'prompts[1]'],
      ['/pooling', pooled, "'messages'"],
    ] as const) {
      const answer = await seeing.send(path, sent);
      expect(answer.status).toBe(400);
      expect(answer.body.error!.message).toBe(
        `${where} has an image, which fake reads, and requests carry none here. Score such problems with "steplens score".`,
      );
    }
    expect(seeing.scorer.jobs).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no object', [1], 'The body must be a JSON object.'],
    ['no JSON', '{"prompts": [', 'The body is not JSON'],
    ['no list', { prompts: 'Q', completions: [] }, "'prompts' must be a list."],
    ['other lengths', { prompts: ['Q'], completions: [] }, "'prompts' has 1 entries and 'completions' has 0"],
    ['no text', { prompts: [1], completions: ['x'] }, 'prompts[0] must be a text or a list of messages.'],
    ['no turn', { prompts: [[{ role: 'system', content: 'x' }]], completions: ['x'] }, 'prompts[0] has no message of the role "user".'],
    ['another mode', { prompts: ['Q'], completions: ['x'], mode: 'best' }, "'mode' must be one of value, advantage."],
    ['another aggregate', { prompts: [], completions: [], aggregation: 'sum' }, "'aggregation' must be one of min, mean, last, product."],
  ])('refuses a body with %s', async (_, body, message) => {
    const { send } = await open();
    const answer = await send('/reward', body);
    expect(answer.status).toBe(400);
    expect(answer.body.error!.message).toContain(message);
  });
});

describe('POST /get_reward', () => {
  const prompt = '<|im_start|>user\nWhat is 3 + 4?<|im_end|>\n<|im_start|>assistant\n';

  it('answers OpenRLHF, whose query is the prompt followed by the completion', async () => {
    const { send, scorer } = await open();
    const { status, body } = await send('/get_reward', {
      query: [`${prompt}${right}<|im_end|>`, `${prompt}${low}<|im_end|>\n`],
      prompts: [prompt, prompt],
      labels: ['7', '7'],
    });
    expect([status, body]).toEqual([200, { rewards: [0.9, 0.1], scores: [0.9, 0.1], extra_logs: { alerts: [0, 0] } }]);
    expect(scorer.jobs[0]!.question).toBe('What is 3 + 4?');
    expect(scorer.jobs[0]!.steps.at(-1)!.text).not.toContain('im_end');
  });

  it('fails when a reward is missing, because a tensor cannot have a gap', async () => {
    const { send } = await open();
    const { status, body } = await send('/get_reward', { query: ['Q endless'], prompts: ['Q '] });
    expect([status, body.error!.message]).toEqual([422, 'query[0] has no reward. Step 1: longer than the model reads']);
    expect((await send('/get_reward', { query: ['other'], prompts: ['Q'] })).body.error!.message).toBe(
      'query[0] does not begin with prompts[0].',
    );
  });
});

describe('POST /pooling', () => {
  it('returns a row for every separator in a chat or in texts', async () => {
    const { send, scorer } = await open();
    const messages = [
      { role: 'user', content: 'What is 3 + 4?' },
      { role: 'assistant', content: '3 + 4 = 7.<extra_0>That is wrong.<extra_0>' },
    ];
    const { body } = await send('/pooling', { model: 'any', messages });
    expect(body).toMatchObject({ object: 'list', model: 'fake', data: [{ index: 0, object: 'pooling' }], usage: { prompt_tokens: 2 } });
    const [[first, second]] = (body.data as { data: number[][] }[]).map(({ data }) => data) as [number[][]];
    expect(first).toEqual([expect.closeTo(0.1), 0.9]);
    expect(second).toEqual([0.9, 0.1]);

    const templated = `<|im_start|>system\nReason.<|im_end|>\n<|im_start|>user\nOne?<|im_end|>\n<|im_start|>assistant\nA.<extra_0>B.<extra_0><|im_end|>\n`;
    const shepherd = 'Two? Step 1: A. ки\nStep 2: wrong. ки\nStep 3: C. ки\n';
    const both = await send('/v1/pooling', {
      input: [templated, shepherd],
      task: 'token_classify',
      encoding_format: 'float',
      use_activation: null,
    });
    expect((both.body.data as { data: unknown[] }[]).map(({ data }) => data.length)).toEqual([2, 3]);
    expect(scorer.jobs.slice(1).map(({ question, steps }) => [question, ...steps.map(({ text }) => text)])).toEqual([
      ['One?', 'A.', 'B.'],
      ['Two?', 'Step 1: A.', 'Step 2: wrong.', 'Step 3: C.'],
    ]);
  });

  it.each<[unknown, string]>([
    [{ input: [[1, 2]] }, "'input' must be a text: token ids cannot be read back into steps here."],
    [{ input: 'no line break<extra_0>' }, "'input': the end of the question is not marked."],
    [{ input: 'Q\nno separator' }, "'input' has no separator of steps"],
    [{}, "'input' must be a text or a list of texts"],
    [{ messages: [{ role: 'user', content: 'Q' }] }, 'has no message of the role "assistant"'],
    [
      { input: 'Q\nA.<extra_0>', encoding_format: 'base64' },
      `'encoding_format' is "base64", and the reply has rows of probabilities as numbers. Leave it out, or send "float".`,
    ],
    [{ input: 'Q\nA.<extra_0>', use_activation: false }, "'use_activation' is false, and the reply"],
    [{ input: 'Q\nA.<extra_0>', task: 'embed' }, `'task' is "embed", and the reply`],
    [{ input: 'Q\nendless<extra_0>' }, 'A step of input[0] has no score: longer than the model reads'],
  ])('refuses %j', async (body, message) => {
    const { send } = await open();
    const answer = await send('/pooling', body);
    expect(answer.status).toBe(400);
    expect(answer.body.error!.message).toContain(message);
  });
});

describe('the reward server', () => {
  it('reports its model, health and watch, and refuses unknown paths, methods and content types', async () => {
    const { send } = await open();
    expect((await send('/v1/models')).body.data).toMatchObject([{ id: 'fake' }]);
    expect((await send('/health')).body).toEqual({ status: 'ok' });
    expect((await send('/watch')).body).toMatchObject({ completions: 0, alerts: [] });
    expect(await send('/nothing')).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining('/reward') as string } },
    });
    expect((await send('/reward')).status).toBe(405);
    expect((await send('/reward', '{}', { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('lists the allowed methods of a path, and answers HEAD like GET without the body', async () => {
    const { server } = await open();
    const asked = async (method: string, path: string) => {
      const response = await fetch(server.url + path, { method });
      return [response.status, response.headers.get('allow'), (await response.text()).length > 0];
    };
    expect(await asked('HEAD', '/health')).toEqual([200, null, false]);
    expect(await asked('OPTIONS', '/reward')).toEqual([405, 'POST', true]);
    expect(await asked('DELETE', '/watch')).toEqual([405, 'GET, HEAD', true]);
  });

  it('refuses bytes that are not UTF-8 and a compressed body, and reads one with a byte order mark', async () => {
    const { server } = await open();
    const body = Buffer.from(JSON.stringify({ prompts: ['Q'], completions: [right] }));
    const sent = async (bytes: Buffer, headers: Record<string, string> = {}) => {
      const response = await fetch(`${server.url}/reward`, {
        method: 'POST',
        body: new Uint8Array(bytes),
        headers: { 'content-type': 'application/json', ...headers },
      });
      return [response.status, await response.text()];
    };
    expect(await sent(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]))).toEqual([200, expect.stringContaining('[0.9]')]);
    const broken = Buffer.from(body);
    broken[broken.indexOf('Q')] = 0xff;
    expect(await sent(broken)).toEqual([400, expect.stringContaining('its bytes are not UTF-8')]);
    expect(await sent(body, { 'content-encoding': 'gzip' })).toEqual([415, expect.stringContaining('must not be compressed')]);
  });

  it.each([
    ['blanks', { prompts: ['Q'], completions: [`a${' '.repeat(400_000)}b`] }],
    ['turns of the user', { prompts: ['<|im_start|>user\n'.repeat(80_000)], completions: ['a'] }],
    ['turns of another template', { prompts: ['[INST]'.repeat(120_000)], completions: ['a'] }],
    ['ends of a turn', { prompts: ['Q'], completions: [`a${'<|im_end|> '.repeat(40_000)}b`] }],
  ])('reads a very long run of %s within the test timeout', async (_, body) => {
    const { send } = await open();
    // Each such request once took minutes, during which no other request was answered.
    expect((await send('/reward', body)).status).toBe(200);
  });

  it('refuses requests from web pages, for other host names and without the key', async () => {
    const { send, server, scorer } = await open(new FakeScorer(), { key: 'secret' });
    expect((await send('/v1/models', undefined, { origin: 'https://evil.example', authorization: 'Bearer secret' })).status).toBe(403);
    expect((await send('/v1/models')).status).toBe(401);
    expect((await send('/v1/models', undefined, { authorization: 'Bearer secrets' })).status).toBe(401);
    expect((await send('/v1/models', undefined, { authorization: 'Bearer secret' })).status).toBe(200);
    const { port } = new URL(server.url);
    const status = await new Promise((resolve, reject) =>
      httpRequest(
        { host: '127.0.0.1', port, path: '/v1/models', headers: { host: 'evil.example', authorization: 'Bearer secret' } },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end(),
    );
    expect(status).toBe(403);
    expect(scorer.described).toBe(1);
  });

  it('keeps running after a body that is too large, and reports a model that fails', async () => {
    const { send, logged } = await open(new FakeScorer(new ModelError('/m/prm.json cannot be read.')));
    const tooLarge = await send('/reward', `"${'x'.repeat(65 * 2 ** 20)}"`).catch(() => undefined);
    // A client that is still sending may see the connection end instead of the answer.
    expect([413, undefined]).toContain(tooLarge?.status);
    const failed = await send('/reward', { prompts: ['Q'], completions: [right] });
    expect([failed.status, failed.body.error!.message]).toEqual([503, '/m/prm.json cannot be read.']);
    expect(logged).toEqual(['/m/prm.json cannot be read.']);
  });

  it('cancels a request when its client disconnects, and answers others meanwhile', async () => {
    const scorer = new FakeScorer(fakeInfo);
    let begun: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (begun = resolve));
    scorer.before = ({ question }) => {
      if (question !== 'slow') return;
      begun();
      return new Promise(() => undefined);
    };
    const { server, reward } = await open(scorer);
    const leaving = new AbortController();
    const slow = fetch(`${server.url}/reward`, {
      method: 'POST',
      body: JSON.stringify({ prompts: ['slow'], completions: [right] }),
      headers: { 'content-type': 'application/json' },
      signal: leaving.signal,
    });
    await started;
    expect((await reward({ prompts: ['Q'], completions: [right] })).rewards).toEqual([0.9]);
    leaving.abort();
    await expect(slow).rejects.toThrow();
    await expect.poll(() => scorer.aborted).toBe(1);
  });
});
