import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Policy } from '../../server/labeling/policy.js';
import { imagesAt } from '../images.js';
import { ask, completed, connect, counted, countingPolicy, failures, startServer } from './openAiSetup.js';
import { completions, policyOf } from './scripted.js';
import type { ContentPart } from './vllmServerRequest.js';

const prefix = ['We have 2 apples.'];

describe('rollouts of an OpenAI-compatible server', () => {
  it('all come from one request, in order, with the sampling settings', async () => {
    const server = await startServer();
    const rollouts = await connect(server, { topP: 0.9 }).sample(ask());
    expect(rollouts).toEqual([10, 11, 12].map((number) => ({ steps: counted(0, number), finish: 'stop' })));
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ model: 'mini', n: 3, seed: 10, temperature: 1, top_p: 0.9, max_tokens: 256 });
  });

  it.each(['ignored', 'refused'] as const)('are requested one by one from then on where n is %s', async (n) => {
    const log: string[] = [];
    const server = await startServer({ n });
    const policy = connect(server, {}, log);
    expect(completed(await policy.sample(ask())).map(({ steps }) => steps)).toEqual([10, 11, 12].map((number) => counted(0, number)));
    expect(server.requests.length).toBe(n === 'ignored' ? 3 : 4);
    const before = server.requests.length;
    expect(completed(await policy.sample(ask({ seed: 20 }))).map(({ steps }) => steps)).toEqual(
      [20, 21, 22].map((number) => counted(0, number)),
    );
    expect(server.requests.slice(before).map((request) => request.n)).toEqual([undefined, undefined, undefined]);
    expect(log.join()).toContain('one by one');
  });

  it('are requested without a seed once the server refuses it', async () => {
    const server = await startServer({ seed: 'refused' });
    const policy = connect(server);
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
    expect(server.requests.map((request) => request.seed)).toEqual([10, undefined, undefined]);
  });

  it('are complete when the last step ends with an answer in its tag, not when it only mentions the tag', async () => {
    const policy = connect(await startServer());
    const isComplete = (...steps: string[]): boolean => policy.isComplete!(steps);
    expect(isComplete(...counted(0, 1))).toBe(true);
    expect(isComplete('So <answer>\\frac{1}{2}</answer>\n')).toBe(true);
    for (const step of [
      'We have 2 apples.',
      'I will close the solution with </answer>.',
      'The form is <answer>...</answer>, so first add.',
      '<answer></answer>',
      'Later </answer>',
    ])
      expect([step, isComplete(step)]).toEqual([step, false]);
    expect(isComplete(...counted(0, 1), 'Wait, there is more.')).toBe(false);
    expect(isComplete()).toBe(false);
  });

  it('get their closing answer tag back when the server removes the stop string', async () => {
    const server = await startServer(
      { steps: 'plain' },
      policyOf(() => completions(['Add them.', 'So 5.\n<answer>5'])),
    );
    const [rollout] = completed(await connect(server, { mode: 'completions' }).sample(ask({ count: 1 })));
    expect(rollout!.steps.at(-1)).toMatch(/<answer>5<\/answer>$/);
  });

  it('come from the completions API too', async () => {
    const server = await startServer();
    const rollouts = await connect(server, { mode: 'completions' }).sample(ask({ prefix }));
    expect(completed(rollouts).map(({ steps }) => steps)).toEqual([10, 11, 12].map((number) => counted(1, number)));
    expect(server.requests[0]!.prompt).toMatch(/Question: How many apples\?\n\nSolution:\n<step>We have 2 apples.<\/step>$/);
    expect(server.requests[0]!.messages).toBeUndefined();
    expect(failures(await connect(server, { mode: 'completions' }).sample(ask({ images: imagesAt('/a.png') })))[0]).toContain('use "chat"');
  });

  it('include a completion that was cut, with the finish "length"', async () => {
    const server = await startServer({ content: 'cut' });
    expect(completed(await connect(server).sample(ask())).map(({ finish }) => finish)).toEqual(['length', 'length', 'length']);
  });

  it('are requested with the chosen system prompt, template, stop strings, delimiter and further fields', async () => {
    const server = await startServer(
      { steps: 'plain' },
      policyOf(() => completions(['a ### b ### c'])),
    );
    const options = {
      systemPrompt: 'You solve.',
      template: 'Q: {question}\nA: {steps}',
      stop: ['END'],
      stepDelimiter: ' ### ',
      extraBody: { top_k: 50, temperature: 0.3 },
      continuation: 'prompt',
    } as const;
    const [rollout] = completed(await connect(server, options).sample(ask({ prefix: ['x', 'y'], count: 1 })));
    expect(rollout!.steps).toEqual(['a', 'b', 'c']);
    expect(server.requests[0]).toMatchObject({ stop: ['END'], top_k: 50, temperature: 0.3 });
    expect(server.requests[0]!.messages).toEqual([
      { role: 'system', content: 'You solve.' },
      { role: 'user', content: 'Q: How many apples?\nA: x ### y ### ' },
    ]);
  });

  it('come from several servers: one server for each prefix, and another while that one is away', async () => {
    const servers = [await startServer(), await startServer(), await startServer()];
    const policy = connect(servers[0]!, { baseUrls: servers.map(({ url }) => url), retries: 0, continuation: 'prompt' });
    const counts = () => servers.map(({ requests }) => requests.length);
    for (let i = 0; i < 5; i++) await policy.sample(ask({ prefix }));
    expect(counts().sort()).toEqual([0, 0, 5]);
    for (let i = 0; i < 30; i++) await policy.sample(ask({ prefix: [`Step ${i}.`] }));
    expect(Math.min(...counts())).toBeGreaterThan(2);
    const own = servers[counts().indexOf(Math.max(...counts()))]!;
    own.behavior.alwaysFault = 'busy503';
    for (let i = 0; i < 30; i++) expect(completed(await policy.sample(ask({ prefix: [`Step ${i}.`] })))).toHaveLength(3);
    await own.close();
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
  });

  it.each(['reasoning', 'reasoning_content', 'tag'] as const)('keep thoughts as reasoning, not as steps (%s)', async (reasoning) => {
    const server = await startServer({ reasoning });
    expect(await connect(server).sample(ask({ count: 1 }))).toEqual([
      { steps: counted(0, 10), finish: 'stop', reasoning: 'Let me think about it.' },
    ]);
  });
});

describe('continuing from a prefix', () => {
  it('continues the open assistant message where the server supports it', async () => {
    const server = await startServer();
    const policy = connect(server);
    for (let i = 0; i < 2; i++) {
      expect(completed(await policy.sample(ask({ prefix }))).map(({ steps }) => steps)).toEqual(
        [10, 11, 12].map((number) => counted(1, number)),
      );
    }
    const last = server.requests.at(-1)!;
    expect(last).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
    expect(last.messages!.at(-1)).toEqual({ role: 'assistant', content: '<step>We have 2 apples.</step>' });
    // Two requests of one token each detect the server's behavior, once.
    expect(server.requests.map((request) => request.max_tokens)).toEqual([1, 1, 256, 256]);
  });

  it.each(['refused', 'ignored'] as const)('puts previous steps into the prompt where continuing them is %s', async (continuation) => {
    const log: string[] = [];
    const server = await startServer({ continuation });
    const rollouts = await connect(server, {}, log).sample(ask({ prefix }));
    expect(completed(rollouts).map(({ steps }) => steps)).toEqual([10, 11, 12].map((number) => counted(1, number)));
    const last = server.requests.at(-1)!;
    expect(last.continue_final_message).toBeUndefined();
    expect(last.messages).toHaveLength(1);
    expect(last.messages![0]!.content).toContain('\nPrevious Steps:<step>We have 2 apples.</step>');
    expect(log.join()).toContain('previous steps go into the prompt');
  });

  it('can be set to "prompt" or "prefix"', async () => {
    const server = await startServer();
    await connect(server, { continuation: 'prompt' }).sample(ask({ prefix }));
    await connect(server, { continuation: 'prefix' }).sample(ask({ prefix }));
    expect(server.requests.map((request) => request.continue_final_message)).toEqual([undefined, true]);
  });

  it.each([false, true])(
    'recognizes, once, a server that continues without counting fewer tokens (repeats the message: %s)',
    async (isEchoing) => {
      const log: string[] = [];
      const server = await startServer({ continuation: 'uncounted', isEchoing });
      const policy = connect(server, {}, log);
      for (let i = 0; i < 2; i++)
        expect(completed(await policy.sample(ask({ prefix }))).map(({ steps }) => steps)).toEqual(
          [10, 11, 12].map((number) => counted(1, number)),
        );
      expect(server.requests.map((request) => request.max_tokens)).toEqual([1, 1, 4, 256, 256]);
      expect(log.join()).toContain('it continued "1 2 3 4" with 5');
      expect(await policy.describe()).toMatchObject({
        continuation: { way: 'prefix' },
        fingerprint: expect.stringContaining('"prefix"') as string,
      });
    },
  );

  it('reports the way and the reason, and the server address is not part of the fingerprint', async () => {
    const [one, other] = [await startServer({ continuation: 'ignored' }), await startServer({ continuation: 'ignored' })];
    const told = await connect(one).describe();
    expect(told.continuation).toEqual({ way: 'prompt', why: expect.stringMatching(/starts a new message instead/) as string });
    expect((await connect(other, { timeout: 1000, concurrency: 1, retries: 0 }).describe()).fingerprint).toBe(told.fingerprint);
    expect((await connect(other, { topP: 0.5 }).describe()).fingerprint).not.toBe(told.fingerprint);
  });

  it('counts repeated steps, and fails a solution that starts again', async () => {
    const two = ['We have 2 apples.', 'We buy 3.'];
    const said = async (...steps: string[]) => {
      const server = await startServer(
        {},
        policyOf(() => completions(steps)),
      );
      return (await connect(server).sample(ask({ prefix: two, count: 1 })))[0];
    };
    expect(await said('We buy 3.', 'So 5.')).toMatchObject({ steps: ['So 5.'], echoed: 1 });
    expect(await said(...two, 'So 5.')).toMatchObject({ steps: ['So 5.'], echoed: 2 });
    expect(await said('So 5.')).toEqual({ steps: ['So 5.'], finish: 'stop' });
    expect(await said('We have 2 apples.', 'We buy 4.')).toEqual({
      failure: expect.stringContaining('started the solution again') as string,
    });
  });

  it('removes a prefix that the server repeats', async () => {
    const startsOver: Policy = { ...countingPolicy, sample: (request) => countingPolicy.sample({ ...request, prefix: [] }) };
    const server = await startServer({}, startsOver);
    const rollouts = await connect(server).sample(ask({ prefix, count: 1 }));
    expect(completed(rollouts)[0]!.steps).toEqual(counted(1, 10));
  });
});

describe('images in a request', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steplens-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are sent as data URLs with the type of their bytes', async () => {
    const seen: Buffer[] = [];
    const looking: Policy = {
      ...countingPolicy,
      async sample(request) {
        for (const image of request.images) seen.push((await image.read()).bytes);
        return countingPolicy.sample(request);
      },
    };
    const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
    const path = join(folder, 'named-wrongly.png');
    await writeFile(path, jpeg);
    const server = await startServer({}, looking);
    expect(completed(await connect(server).sample(ask({ images: imagesAt(path) })))).toHaveLength(3);
    const [image, text] = server.requests[0]!.messages![0]!.content as readonly ContentPart[];
    expect(image).toEqual({ type: 'image_url', image_url: { url: `data:image/jpeg;base64,${jpeg.toString('base64')}` } });
    expect(text).toMatchObject({ type: 'text' });
    expect(seen).toEqual([jpeg]);
  });

  it('that cannot be read fail the rollouts with the name of the file', async () => {
    const server = await startServer();
    const policy = connect(server);
    const missing = join(folder, 'missing.png');
    const sentences = failures(await policy.sample(ask({ images: imagesAt(missing) })));
    expect(sentences).toHaveLength(3);
    expect(sentences[0]).toContain(missing);
    const other = join(folder, 'note.png');
    await writeFile(other, 'not an image');
    expect(failures(await policy.sample(ask({ images: imagesAt(other) })))[0]).toContain('is not a PNG, JPEG');
    expect(server.requests).toEqual([]);
  });
});
