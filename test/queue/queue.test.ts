import { mkdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../../scripts/redis.mjs';
import { QueueTest, type Worker } from './setup.js';

const test = new QueueTest();
const soon = ['--stalled-after', '2'];
/** Seconds longer than any test, so a test that waits for a stalled worker fails. */
const never = ['--stalled-after', '1000'];

/** The part of the summary that is the same for all workers. */
const shared = (out: string): string => out.replace(/ -> .*?: /, ': ').replace(/ in [0-9.]+ s.*/s, '');

describe('workers of one run', () => {
  it('label every problem once, although one is killed and another is stopped until it loses its problem', async () => {
    const problems = await test.problems('shared.json', 12);
    expect((await test.label(problems, 'alone').ended).code).toBe(0);
    const asked = test.asked;
    test.slow(true);
    const [killed, stopped, third] = [1, 2, 3].map(() => test.queued(problems, 'together', ...soon)) as [Worker, Worker, Worker];
    const taken = await test.inProblem(killed);
    killed.kill('SIGKILL');
    const kept = await test.inProblem(stopped);
    stopped.kill('SIGSTOP');
    while ((await kept.holder()) === stopped.pid) await pause(20);
    stopped.kill('SIGCONT');
    test.slow(false);
    const ends = await Promise.all([stopped.ended, third.ended]);
    expect((await killed.ended).code).toBe('SIGKILL');
    expect(taken.id).not.toBe(kept.id);
    expect(ends.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(shared(ends[0].out)).toBe(shared(ends[1].out));
    expect(ends[0].out).toMatch(/^12 problems -> /);
    expect(await test.files('together')).toEqual(await test.files('alone'));
    // Rollouts without an answer when a worker was cut off are requested again, answered ones are not.
    expect(test.asked - asked * 2).toBeLessThanOrEqual(5);
    expect(await test.keys()).toEqual([]);
  });

  it('with separate folders end with the same files in each, and return their problem on Ctrl-C', async () => {
    const problems = await test.problems('apart.json', 8);
    expect((await test.label(problems, 'apart-alone').ended).code).toBe(0);
    test.slow(true);
    const [left, ...stay] = ['one', 'two', 'three'].map((folder) => test.queued(problems, folder, ...never)) as [Worker, Worker, Worker];
    await test.inProblem(left);
    left.kill('SIGINT');
    test.slow(false);
    expect(await left.ended).toMatchObject({
      code: 130,
      err: expect.stringMatching(/interrupted after \d problems? of 8; the same command resumes from here/) as string,
    });
    expect((await Promise.all(stay.map(({ ended }) => ended))).map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const expected = await test.files('apart-alone');
    expect(await test.files('two')).toEqual(expected);
    expect(await test.files('three')).toEqual(expected);
    expect(await test.keys()).toEqual([]);
  });

  it('continue interrupted problems, with or without a queue, and skip finished ones', async () => {
    const problems = await test.problems('again.json', 6);
    test.slow(true);
    const first = test.label(problems, 'again');
    while (!Object.keys(await test.files('again').catch(() => ({}))).includes('p1.events.jsonl')) await pause(20);
    first.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
    const second = test.queued(problems, 'again', ...never);
    await test.inProblem(second);
    second.kill('SIGINT');
    expect((await second.ended).code).toBe(130);
    expect((await test.keys()).length).toBeGreaterThan(0);
    test.slow(false);
    const third = await test.queued(problems, 'again', ...never).ended;
    expect(third).toMatchObject({ code: 0, out: expect.stringMatching(/^\d problems?, [1-5] skipped -> /) as string });
    expect((await test.label(problems, 'again-alone').ended).code).toBe(0);
    expect(await test.files('again')).toEqual(await test.files('again-alone'));
    expect(await test.queued(problems, 'again').ended).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^0 problems, 6 skipped -> .*: 0 rollouts/) as string,
    });
    expect(await test.keys()).toEqual([]);
  });
});

describe('different runs on one Redis server', () => {
  it('do not mix their problems', async () => {
    const [few, more] = [await test.problems('few.json', 3), await test.problems('more.json', 4)];
    const runs = [
      [few, '1'],
      [few, '2'],
      [more, '1'],
    ] as const;
    const ends = await Promise.all(
      runs.flatMap(([problems, seed], i) => [
        test.label(problems, `apart-${i}`, '--seed', seed).ended,
        test.queued(problems, `mixed-${i}`, '--seed', seed, ...never).ended,
        test.queued(problems, `mixed-${i}`, '--seed', seed, ...never).ended,
      ]),
    );
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 0));
    for (const i of runs.keys()) expect(await test.files(`mixed-${i}`)).toEqual(await test.files(`apart-${i}`));
    expect(await test.keys()).toEqual([]);
  });
});

describe('a problem that cannot be labeled', () => {
  it('is reported by every worker, and does not affect other problems', async () => {
    const problems = await test.problems('damaged.json', 3);
    // A folder has the name of the tree file.
    await mkdir(join(test.root, 'damaged', 'p1.json'), { recursive: true });
    const ends = await Promise.all([1, 2].map(() => test.queued(problems, 'damaged', ...soon).ended));
    for (const { code, out, err } of ends) {
      expect(code).toBe(2);
      expect(out).toMatch(/^2 problems, 1 failed -> /);
      expect(err).toMatch(/p1\.json/);
    }
    expect(await test.keys()).toEqual([]);
  });
});

describe('a Redis server that cannot be used', () => {
  const refused = async (address: string): Promise<string> => {
    const problems = await test.problems('none.json', 1);
    const { code, err } = await test.label(problems, 'none', '--queue', address).ended;
    expect(code).toBe(2);
    return err;
  };

  it('is reported with its address and what to do', async () => {
    expect(await refused('redis://127.0.0.1:1')).toMatch(
      /^steplens: No Redis server answers at redis:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)\. Start one there, correct --queue, or leave it out/,
    );
    expect(await refused('localhost:6379')).toMatch(/--queue takes redis:\/\/host:port or .*"localhost:6379" is not that/);
    expect(await refused(`${test.redis.url}/99`)).toMatch(/has no such database/);
  });

  it('is reported when it refuses the password, without printing the password', async () => {
    const locked = await startRedis(['--requirepass', 'secret']);
    try {
      expect(await refused(locked.url)).toMatch(/refuses the user or password.*redis:\/\/:PASSWORD@host:port/);
      const wrong = await refused(`redis://:guess@127.0.0.1:${locked.port}`);
      expect(wrong).toMatch(/refuses the user or password/);
      expect(wrong).not.toContain('guess');
      const right = await test.label(join(test.root, 'none.json'), 'unlocked', '--queue', `redis://:secret@127.0.0.1:${locked.port}`).ended;
      expect(right).toMatchObject({ code: 0, err: '' });
    } finally {
      await locked.stop();
    }
  });

  it('is reported when its version is older than Redis 5', async () => {
    // A server that gives Redis 4's replies to the requests that are sent.
    const old = createServer((socket) => {
      socket.on('data', (data): void => {
        for (const command of data.toString().split(/(?=^\*)/m)) {
          if (/\$4\r\nquit/i.test(command)) return void socket.end('+OK\r\n');
          const info = '# Server\r\nredis_version:4.0.14\r\nloading:0\r\n';
          socket.write(/\$4\r\ninfo/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
        }
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((done) => old.listen(0, '127.0.0.1', done));
    try {
      expect(await refused(`redis://127.0.0.1:${(old.address() as AddressInfo).port}`)).toMatch(
        /cannot be used: its version 4\.0\.14 is older than 5\. Update it/,
      );
    } finally {
      old.close();
    }
  });
});
