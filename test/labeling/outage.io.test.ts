import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { Breaker, OutageError } from '../../server/labeling/breaker.js';
import type { Judge } from '../../server/labeling/judge.js';
import type { LabelWorld } from '../../server/labeling/labelProblem.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { openJudge } from '../../server/labeling/policies/openPolicy.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { connect, startServer } from './openAiSetup.js';
import { policyOf, problem, walkPolicy } from './scripted.js';
import { answerJudge } from './solverPolicy.js';
import type { Fault, VllmServer } from './vllmServer.js';

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-outage-'));
});
afterAll(() => rm(root, { recursive: true }));

const options: RunOptions = {
  problems: Array.from({ length: 3 }, (_, i) => ({ ...problem, id: `p${i}` })),
  problemsFile: 'problems.json',
  settings: { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 },
  jobs: 2,
  restart: false,
  signal: new AbortController().signal,
};

interface Run {
  readonly server: VllmServer;
  readonly world: LabelWorld;
  readonly reports: string[];
  readonly log: (id: string) => Promise<string>;
}

async function newRun(patience = 60_000): Promise<Run> {
  const folder = join(root, String(made++));
  await mkdir(folder);
  const server = await startServer({}, walkPolicy({ mistakeRate: 0.3 }));
  const reports: string[] = [];
  const breaker = new Breaker({ firstPause: 2, longestPause: 10, patience, report: (message) => reports.push(message) });
  return {
    server,
    world: { policy: connect(server, { retries: 0 }), judge: answerJudge, folder, images: () => [], breaker },
    reports,
    log: (id) => readFile(join(folder, `${id}.events.jsonl`), 'utf8').catch(() => ''),
  };
}

describe('a server that is unavailable for a while', () => {
  it.each<Fault>(['busy503', 'error500', 'limited429', 'truncatedJson', 'resetMidBody'])(
    'makes the run wait, and no failed rollout is logged (%s)',
    async (fault) => {
      const { server, world, reports, log } = await newRun();
      server.behavior.faults = Array<Fault>(9).fill(fault);
      expect(await labelRun(options, world)).toMatchObject({ done: 3, failed: 0, open: 0, failures: 0 });
      for (const { id } of options.problems) expect(await log(id)).not.toContain('"failure"');
      expect(reports.length).toBeGreaterThan(0);
      expect(reports[0]).toMatch(/The run waits \d+ ms and tries again\.$/);
    },
  );

  it('makes the run wait when it sends a web page or no choices after valid replies', async () => {
    const { server, world } = await newRun();
    await world.policy.describe();
    server.behavior.faults = [undefined, ...Array<Fault>(5).fill('htmlPage'), 'noChoices', 'emptyChoices'];
    expect(await labelRun({ ...options, jobs: 1 }, world)).toMatchObject({ done: 3, failures: 0 });
  });

  it('is tried with one request at a time while all problems wait', async () => {
    const breaker = new Breaker({ firstPause: 1, longestPause: 1 });
    let [requests, retries, mostRetries] = [0, 0, 0];
    let mostAtSuccess: number | undefined;
    const request = async () => {
      const isRetry = ++requests > 3;
      if (isRetry) mostRetries = Math.max(mostRetries, ++retries);
      await pause(3);
      if (isRetry) retries--;
      return requests <= 12 ? 'busy' : undefined;
    };
    await Promise.all([1, 2, 3].map(() => breaker.run(request, (failure) => failure).finally(() => (mostAtSuccess ??= mostRetries))));
    expect(mostAtSuccess).toBe(1);
  });

  it('ends the run with the cause after too long, and the same command continues with the rest', async () => {
    const { server, world, log } = await newRun(40);
    let done = 0;
    const failing = labelRun(
      {
        ...options,
        jobs: 1,
        onProblem: () => {
          if (++done === 1) server.behavior.alwaysFault = 'busy503';
        },
      },
      world,
    );
    await expect(failing).rejects.toThrow(OutageError);
    await expect(failing).rejects.toThrow(/^The policy has failed for \d+ s: The server answered 503: .*the same command continues/);
    expect(await log('p0')).toContain('"event":"end"');
    expect(await log('p1')).not.toContain('"failure"');
    server.behavior.alwaysFault = undefined;
    const again = { ...world, breaker: new Breaker({ firstPause: 2 }) };
    expect(await labelRun(options, again)).toMatchObject({ done: 2, skipped: 1, open: 0 });
  });
});

describe('a judge that is unavailable while the policy answers', () => {
  /** A third of the rollouts have an answer in words, which only the judge can compare. */
  const vague = policyOf(async (request) => {
    const rollouts = await walkPolicy({ mistakeRate: 0.3 }).sample(request);
    return rollouts.map((one, i) =>
      i % 3 > 0 || 'failure' in one ? one : { ...one, steps: [...one.steps.slice(0, -1), 'The answer is as before.'] },
    );
  });

  async function judgedRun(patience: number) {
    const { world, reports, log } = await newRun();
    const server = await startServer(
      { steps: 'plain' },
      policyOf(() => [{ steps: ['Yes'], finish: 'stop' }]),
      ['judge'],
    );
    const choice = { url: server.url, model: 'judge', server: { concurrency: 8, timeout: 10_000, retries: 0 } };
    const judge = (): Judge =>
      openJudge(localVerifier(), choice, {
        key: () => undefined,
        log: { info: () => undefined, warn: () => undefined },
        breaker: new Breaker({ firstPause: 2, longestPause: 5, patience, who: 'judge', report: (message) => reports.push(message) }),
      });
    return { server, world: { ...world, policy: vague }, judge, reports, log };
  }

  it.each<Fault>(['busy503', 'resetMidBody'])('makes the run wait, and no verdict is missing (%s)', async (fault) => {
    const { server, world, judge, reports, log } = await judgedRun(60_000);
    server.behavior.faults = Array<Fault>(4).fill(fault);
    const summary = await labelRun(options, { ...world, judge: judge() });
    expect(summary).toMatchObject({ done: 3, undecided: 0, judgeFailures: 0 });
    expect(server.requests.length).toBeGreaterThan(4);
    expect(reports[0]).toMatch(/^The judge failed: The .* The run waits 2 ms and tries again\.$/);
    expect(await log('p0')).not.toContain('judgeFailure');
  });

  it('ends the run with the cause after too long, and the same command continues', async () => {
    const { server, world, judge, log } = await judgedRun(30);
    server.behavior.alwaysFault = 'error500';
    await expect(labelRun(options, { ...world, judge: judge() })).rejects.toThrow(
      /^The judge has failed for \d+ s: The server answered 500/,
    );
    expect(await log('p0')).not.toContain('"event":"rollouts"');
    server.behavior.alwaysFault = undefined;
    expect(await labelRun(options, { ...world, judge: judge() })).toMatchObject({ done: 3, undecided: 0 });
  });
});

describe('a problem without usable labels', () => {
  it('stays open with the reason, and the same command samples it again', async () => {
    const { server, world, log } = await newRun();
    server.behavior.alwaysFault = 'badRequest400';
    const told: string[] = [];
    const first = await labelRun(
      { ...options, onProblem: (_, outcome) => told.push('message' in outcome ? outcome.message : outcome.kind) },
      world,
    );
    expect(first).toMatchObject({ done: 0, open: 3, failures: 12 });
    expect(told[0]).toMatch(
      /^problem p\d stays open: no rollout from the question is right or wrong\. The server answered 400: .*context length/,
    );
    expect(await log('p0')).not.toContain('"event":"end"');
    server.behavior.alwaysFault = undefined;
    expect(await labelRun(options, world)).toMatchObject({ done: 3, open: 0, failures: 0 });
    expect(await log('p0')).not.toContain('"failure"');
    expect(await labelRun(options, world)).toMatchObject({ done: 0, skipped: 3, rollouts: 0 });
  });

  it('ends the run before all other problems are requested when every request is refused', async () => {
    const { server, world, log } = await newRun();
    server.behavior.alwaysFault = 'badRequest400';
    const many = { ...options, problems: Array.from({ length: 40 }, (_, i) => ({ ...problem, id: `p${i}` })) };
    await expect(labelRun(many, world)).rejects.toThrow(
      /^All of the first \d+ rollouts failed: The server answered 400: .*The run ends here/,
    );
    expect(server.requests.length).toBeLessThan(40);
    server.behavior.alwaysFault = undefined;
    expect(await labelRun(many, world)).toMatchObject({ done: 40, open: 0, failures: 0 });
    expect(await log('p0')).not.toContain('"failure"');
  });

  it('is sampled again when most of its rollouts failed, but after it finished only with retryFailed', async () => {
    const { world, log } = await newRun();
    const walk = walkPolicy({ mistakeRate: 0.3 });
    let isBad = true;
    const policy = policyOf(async (request) => {
      const rollouts = await walk.sample(request);
      return rollouts.map((one) => (isBad && request.prefix.length > 0 ? { failure: 'Too long.' } : one));
    });
    const here = { ...world, policy, mostFailed: 0.25 };
    const one = {
      ...options,
      problems: options.problems.slice(0, 1),
      settings: { ...defaultLabelSettings['monte-carlo'], solutions: 2, continuations: 4, seed: 3 },
    };
    expect(await labelRun(one, here)).toMatchObject({ done: 0, open: 1 });
    expect(await labelRun(one, { ...here, mostFailed: 1 })).toMatchObject({ done: 1, open: 0 });
    expect(await log('p0')).toContain('Too long.');
    isBad = false;
    expect(await labelRun(one, { ...here, mostFailed: 0.25 })).toMatchObject({ skipped: 1, rollouts: 0 });
    expect(await labelRun(one, { ...here, mostFailed: 0.25, retryFailed: true })).toMatchObject({ done: 1, failures: 0 });
    expect(await log('p0')).not.toContain('Too long.');
  });
});
