import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClaimHeld, ClaimLost, holderOf, takeClaim } from '../../server/labeling/claim.js';
import { FolderError } from '../../server/labeling/labelError.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { problem, walkPolicy } from './scripted.js';
import { answerJudge } from './solverPolicy.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-claim-'));
  path = join(folder, 'p.claim');
});
afterEach(() => rm(folder, { recursive: true }));

/** Rewrites a claim for another holder, with a heartbeat `secondsAgo` in the past. */
async function become(changed: Readonly<Record<string, unknown>>, secondsAgo = 0): Promise<void> {
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), ...changed }));
  const then = new Date(Date.now() - secondsAgo * 1000);
  await utimes(path, then, then);
}

/** The id of a process that has just ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  return child.pid!;
}

describe('a claim on a problem', () => {
  it('has one holder, named with host and process, until it is released', async () => {
    const claim = await takeClaim(path, 'runs/p.json');
    await expect(takeClaim(path, 'runs/p.json')).rejects.toThrow(
      new RegExp(`^runs/p\\.json is being labeled by \\S+ on \\S+ \\(process ${process.pid}\\)\\.$`),
    );
    expect(await holderOf(path, 'p')).toContain(String(process.pid));
    await claim.verify();
    await claim.release();
    expect(await holderOf(path, 'p')).toBeUndefined();
    await (await takeClaim(path, 'p')).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over when its process on this machine has ended, even if another process now has the same id', async () => {
    await takeClaim(path, 'p');
    await become({ pid: await deadProcess() });
    await takeClaim(path, 'p');
    await become({ born: 'another time', token: 'x' });
    const claim = await takeClaim(path, 'p');
    await claim.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('of another machine is taken over when its heartbeat is 90 s old, but not when it is 30 s old', async () => {
    await takeClaim(path, 'p');
    await become({ host: 'node17', token: 'x', pid: await deadProcess() }, 30);
    await expect(takeClaim(path, 'p')).rejects.toThrow(/on node17/);
    await become({}, 90);
    await takeClaim(path, 'p');
  });

  it('that is empty or not valid is taken over only after 5 s', async () => {
    for (const text of ['', '{"owner":"a"', '[]']) {
      await writeFile(path, text);
      const written = Date.now() - 4800;
      await utimes(path, written / 1000, written / 1000);
      const claim = await takeClaim(path, 'p');
      expect(Date.now() - written).toBeGreaterThanOrEqual(4999);
      await claim.release();
    }
  });

  it('that is only partly written still belongs to its writer', async () => {
    await takeClaim(path, 'p');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, 9));
    const others = Promise.allSettled([takeClaim(path, 'p'), holderOf(path, 'p')]);
    await pause(50);
    await writeFile(path, text);
    const [taken, holder] = await others;
    expect(taken).toMatchObject({ status: 'rejected', reason: expect.any(ClaimHeld) as ClaimHeld });
    expect(holder).toMatchObject({ status: 'fulfilled', value: expect.stringContaining(String(process.pid)) as string });
  });

  it('that is stale is taken over by exactly one of 12 simultaneous attempts', async () => {
    const pid = await deadProcess();
    for (let round = 0; round < 5; round++) {
      await takeClaim(path, 'p');
      await become({ pid, token: `dead ${round}` });
      const all = await Promise.allSettled(Array.from({ length: 12 }, () => takeClaim(path, 'p')));
      const winners = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(winners).toHaveLength(1);
      await winners[0]!.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('that another process took over fails verify(), and its former holder does not remove it', async () => {
    const claim = await takeClaim(path, 'p', 0);
    await become({ token: 'another', host: 'node17' });
    await expect(claim.verify()).rejects.toBeInstanceOf(ClaimLost);
    await claim.release();
    expect(await holderOf(path, 'p')).toContain('node17');
  });

  it('reports that its folder is missing or is a file', async () => {
    await expect(takeClaim(join(folder, 'none', 'p.claim'), 'p')).rejects.toBeInstanceOf(FolderError);
    await writeFile(join(folder, 'file'), '');
    await expect(takeClaim(join(folder, 'file', 'p.claim'), 'p')).rejects.toThrow(/not a folder, ENOTDIR.*--out/);
  });
});

describe('further runs on the same folder', () => {
  const walk = walkPolicy({ mistakeRate: 0.2 });
  const world = () => ({ policy: walk, judge: answerJudge, folder, images: () => [] });
  const options = (more: Partial<RunOptions> = {}): RunOptions => ({
    problems: Array.from({ length: 8 }, (_, i) => ({ ...problem, id: `p${i}` })),
    problemsFile: 'problems.json',
    settings: { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 },
    jobs: 2,
    restart: false,
    signal: new AbortController().signal,
    ...more,
  });

  it('are refused with the name of the holder, and --restart deletes nothing', async () => {
    let second: Promise<unknown> | undefined;
    let refused: unknown;
    await labelRun(
      options({
        onEvent: () => {
          second ??= labelRun(options({ restart: true }), world()).catch((error: unknown) => (refused = error));
        },
      }),
      { ...world(), policy: { ...walk, sample: async (request) => (await second, walk.sample(request)) } },
    );
    expect(String(refused)).toMatch(new RegExp(`is being labeled by .*\\(process ${process.pid}\\)\\. .*--out.*--shared`));
    expect((await readdir(folder)).filter((name) => !/^p\d\.(json|events\.jsonl)$/.test(name))).toEqual(['run.json']);
    expect(await labelRun(options(), world())).toMatchObject({ done: 0, skipped: 8 });
  });

  it('that are shared label every problem exactly once, and one that is not shared is refused', async () => {
    const done: string[] = [];
    let alone: Promise<unknown> | undefined;
    let refused: unknown;
    const shared = options({
      isShared: true,
      onProblem: ({ id }, { kind }) => kind === 'done' && done.push(id),
      onEvent: () => {
        alone ??= labelRun(options(), world()).catch((error: unknown) => (refused = error));
      },
    });
    const waiting = {
      ...world(),
      policy: { ...walk, sample: async (request: Parameters<typeof walk.sample>[0]) => (await alone, walk.sample(request)) },
    };
    const ends = await Promise.all([labelRun(shared, waiting), labelRun(shared, waiting), labelRun(shared, waiting)]);
    expect(done.sort()).toEqual(options().problems.map(({ id }) => id));
    for (const end of ends) expect(end.done + end.skipped).toBe(8);
    expect(String(refused)).toMatch(/is being labeled by/);
  });
});
