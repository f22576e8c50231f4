import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prediction } from '../../server/labeling/economy/ledger.js';
import { planRun } from '../../server/labeling/economy/plan.js';
import { runCost } from '../../server/labeling/economy/runCost.js';
import type { LabelWorld } from '../../server/labeling/labelProblem.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { defaultLabelSettings, type LabelSettings } from '../../server/labeling/runSettings.js';
import { connect, startServer } from './openAiSetup.js';
import { problem, walkPolicy } from './scripted.js';
import { answerJudge } from './solverPolicy.js';
import type { VllmServer } from './vllmServer.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-plan-'));
});
afterAll(() => rm(root, { recursive: true }));

async function newRun(settings: LabelSettings, count: number): Promise<{ server: VllmServer; world: LabelWorld; options: RunOptions }> {
  const server = await startServer({}, walkPolicy({ mistakeRate: 0.2 }));
  const folder = await mkdtemp(join(root, 'run-'));
  const policy = connect(server, { continuation: 'prefix' });
  return {
    server,
    world: { policy, judge: answerJudge, folder, images: () => [], now: () => Date.now(), isUnsynced: true },
    options: {
      problems: Array.from({ length: count }, (_, i) => ({ ...problem, id: `p${i}`, question: `How many mistakes, ${i}?` })),
      problemsFile: 'problems.json',
      settings,
      jobs: 4,
      restart: false,
      signal: new AbortController().signal,
    },
  };
}

function within({ value }: Prediction, actual: number): number {
  return Math.abs(value - actual) / actual;
}

describe('a plan', () => {
  it.each<LabelSettings>([
    { ...defaultLabelSettings.mcts, rollouts: 4, searches: 6, seed: 3 },
    { ...defaultLabelSettings['monte-carlo'], solutions: 2, continuations: 4, stopWhenDecided: true, seed: 3 },
  ])('from a few problems is within 20 %% of what the whole run takes on a server ($method)', async (settings) => {
    const { server, world, options } = await newRun(settings, 150);
    const plan = (await planRun(options, world))!;
    expect(plan.sampled).toBeLessThan(100);
    const before = server.requests.length;
    await labelRun(options, world);
    expect(server.requests.length).toBeGreaterThan(before);
    const { total, labels } = await runCost(world.folder);
    const pairs: [Prediction, number][] = [
      [plan.rollouts, total.rollouts],
      [plan.requests, total.requests],
      [plan.promptTokens, total.promptTokens],
      [plan.completionTokens, total.completionTokens],
      [plan.labels, labels],
    ];
    for (const [prediction, actual] of pairs) expect(within(prediction, actual)).toBeLessThan(0.2);
    // What was sampled for the plan is not asked for again.
    expect(server.told.completion).toBe(total.completionTokens);
    expect(server.requests).toHaveLength(total.requests);
  });
});
