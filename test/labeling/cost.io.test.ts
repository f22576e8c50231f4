import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { readDocument } from '../../server/formats/registry.js';
import { type Expense, money, problemExpense } from '../../server/labeling/economy/ledger.js';
import { runCost } from '../../server/labeling/economy/runCost.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import { createJudge } from '../../server/labeling/judge.js';
import type { LabelWorld } from '../../server/labeling/labelProblem.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { createLlmJudge } from '../../server/labeling/policies/llmJudge.js';
import { type Policy, PolicyError, type PolicyInfo } from '../../server/labeling/policy.js';
import { filesIn } from '../../server/labeling/runFiles.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { replayOf } from '../../server/language/replay.js';
import { replay as replayShape } from '../../server/protocol/replay.js';
import { OpenAiClient } from '../../server/remote/openAiClient.js';
import { run } from '../cli/runner.js';
import { connect, counted, settings, startServer } from './openAiSetup.js';
import { completions, policyOf, problem, walkPolicy } from './scripted.js';
import { answerJudge } from './solverPolicy.js';
import type { VllmServer } from './vllmServer.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-cost-'));
});
afterAll(() => rm(root, { recursive: true }));

const options: RunOptions = {
  problems: Array.from({ length: 3 }, (_, i) => ({ ...problem, id: `p${i}` })),
  problemsFile: 'problems.json',
  settings: { ...defaultLabelSettings.mcts, rollouts: 4, searches: 3, seed: 3 },
  jobs: 2,
  restart: false,
  signal: new AbortController().signal,
};

async function world(server: VllmServer, clock = { now: 0 }): Promise<LabelWorld> {
  const folder = await mkdtemp(join(root, 'run-'));
  // With a chosen way of continuing, no request is spent on finding it, so all requests are for rollouts.
  const policy = connect(server, { retries: 2, continuation: 'prefix' });
  return { policy, judge: answerJudge, folder, images: () => [], now: () => (clock.now += 10) };
}

function tokens({ promptTokens, completionTokens, cachedTokens }: Expense): VllmServer['told'] {
  return { prompt: promptTokens, completion: completionTokens, cached: cachedTokens };
}

describe('the costs in an event log', () => {
  it('equal the tokens and requests that the server counted, also after an interrupted run is continued', async () => {
    const server = await startServer({ cached: 5 }, walkPolicy({ mistakeRate: 0.3 }));
    const here = await world(server);
    const stop = new AbortController();
    let batches = 0;
    const interrupted = labelRun(
      {
        ...options,
        jobs: 1,
        signal: stop.signal,
        onEvent: (_, event) => {
          if (event.event === 'rollouts' && ++batches === 4) stop.abort();
        },
      },
      here,
    );
    await expect(interrupted).rejects.toThrow(/abort/i);
    const first = await runCost(here.folder);
    expect(tokens(first.total)).toEqual(server.told);
    expect(first.total.requests).toBe(server.requests.length);
    const summary = await labelRun(options, here);
    const { total, phases, problems, finished, labels } = await runCost(here.folder);
    expect(tokens(total)).toEqual(server.told);
    expect(total).toMatchObject({ requests: server.requests.length, retries: 0, judgeRequests: 0 });
    expect(total.cachedTokens).toBeGreaterThan(0);
    expect([problems, finished]).toEqual([3, 3]);
    expect(labels).toBeGreaterThan(0);
    // The summary counts what this run sampled, the log counts everything sampled so far.
    expect(summary.promptTokens).toBe(total.promptTokens - first.total.promptTokens);
    expect(phases.question.rollouts).toBe(12);
    expect(phases.question.rollouts + phases.steps.rollouts).toBe(total.rollouts);
    const before = server.requests.length;
    await labelRun(options, here);
    expect(server.requests).toHaveLength(before);
    expect((await runCost(here.folder)).total).toEqual(total);
  });

  it('include repeated attempts and failed requests', async () => {
    const server = await startServer({ faults: ['error500', 'busy503', undefined, 'badRequest400'] }, walkPolicy({ mistakeRate: 0.3 }));
    const here = await world(server);
    await labelRun({ ...options, jobs: 1, problems: options.problems.slice(0, 1) }, { ...here, mostFailed: 1 });
    const { total } = await runCost(here.folder);
    expect(total.retries).toBe(2);
    expect(total.failures).toBeGreaterThan(0);
    expect(total.requests + total.retries).toBe(server.requests.length);
    expect(tokens(total)).toEqual(server.told);
  });

  it('count the requests of a judge separately, including those about a complete solution', async () => {
    // All answers are written in words, so the rules cannot decide any of them.
    const policy: Policy = policyOf(({ prefix, count, seed }) =>
      completions(
        ...Array.from({ length: count }, (_, i) => [...counted(0, seed + i).slice(0, 2), `It is item ${i}.`].slice(prefix.length)),
      ),
    );
    const server = await startServer({}, policy);
    const checker = await startServer(
      { steps: 'plain' },
      policyOf(({ count }) => completions(...Array.from({ length: count }, () => ['No']))),
      ['judge'],
    );
    const client = new OpenAiClient({ ...settings(checker.url), Unusable: PolicyError });
    const judge = createJudge({ verifier: localVerifier(), llm: { name: 'judge', ask: createLlmJudge({ client, model: 'judge' }) } });
    const here = { ...(await world(server)), judge };
    const summary = await labelRun({ ...options, settings: { ...options.settings, rollouts: 3 } as RunOptions['settings'] }, here);
    client.dispose();
    const { total } = await runCost(here.folder);
    expect(total.judgeRequests).toBe(checker.requests.length);
    expect(total.judgeRequests).toBeGreaterThan(0);
    expect(total.judgeTokens).toBe(checker.told.prompt + checker.told.completion);
    expect(tokens(total)).toEqual(server.told);
    expect(summary).toMatchObject({ judgeRequests: total.judgeRequests, judgeTokens: total.judgeTokens });
  });

  it('have a time for every event, and count only the seconds spent on sampling', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.3 }));
    const clock = { now: 1_000 };
    const here = await world(server, clock);
    const one = options.problems.slice(0, 1);
    await labelRun({ ...options, problems: one, jobs: 1 }, here);
    clock.now += 86_400_000;
    await labelRun({ ...options, problems: options.problems.slice(1, 2), jobs: 1 }, here);
    const { logs } = await filesIn(here.folder);
    let ms = 0;
    for (const log of logs) {
      const events = (await readEventLog(log)).recorded.map(({ event }) => event);
      const times = events.map(({ at }) => at!);
      expect(times.every((at) => Number.isSafeInteger(at))).toBe(true);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const phase of Object.values(problemExpense(events)!.phases)) ms += phase.ms;
    }
    const { seconds } = await runCost(here.folder);
    // One batch at a time, and a day between the problems.
    expect(seconds).toBe(ms / 1000);
    expect(seconds).toBeLessThan(10);
  });
});

describe('steplens cost', () => {
  it('shows rows that add up to the total, and the price', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.3 }));
    const here = await world(server);
    await labelRun(options, here);
    const { total, labels } = await runCost(here.folder);
    const { code, out } = await run(['cost', here.folder, '--price-in', '2', '--price-out', '10']);
    expect(code).toBe(0);
    const cells = (name: string): string[] => new RegExp(`^ {2}${name} +(.*)$`, 'm').exec(out)![1]!.split(/ {2,}/);
    const number = (text: string): number => Number(text.replaceAll(',', ''));
    expect(out.split('\n')[0]).toMatch(/: mcts, 3 problems \(3 finished\), \d+ step labels, \d+\.\d s of sampling$/);
    const [question, steps, all] = ['from the question', 'from steps', 'total'].map(cells) as [string[], string[], string[]];
    for (let i = 0; i < 8; i++) expect(number(question[i]!) + number(steps[i]!)).toBe(number(all[i]!));
    const price = (total.promptTokens * 2 + total.completionTokens * 10) / 1e6;
    expect(number(all.at(-1)!)).toBeCloseTo(price, 4);
    expect(number(cells('per step label').at(-1)!)).toBeCloseTo(price / labels, 6);
    const json = await run(['cost', here.folder, '--json', '--price-in', '2', '--price-out', '10']);
    expect(JSON.parse(json.out)).toMatchObject({ run: here.folder, problems: 3, labels, total, price });
  });

  it('compares methods across several runs, and adds up their rollouts', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.3 }));
    const [search, chains] = [await world(server), await world(server)];
    await labelRun(options, search);
    const settings = { ...defaultLabelSettings['monte-carlo'], solutions: 2, continuations: 3, seed: 3 };
    await labelRun({ ...options, settings }, chains);
    const costs = [await runCost(search.folder), await runCost(chains.folder)];
    const { code, out } = await run(['cost', search.folder, chains.folder]);
    expect(code).toBe(0);
    const both = out.slice(out.indexOf('all 2 runs: mcts, monte-carlo, 6 problems (6 finished)'));
    const rollouts = (name: string): number => Number(new RegExp(`^ {2}${name} +([\\d,]+)`, 'm').exec(both)![1]!.replaceAll(',', ''));
    expect(rollouts('mcts: total')).toBe(costs[0]!.total.rollouts);
    expect(rollouts('mcts: from steps')).toBe(costs[0]!.phases.steps.rollouts);
    expect(rollouts('monte-carlo: total')).toBe(costs[1]!.total.rollouts);
    expect(rollouts('all methods')).toBe(costs[0]!.total.rollouts + costs[1]!.total.rollouts);
    // One table for each run, and one for both.
    expect(out.match(/step labels?, /g)).toHaveLength(3);
    const json = await run(['cost', search.folder, chains.folder, '--json']);
    expect(
      json.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { methods: string[] }).methods),
    ).toEqual([['mcts'], ['monte-carlo']]);
  });

  it('has its requests, tokens and price also in the summary of steplens label', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.3 }));
    const file = join(root, 'problems.json');
    await writeFile(file, JSON.stringify(options.problems.map(({ id, question }) => ({ id, question, correct_answer: '0' }))));
    const policy = connect(server, { continuation: 'prefix' });
    const args = [
      'label',
      file,
      '--policy',
      server.url,
      '--out',
      join(root, 'summary'),
      '--rollouts',
      '4',
      '--price-in',
      '2',
      '--price-out',
      '8',
    ];
    const { code, out } = await run(args, { openPolicy: () => policy });
    const { prompt, completion } = server.told;
    const shown = [prompt, completion].map((value) => value.toLocaleString('en-US'));
    expect([code, out]).toEqual([
      0,
      expect.stringContaining(`, ${server.requests.length} requests with ${shown[0]} prompt and ${shown[1]} completion tokens, price `),
    ]);
    expect(Number(/price (\S+)\n/.exec(out)![1])).toBeCloseTo((prompt * 2 + completion * 8) / 1e6, 4);
  });

  it('shows a dash for tokens that a server does not report, and the number of such requests', async () => {
    const [none, some] = await Promise.all(
      (['never', 'sometimes'] as const).map(async (usage) => {
        const server = await startServer({ usage }, walkPolicy({ mistakeRate: 0.3 }));
        const here = await world(server);
        const summary = await labelRun({ ...options, jobs: 1 }, here);
        const { total } = await runCost(here.folder);
        expect(summary.unreported).toBe(total.unreported);
        const { out } = await run(['cost', here.folder, '--price-in', '2', '--price-out', '10']);
        return { server, total, out, folder: here.folder };
      }),
    );
    expect(none!.total).toMatchObject({ unreported: none!.server.requests.length, promptTokens: 0 });
    expect(none!.out).toMatch(/^ {2}total +\d+ +\d+ +0 +- +- +- +0 +- +\S+ +-$/m);
    expect(none!.out).toContain('The servers report no tokens, so tokens and price are unknown.');
    const { unreported, requests, promptTokens } = some!.total;
    expect([unreported, requests]).toEqual([Math.ceil(requests / 2), some!.server.requests.length]);
    expect(promptTokens).toBe(some!.server.told.prompt);
    expect(some!.out).toContain(`${unreported} of ${requests} requests came without their tokens: tokens and price are too low.`);
    // The card of an export also reports it.
    const card = await run(['export', none!.folder, '--to', 'mm-prm', '--out', join(root, 'unreported.jsonl')]);
    expect(card.code).toBe(0);
    expect(await readFile(join(root, 'unreported.card.md'), 'utf8')).toContain('requests whose tokens the servers do not report');
  });

  it('reports a folder without event logs, a missing folder argument and an invalid price', async () => {
    expect(await run(['cost', join(root, 'nowhere')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('has no event logs') as string,
    });
    expect(await run(['cost'])).toMatchObject({ code: 2, err: expect.stringContaining('cost needs the folder') as string });
    expect(await run(['cost', root, '--price-in', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('--price-in') as string });
  });
});

describe('the tree panel', () => {
  it('receives the cost of the labels in its tree, and how and why the policy continued', async () => {
    const server = await startServer({ cached: 3 }, walkPolicy({ mistakeRate: 0.3 }));
    const here = await world(server);
    // The policy detects the way of continuing.
    const policy = connect(server, { continuation: 'auto' });
    await labelRun({ ...options, problems: options.problems.slice(0, 1) }, { ...here, policy });
    const events = (await readEventLog(join(here.folder, 'p0.events.jsonl'))).recorded.map(({ event }) => event);
    const [shown] = readDocument(await readFile(join(here.folder, 'p0.json'), 'utf8'), 'json')!.problems;
    const { total, labels, seconds } = await runCost(here.folder);
    const prices = { prompt: 2, completion: 10 };
    const replay = replayOf(events, shown!, prices)!;
    expect(replay.cost).toEqual({
      rollouts: total.rollouts,
      labels,
      requests: total.requests,
      retries: 0,
      promptTokens: total.promptTokens,
      cachedTokens: total.cachedTokens,
      completionTokens: total.completionTokens,
      judgeRequests: 0,
      judgeTokens: 0,
      unreported: 0,
      seconds,
      price: money(total, prices),
    });
    expect(replayShape.check(replay)).toBeUndefined();
    expect(replayOf(events, shown!)!.cost).not.toHaveProperty('price');
    const { policy: info } = JSON.parse(await readFile(join(here.folder, 'run.json'), 'utf8')) as { policy: PolicyInfo };
    expect(info.continuation).toEqual({ way: 'prefix', why: expect.stringContaining('counts fewer prompt tokens') as string });
    expect(replay.continuation).toEqual(info.continuation);
    expect(events[0]).toMatchObject({ continuation: info.continuation });
    // It is not part of the run's identity, so the run continues.
    await labelRun(
      { ...options, problems: options.problems.slice(0, 1) },
      { ...here, policy: connect(server, { continuation: 'prefix' }) },
    );
  });
});
