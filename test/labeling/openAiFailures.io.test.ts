import { describe, expect, it } from 'vitest';
import { openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import { type Policy, PolicyError, type SampleRequest } from '../../server/labeling/policy.js';
import { ask, completed, connect, countingPolicy, failures, settings, startServer } from './openAiSetup.js';
import type { Fault } from './vllmServer.js';

/** A long timeout, because sockets answer late on a busy machine. */
const waiting = { timeout: 30_000 };

describe('a request that fails temporarily', waiting, () => {
  it.each<Fault>(['error500', 'busy503', 'limited429', 'resetMidBody'])('is sent again (%s)', async (fault) => {
    const log: string[] = [];
    const server = await startServer({ faults: [fault, fault] });
    expect(completed(await connect(server, {}, log).sample(ask()))).toHaveLength(3);
    expect(server.requests).toHaveLength(3);
    expect(log.filter((line) => line.includes('Trying again'))).toHaveLength(2);
  });

  it.each([
    ['0.1', 80],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
  ])('is sent again after the time in Retry-After (%s)', async (retryAfter, least) => {
    const server = await startServer({ faults: ['limited429'], retryAfter });
    // The policy's own back-off would be far longer.
    const policy = connect(server, { backOff: 60_000 });
    const start = performance.now();
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
    expect(performance.now() - start).toBeGreaterThanOrEqual(least);
  });

  it.each(['flat', 'nested'] as const)('fails its rollouts with the server message when the failure persists (%s)', async (errors) => {
    const server = await startServer({ alwaysFault: 'error500', errors });
    expect(await connect(server).sample(ask())).toEqual(
      Array(3).fill({ failure: 'The server answered 500: EngineCore encountered an issue.', isTemporary: true }),
    );
    expect(server.requests).toHaveLength(3);
  });
});

describe('an unusable reply', waiting, () => {
  it.each<[Fault, string]>([
    ['htmlPage', 'an HTML page instead of JSON'],
    ['plainText', 'plain text instead of JSON'],
    ['noChoices', 'without choices'],
    ['emptyChoices', 'an empty list of choices'],
    ['badRequest400', 'maximum context length'],
  ])('fails only the rollouts of its request (%s)', async (fault, sentence) => {
    const server = await startServer({ faults: [fault] });
    const policy = connect(server);
    const told = failures(await policy.sample(ask()));
    expect(told).toHaveLength(3);
    expect(told[0]).toContain(sentence);
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['null', 'without text'],
    ['toolCall', 'called a tool'],
    ['cutThinking', 'allow more tokens'],
  ] as const)('fails its rollouts with the reason (content: %s)', async (content, sentence) => {
    const server = await startServer({ content });
    const told = failures(await connect(server).sample(ask()));
    expect(told).toHaveLength(3);
    expect(told[0]).toContain(sentence);
  });

  it('fails only one rollout when completions are requested one by one', async () => {
    const server = await startServer({ n: 'ignored', faults: [undefined, 'noChoices'] });
    const rollouts = await connect(server, { concurrency: 1 }).sample(ask({ count: 4 }));
    expect(rollouts.map((rollout) => 'failure' in rollout)).toEqual([false, true, false, false]);
  });

  it.each<Fault>(['truncatedJson', 'resetMidBody'])('is requested again when it was cut off (%s)', async (fault) => {
    const server = await startServer({ faults: [fault, fault] });
    expect(completed(await connect(server).sample(ask()))).toHaveLength(3);
    expect(server.requests).toHaveLength(3);
  });

  it('that exceeds the timeout is requested again, and then fails its rollouts', async () => {
    const server = await startServer({ delay: 500 });
    const rollouts = await connect(server, { timeout: 50 }).sample(ask());
    expect(rollouts).toEqual(Array(3).fill({ failure: 'The server did not answer within 0.05 s.', isTemporary: true }));
    expect(server.requests).toHaveLength(3);
    server.behavior.delay = 0;
    expect(completed(await connect(server, { timeout: 60_000 }).sample(ask()))).toHaveLength(3);
  });
});

describe('a policy on an OpenAI-compatible server', waiting, () => {
  it('lists the models of the server when its own model is unknown or not set', async () => {
    const server = await startServer({}, countingPolicy, ['small', 'large']);
    await expect(connect(server, { model: 'huge' }).sample(ask())).rejects.toThrow(
      new PolicyError(`The server at ${server.url} has no model "huge". It serves: small, large.`),
    );
    const { model: _, ...unnamed } = settings(server.url);
    await expect(openOpenAiPolicy(unnamed).describe()).rejects.toThrow(/Name the model .* small, large\./);
    await expect(openOpenAiPolicy(unnamed).sample(ask())).rejects.toBeInstanceOf(PolicyError);
  });

  it('uses the only model of the server by default, and its settings are part of its fingerprint', async () => {
    const server = await startServer({}, countingPolicy, ['only']);
    const { model: _, ...unnamed } = settings(server.url);
    const policy = openOpenAiPolicy(unnamed);
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
    expect(server.requests[0]!.model).toBe('only');
    const { name, fingerprint, isDeterministic } = await policy.describe();
    expect([name, isDeterministic]).toEqual(['only', false]);
    const others = [
      { temperature: 0.5 },
      { topP: 0.5 },
      { maxTokens: 9 },
      { mode: 'completions' as const },
      { model: 'x', continuation: 'prompt' as const },
      { continuation: 'prompt' as const },
    ];
    const fingerprints = await Promise.all(
      others.map(async (change) => (await connect(server, { model: 'only', ...change }).describe()).fingerprint),
    );
    expect(new Set([...fingerprints, fingerprint]).size).toBe(others.length + 1);
  });

  it('asks for the right key without printing the wrong one', async () => {
    const server = await startServer({ apiKey: 'secret' });
    const error = await connect(server, { apiKey: 'wrong-key' })
      .sample(ask())
      .catch((one: unknown) => one);
    expect(error).toBeInstanceOf(PolicyError);
    expect((error as Error).message).toContain('STEPLENS_API_KEY');
    expect((error as Error).message).not.toContain('wrong-key');
    expect(completed(await connect(server, { apiKey: 'secret' }).sample(ask()))).toHaveLength(3);
  });

  it('reports at once that nothing listens or that the URL is wrong', async () => {
    const server = await startServer();
    await expect(openOpenAiPolicy(settings(server.url.replace('/v1', ''))).sample(ask())).rejects.toThrow(
      /does not know \/chat\/completions\. Check that its URL ends in the version/,
    );
    expect(() => openOpenAiPolicy(settings('localhost:8000'))).toThrow(PolicyError);
    const gone = await startServer();
    const { url } = gone;
    await gone.close();
    const policy = openOpenAiPolicy({ ...settings(url), backOff: 60_000 });
    await expect(policy.sample(ask())).rejects.toThrow(/Nothing answers at .*ECONNREFUSED.* Start the server/);
    await expect(policy.describe()).rejects.toThrow(/Nothing answers at/);
  });

  it('fails only rollouts when its server stops later', async () => {
    const server = await startServer();
    const policy = connect(server);
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
    await server.close();
    expect(failures(await policy.sample(ask()))).toHaveLength(3);
  });
});

describe('many requests at once', waiting, () => {
  it('never exceed the concurrency limit, and their rollouts keep their order', async () => {
    const server = await startServer({ n: 'ignored', delay: 5 });
    const policy = connect(server, { concurrency: 3 });
    const all = await Promise.all([100, 200, 300].map((seed) => policy.sample(ask({ seed, count: 7 }))));
    all.forEach((rollouts, i) => {
      expect(completed(rollouts).map(({ steps }) => steps[1])).toEqual(
        Array.from({ length: 7 }, (_, j) => `Rollout ${(i + 1) * 100 + j} buys 3 apples.`),
      );
    });
    expect(server.mostAtOnce).toBe(3);
  });

  it('end at once when canceled, both waiting and running, and close their connections', async () => {
    const cancelled: (AbortSignal | undefined)[] = [];
    const endless: Policy = {
      ...countingPolicy,
      sample: ({ signal }: SampleRequest) =>
        new Promise((_, reject) => {
          cancelled.push(signal);
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    };
    const server = await startServer({}, endless);
    const policy = connect(server, { concurrency: 2 });
    const controller = new AbortController();
    const runs = Array.from({ length: 5 }, () => policy.sample(ask({ signal: controller.signal })).catch((error: unknown) => error));
    await expect.poll(() => server.underWay, waiting).toBe(2);
    controller.abort();
    for (const outcome of await Promise.all(runs)) expect(outcome).toMatchObject({ name: 'AbortError' });
    await expect.poll(() => server.underWay, waiting).toBe(0);
    expect([server.abandoned, server.requests.length, cancelled.every((signal) => signal?.aborted)]).toEqual([2, 2, true]);
    await expect(policy.sample(ask({ signal: controller.signal }))).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('end when canceled between two attempts and when the policy is disposed', async () => {
    const server = await startServer({ alwaysFault: 'busy503' });
    const controller = new AbortController();
    const policy = connect(server, { backOff: 60_000 });
    const first = policy.sample(ask({ signal: controller.signal })).catch((error: unknown) => error);
    await expect.poll(() => server.requests.length, waiting).toBe(1);
    controller.abort();
    expect(await first).toMatchObject({ name: 'AbortError' });
    const second = policy.sample(ask()).catch((error: unknown) => error);
    await expect.poll(() => server.requests.length, waiting).toBe(2);
    await policy.dispose();
    expect(await second).toMatchObject({ name: 'AbortError' });
  });
});
