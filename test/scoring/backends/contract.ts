import { expect, it, onTestFinished } from 'vitest';
import { ModelError } from '../../../server/models/modelError.js';
import type { ScoreJob, Scorer } from '../../../server/scoring/scorer.js';
import type { LoopbackServer } from './loopbackServer.js';

export interface OpenOptions {
  readonly keeps?: boolean;
  readonly apiKey?: string;
  readonly timeout?: number;
}

/** The environment of one test, closed when the test ends. */
export interface Bench {
  /** @param options `keeps`: scores are stored on disk, always in the same folder. */
  open(options?: OpenOptions): Scorer;
  /** Ends the process that computes. Resolves when it has ended. */
  goAway(scorer: Scorer): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export interface Subject<B extends Bench = Bench> {
  start(): Promise<B>;
  readonly job: (count: number) => ScoreJob;
  readonly chain: (count: number) => ScoreJob;
  /** Returns the model's scores, computed in another way than the tested one. */
  expected(job: ScoreJob): Promise<readonly number[]>;
  /** Largest difference that transferring the numbers can cause. */
  readonly tolerance: number;
}

async function bench<B extends Bench>(subject: Subject<B>): Promise<B> {
  const started = await subject.start();
  onTestFinished(() => started.close());
  return started;
}

function opened(from: Bench, options?: OpenOptions): Scorer {
  const scorer = from.open(options);
  onTestFinished(() => scorer.dispose());
  return scorer;
}

/** Tests of the contract of every scorer, wherever it computes. */
export function describeScorerContract(subject: Subject): void {
  it('gives the scores of the model for every step of a forest', async () => {
    const scorer = opened(await bench(subject));
    const job = subject.job(15);
    // The same prefix a second time, from another candidate.
    const doubled = { ...job, steps: [...job.steps, job.steps[0]!] };
    const { scores, skipped, cached, tokens } = await scorer.score(doubled);
    expect([skipped.size, cached]).toEqual([0, 0]);
    expect(tokens).toBeGreaterThan(0);
    const expected = await subject.expected(doubled);
    expect(new Set(expected.map((value) => value.toPrecision(6))).size).toBeGreaterThan(10);
    scores.forEach((score, i) => expect(Math.abs(score - expected[i]!), `step ${i}`).toBeLessThan(subject.tolerance));
  });

  it('describes itself once loaded, and keeps scores across a restart until the cache is cleared', async () => {
    const from = await bench(subject);
    const scorer = opened(from, { keeps: true });
    const [info, again] = await Promise.all([scorer.describe(), scorer.describe()]);
    expect(again).toBe(info);
    expect(info.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const first = await scorer.score(subject.chain(4));
    await scorer.dispose();
    const second = opened(from, { keeps: true });
    const known = await second.score(subject.chain(5));
    expect(known.cached).toBe(4);
    expect(known.scores.slice(0, 4)).toEqual(first.scores);
    expect((await second.score(subject.chain(4), { ignoreCache: true })).cached).toBe(0);
    await second.clearCache();
    expect((await opened(from, { keeps: true }).score(subject.chain(4))).cached).toBe(0);
  });

  it('reports its progress, stops at once when cancelled, and keeps the scores it has', async () => {
    const scorer = opened(await bench(subject));
    await scorer.describe();
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => {
      expect(total).toBe(31);
      seen.push(done);
      if (done >= 3) abort.abort();
    };
    await expect(scorer.score(subject.job(31), { signal: abort.signal, onProgress })).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    await expect(scorer.score(subject.job(3), { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const rest = await scorer.score(subject.job(31));
    expect(rest.cached).toBeGreaterThanOrEqual(3);
    expect([...rest.scores].every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  it('continues after its process or server ended and came back', async () => {
    const from = await bench(subject);
    const scorer = opened(from);
    const before = await scorer.score(subject.chain(3));
    await from.goAway(scorer);
    await from.comeBack();
    const after = await scorer.score(subject.chain(6));
    expect(after.cached).toBe(3);
    const expected = await subject.expected(subject.chain(6));
    after.scores.forEach((score, i) => expect(Math.abs(score - expected[i]!)).toBeLessThan(subject.tolerance));
    expect(after.scores.slice(0, 3)).toEqual(before.scores);
  });

  it('rejects a running request when it is closed', async () => {
    const scorer = opened(await bench(subject));
    await scorer.describe();
    const open = scorer.score(subject.job(31));
    const rejected = expect(open).rejects.toThrow(/closed/);
    await scorer.dispose();
    await rejected;
  });
}

export interface ServerBench extends Bench {
  readonly server: LoopbackServer;
  /** Opens a scorer with the same profile, but another `backend.url` or `backend.model`. */
  openOther(change: { readonly url?: string; readonly model?: string }): Promise<Scorer>;
}

/** Tests of the additional contract of a scorer that uses a server. */
export function describeServerContract(subject: Subject<ServerBench>, { asks }: { readonly asks: 'path' | 'step' }): void {
  it('sends no unnecessary request, and no more than 4 at once', async () => {
    const from = await bench(subject);
    const scorer = opened(from);
    from.server.delay = 50;
    await scorer.score(subject.job(15));
    expect(from.server.requests).toHaveLength(asks === 'path' ? 8 : 15);
    expect(from.server.mostAtOnce).toBe(4);
    await scorer.score(subject.job(15));
    expect(from.server.requests).toHaveLength(asks === 'path' ? 8 : 15);
  });

  it('reports the server that it sends texts to, and sends the key there', async () => {
    const from = await bench(subject);
    const { device } = await opened(from).describe();
    expect(device.server).toBe(from.server.url);
    await opened(from, { apiKey: 'secret-key' }).score(subject.chain(1));
    expect(from.server.requests.at(-1)!.headers.authorization).toBe('Bearer secret-key');
  });

  it('closes its connections at once when cancelled', async () => {
    const from = await bench(subject);
    const scorer = opened(from);
    await scorer.describe();
    from.server.alwaysFault = 'hang';
    const abort = new AbortController();
    const open = scorer.score(subject.chain(2), { signal: abort.signal });
    const rejected = expect(open).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => from.server.requests.length).toBe(asks === 'path' ? 1 : 2);
    abort.abort();
    await rejected;
    await expect.poll(() => from.server.abandoned).toBe(asks === 'path' ? 1 : 2);
  });

  it.each(['error500', 'busy503', 'reset'] as const)('retries after %s', async (fault) => {
    const from = await bench(subject);
    from.server.faults = [fault, fault];
    const { scores } = await opened(from).score(subject.chain(1));
    const [expected] = await subject.expected(subject.chain(1));
    expect(Math.abs(scores[0]! - expected!)).toBeLessThan(subject.tolerance);
    expect(from.server.requests).toHaveLength(3);
  });

  it.each([
    ['error500', /cannot score: The server answered 500: .*CUDA out of memory/],
    ['reset', /cannot score: The connection to the server broke/],
    ['cutOff', /cannot score: .*cut off/],
    ['html', /cannot score: .*HTML page/],
    ['refused401', /refuses the key.*STEPLENS_API_KEY/],
  ] as const)('fails with a message that names the server on %s, and scores again once it is over', async (fault, message) => {
    const from = await bench(subject);
    const scorer = opened(from);
    from.server.alwaysFault = fault;
    const error: unknown = await scorer.score(subject.chain(2)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(from.server.url);
    from.server.alwaysFault = undefined;
    expect((await scorer.score(subject.chain(2))).skipped.size).toBe(0);
  });

  it('reports an error of the problem, not of the model, if the server has scored others', async () => {
    const from = await bench(subject);
    const scorer = opened(from);
    await scorer.score(subject.chain(1));
    from.server.alwaysFault = 'error500';
    await expect(scorer.score(subject.job(3))).rejects.toMatchObject({ name: 'BackendError' });
  });

  it('gives up on a request that takes too long', async () => {
    const from = await bench(subject);
    const scorer = opened(from, { timeout: 100 });
    await scorer.describe();
    from.server.alwaysFault = 'hang';
    await expect(scorer.score(subject.chain(1))).rejects.toThrow('did not answer within 0.1 s');
  });

  it('gives a reason instead of a score where the model gives no number', async () => {
    const from = await bench(subject);
    const scorer = opened(from);
    from.server.alwaysFault = 'nan';
    const { scores, skipped } = await scorer.score(subject.chain(2));
    expect([...scores]).toEqual([NaN, NaN]);
    expect([...skipped.keys()]).toEqual([0, 1]);
    from.server.alwaysFault = undefined;
    expect((await scorer.score(subject.chain(2))).cached).toBe(0);
  });

  it('skips steps that the server refuses as too long, with its reason', async () => {
    const from = await bench(subject);
    from.server.alwaysFault = 'refused400';
    const { scores, skipped } = await opened(from).score(subject.chain(3));
    expect([...scores]).toEqual([NaN, NaN, NaN]);
    expect(skipped.get(2)).toContain('maximum context length is 64 tokens');
  });

  it('reports when nothing answers, and when the server does not have the model', async () => {
    const from = await bench(subject);
    const { url } = from.server;
    await expect((await from.openOther({ model: 'absent' })).describe()).rejects.toThrow(/has no model "absent"/);
    await from.goAway(opened(from));
    const scorer = opened(from);
    await expect(scorer.describe()).rejects.toThrow(`Nothing answers at ${url}`);
    await expect(scorer.score(subject.chain(1))).rejects.toBeInstanceOf(ModelError);
    await from.comeBack();
    expect((await scorer.score(subject.chain(1))).skipped.size).toBe(0);
  });

  it('keeps the scores it had when the server goes away during a run', async () => {
    const from = await bench(subject);
    const scorer = opened(from);
    let gone: Promise<void> | undefined;
    const onProgress = (done: number) => {
      if (done >= 3) gone ??= from.goAway(scorer);
    };
    await expect(scorer.score(subject.job(31), { onProgress })).rejects.toBeInstanceOf(Error);
    await gone;
    await from.comeBack();
    const { cached, skipped } = await scorer.score(subject.job(31));
    expect(cached).toBeGreaterThanOrEqual(3);
    expect(skipped.size).toBe(0);
  });
}
