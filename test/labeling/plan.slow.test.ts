import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Prediction, predictTotal } from '../../server/labeling/economy/ledger.js';
import { planLabeling } from '../../server/labeling/economy/plan.js';
import { runCost } from '../../server/labeling/economy/runCost.js';
import { labelRun } from '../../server/labeling/labelRun.js';
import { defaultLabelSettings, type LabelSettings } from '../../server/labeling/runSettings.js';
import { createRandom } from '../../server/reasoning/random.js';
import { newRun } from './planSetup.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-plan-'));
});
afterAll(() => rm(root, { recursive: true }));

function within({ value }: Prediction, actual: number): number {
  return Math.abs(value - actual) / actual;
}

describe('a labeling plan', () => {
  it.each<LabelSettings>([
    { ...defaultLabelSettings.mcts, rollouts: 4, searches: 6, seed: 3 },
    { ...defaultLabelSettings['monte-carlo'], solutions: 2, continuations: 4, stopWhenDecided: true, seed: 3 },
  ])('from a few problems is within 20 %% of the actual run on a server ($method)', async (settings) => {
    const { server, world, options } = await newRun(root, settings, 150);
    const plan = (await planLabeling(options, world))!;
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
    // Rollouts sampled for the plan are not requested again.
    expect(server.told.completion).toBe(total.completionTokens);
    expect(server.requests).toHaveLength(total.requests);
  });
});

describe('a predicted sum', () => {
  it('has a 95 % interval that contains the actual sum in 92 % to 99 % of trials with long-tailed costs', () => {
    let covered = 0;
    const trials = 2000;
    for (let trial = 0; trial < trials; trial++) {
      const random = createRandom(trial, 'costs');
      const draw = (): number => 1 - Math.log(1 - random());
      const prediction = predictTotal(Array.from({ length: 16 }, draw), 200)!;
      const actual = Array.from({ length: 200 }, draw).reduce((sum, one) => sum + one, 0);
      if (prediction.low <= actual && actual <= prediction.high) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.92);
    expect(covered / trials).toBeLessThan(0.99);
  });
});
