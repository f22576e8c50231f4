import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEarly } from '../../server/inference/childProcess.js';
import { InferenceClient, InferenceError } from '../../server/inference/client.js';
import type { LoadRequest, ReadValues, RunRequest } from '../../server/inference/protocol.js';

const entry = fileURLToPath(new URL('./fakeChild.mjs', import.meta.url));
let folder: string;
let client: InferenceClient;
const log: string[] = [];

const model = (graphPath = 'ok'): LoadRequest => ({
  graphPath,
  device: 'cpu',
  threads: 1,
  warmup: new Int32Array(0),
  columns: new Int32Array(0),
});
const command = (id: number): RunRequest => ({
  parents: Int32Array.of(-1),
  ids: Int32Array.of(id, 5),
  offsets: Int32Array.of(0, 2),
  reads: Int32Array.of(1),
  columns: Int32Array.of(0, 1),
  priority: 0,
});
const journal = (word: string) =>
  readFileSync(join(folder, 'journal'), 'utf8')
    .split('\n')
    .filter((line) => line === word).length;
const create = (options: { entry?: string; graceMs?: number } = {}) =>
  new InferenceClient({ entry, ...options, log: { info: (message) => log.push(message), warn: (message) => log.push(message) } });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-'));
  process.env['FAKE_CHILD_JOURNAL'] = join(folder, 'journal');
  log.length = 0;
  client = create();
});
afterEach(async () => {
  await client.dispose();
  await rm(folder, { recursive: true });
});

describe('InferenceClient', () => {
  it('starts no process before the first request, and loads a model only once', async () => {
    expect(existsSync(join(folder, 'journal'))).toBe(false);
    const [a, b] = await Promise.all([client.load(model()), client.load(model())]);
    expect(a.session).toBe(b.session);
    expect(a.result.width).toBe(300);
    expect([journal('start'), journal('load ok')]).toEqual([1, 1]);
    expect((await client.load({ ...model(), threads: 2 })).session).not.toBe(a.session);
  });

  it('uses a process that was started early in one client only, and can start one early itself', async () => {
    startEarly(entry);
    await client.load(model());
    expect(journal('start')).toBe(1);
    const other = create();
    other.start();
    other.start();
    await other.load(model());
    expect([journal('start'), journal('load ok')]).toEqual([2, 2]);
    await other.dispose();
  });

  it('delivers typed arrays unchanged', async () => {
    const { session } = await client.load(model());
    const reads: ReadValues[] = [];
    expect(await client.run(session, command(3), { onRead: (read) => reads.push(read) })).toEqual({ tokens: 2 });
    expect(reads[0]!.values).toBeInstanceOf(Float32Array);
    expect(reads[0]!.values[0]).toBe(3);
  });

  it('reports why a load failed, and tries again on the next request', async () => {
    await expect(client.load(model('bad'))).rejects.toThrow(new InferenceError('bad graph'));
    await expect(client.load(model('bad'))).rejects.toThrow('bad graph');
    expect([journal('start'), journal('load bad')]).toEqual([1, 2]);
  });

  it('starts a new process when one dies, loads the model again and resends the running requests', async () => {
    const { session } = await client.load(model());
    const pids = new Set<number>();
    const onRead = ({ values }: ReadValues) => pids.add(values[1]!);
    const results = await Promise.all([client.run(session, command(67), { onRead }), client.run(session, command(4), { onRead })]);
    expect(results).toEqual([{ tokens: 2 }, { tokens: 2 }]);
    expect([journal('start'), journal('load ok'), journal('run 67')]).toEqual([2, 2, 2]);
    expect(
      log.some((line) => line.startsWith('The inference process ended (signal SIGKILL; perhaps the machine ran out of memory).')),
    ).toBe(true);
  });

  it('neither requests nor reports again the scores that arrived before a process died', async () => {
    const { session } = await client.load(model());
    const run = { ...command(70), ids: Int32Array.of(70, 5, 6, 7, 8), offsets: Int32Array.of(0, 5), reads: Int32Array.of(0, 1, 2, 3, 4) };
    const told: number[] = [];
    // The first child reports its third read before its first two, and dies.
    await client.run(session, run, { onRead: ({ first, values }) => told.push(first, values[0]!) });
    expect(told).toEqual([2, 2, 0, 0, 1, 1, 3, 3, 4, 4]);
    expect(['read 0', 'read 1', 'read 2', 'read 3', 'read 4'].map(journal)).toEqual([1, 1, 1, 1, 1]);
    const note = 'at most 512 tokens at a time, since the system ended the inference process';
    expect(client.device(session)).toEqual({ provider: 'cpu', passedOver: [], note });
    expect(
      log.filter((line) => line.startsWith('The system ended the inference process; ok now runs with at most 256 tokens')),
    ).toHaveLength(1);
  });

  it('lifts the token limit after some successful requests, unless the system ends the process once more', async () => {
    const { session } = await client.load(model());
    const note = () => client.device(session).note;
    const run = async (id: number, times = 1) => {
      for (let i = 0; i < times; i++) await client.run(session, command(id), { onRead: () => undefined });
    };
    await run(67);
    expect(note()).toContain('at most 512 tokens');
    await run(4, 4);
    expect(note()).toContain('at most 8192 tokens');
    await run(4);
    expect(note()).toBeUndefined();
    // The child writes a message to its journal only when it processes it.
    await expect.poll(() => journal('resize')).toBe(6);
    await run(72);
    await run(4, 10);
    expect(note()).toContain('at most 256 tokens');
  });

  it('lowers the token limit after V8 ran out of memory, and logs the message of V8', async () => {
    const { session } = await client.load(model());
    await client.run(session, command(71), { onRead: () => undefined });
    expect(log).toContain(
      'The inference process ended (signal SIGABRT; it said: FATAL ERROR: Zone Allocation failed - process out of memory).',
    );
    expect(client.device(session).note).toBe('at most 256 tokens at a time');
  });

  it('fails a request that ends two processes, and no other request', async () => {
    const { session } = await client.load(model());
    const fatal = client.run(session, command(66), { onRead: () => undefined });
    const innocent = client.run(session, command(4), { onRead: () => undefined });
    await expect(fatal).rejects.toThrow(
      /^The inference process ended 2 times during this request \(signal SIGKILL; it said: boom: the reason\)\.$/,
    );
    await expect(innocent).resolves.toEqual({ tokens: 2 });
    expect(journal('run 66')).toBe(2);
    await expect(client.run(session, command(5), { onRead: () => undefined })).resolves.toEqual({ tokens: 2 });
  });

  it('starts a new process for the next request after an idle one died', async () => {
    const { session } = await client.load(model());
    const pid = Number(/process (\d+) started/.exec(log.join('\n'))![1]);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => log.some((line) => line.includes('ended'))).toBe(true);
    expect(journal('start')).toBe(1);
    await expect(client.run(session, command(5), { onRead: () => undefined })).resolves.toEqual({ tokens: 2 });
    expect(journal('start')).toBe(2);
  });

  it('fails a load that ends two processes, also when the model was loaded before', async () => {
    await expect(client.load(model('fatal'))).rejects.toThrow(/ended 2 times.*signal SIGABRT/);
    const { session } = await client.load(model('fatal-once-loaded'));
    await expect(client.run(session, command(66), { onRead: () => undefined })).rejects.toThrow(/ended 2 times/);
    expect(journal('load fatal-once-loaded')).toBe(3);
  });

  it('passes over a provider that ends the process, also in the next process', async () => {
    const { session, result } = await client.load(model('gpu'));
    const passedOver = [{ provider: 'webgpu', reason: 'ended the inference process (signal SIGABRT)' }];
    expect(result.device).toEqual({ provider: 'cpu', passedOver });
    await client.run(session, command(67), { onRead: () => undefined });
    expect([journal('start'), journal('load gpu')]).toEqual([3, 3]);
  });

  it('fails with the cause when the program cannot be started', async () => {
    await client.dispose();
    client = create({ entry: join(folder, 'missing.js') });
    await expect(client.load(model())).rejects.toThrow(/ended 2 times.*(missing\.js|exit code 1)/);
  });

  it('rejects a cancelled run at once and ends a process that does not stop', async () => {
    await client.dispose();
    client = create({ graceMs: 200 });
    const { session } = await client.load(model());
    const abort = new AbortController();
    let isRunning = false;
    const stuck = client.run(session, command(68), { signal: abort.signal, onRead: () => (isRunning = true) });
    await expect.poll(() => isRunning).toBe(true);
    const other = client.run(session, command(4), { onRead: () => undefined });
    abort.abort();
    await expect(stuck).rejects.toMatchObject({ name: 'AbortError' });
    expect(journal('start'), 'rejected before the stuck child was replaced').toBe(1);
    await expect(other).resolves.toEqual({ tokens: 2 });
    expect([journal('start'), journal('run 68')]).toEqual([2, 1]);
    await expect(client.run(session, command(4), { signal: abort.signal, onRead: () => undefined })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('fails a run whose onRead callback throws, and continues with the next run', async () => {
    const { session } = await client.load(model());
    const onRead = () => {
      throw new TypeError('reader');
    };
    await expect(client.run(session, command(4), { onRead })).rejects.toThrow(new TypeError('reader'));
    await expect(client.run(session, command(5), { onRead: () => undefined })).resolves.toEqual({ tokens: 2 });
  });

  it.each(['killed', 'done'])('ends the inference process when its own process is %s', async (how) => {
    const parent = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./parentProcess.ts', import.meta.url)), entry, how]);
    let said = '';
    parent.stdout.on('data', (data: Buffer) => (said += data.toString()));
    const gone = new Promise((resolve) => parent.once('exit', resolve));
    await expect.poll(() => said, { timeout: 60_000 }).toMatch(/loaded/);
    const pid = Number(/process (\d+) started/.exec(said)![1]);
    if (how === 'killed') parent.kill('SIGKILL');
    await gone;
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
  });

  it('fails running requests when it is closed, and leaves no process behind', async () => {
    const { session } = await client.load(model());
    const pid = Number(/process (\d+) started/.exec(log.join('\n'))![1]);
    const open = client.run(session, command(69), { onRead: () => undefined });
    const failed = expect(open).rejects.toThrow('The inference process was closed.');
    await client.dispose();
    await failed;
    expect(isAlive(pid)).toBe(false);
    await expect(client.load(model())).rejects.toThrow('closed');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
