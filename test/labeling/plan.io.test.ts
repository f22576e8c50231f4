import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planLabeling } from '../../server/labeling/economy/plan.js';
import { runCost } from '../../server/labeling/economy/runCost.js';
import type { Policy } from '../../server/labeling/policy.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { run } from '../cli/runner.js';
import { connect, startServer } from './openAiSetup.js';
import { newRun } from './planSetup.js';
import { completions, walkPolicy } from './scripted.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-plan-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('a labeling plan', () => {
  it('is exact when all problems were sampled for it', async () => {
    const { world, options } = await newRun(root, { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 }, 5);
    const plan = (await planLabeling(options, world))!;
    const { total } = await runCost(world.folder);
    expect(plan.rollouts).toEqual({ value: total.rollouts, low: total.rollouts, high: total.rollouts });
    expect([plan.seconds.low, plan.seconds.high]).toEqual([plan.seconds.value, plan.seconds.value]);
  });

  it('has a time interval from the pace of the problems, even when the number of rollouts is exact', async () => {
    // All solutions have two steps and all problems equally many rollouts, but each rollout takes a different time.
    const settings = { ...defaultLabelSettings['monte-carlo'], solutions: 1, continuations: 2, seed: 3 };
    const { world, options } = await newRun(root, settings, 40);
    let [now, asked] = [0, 0];
    const policy: Policy = {
      ...world.policy,
      describe: (signal) => world.policy.describe(signal),
      sample: async ({ prefix, count, onCost }) => {
        now += 100 * (1 + (asked++ % 4)) * count;
        onCost?.({ promptTokens: 1, completionTokens: 1, cachedTokens: 0, retries: 0 });
        return await Promise.resolve(
          completions(...Array.from({ length: count }, () => ['Add.', 'The answer is 0.'].slice(prefix.length))),
        );
      },
    };
    const plan = (await planLabeling({ ...options, jobs: 1 }, { ...world, policy, now: () => now }))!;
    expect(plan.rollouts.high).toBe(plan.rollouts.low);
    const { value, low, high } = plan.seconds;
    expect([low < value, value < high]).toEqual([true, true]);
    expect(low).toBeGreaterThan(0);
  });

  it('is printed by label --plan, and the same command without --plan continues after its problems', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.2 }));
    const file = join(root, 'problems.json');
    await writeFile(
      file,
      JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ id: `p${i}`, question: `How many ${i}?`, correct_answer: '0' }))),
    );
    const args = ['label', file, '--policy', server.url, '--out', join(root, 'cli'), '--rollouts', '4', '--jobs', '4', '--no-fsync'];
    const world = { openPolicy: () => connect(server, { continuation: 'prefix' }), date: () => Date.now() };
    const planned = await run([...args, '--plan', '--price-in', '1', '--price-out', '4'], world);
    // A slow machine also prints progress lines.
    expect([planned.code, planned.err.replace(/^steplens: \d+ of 40 problems, .*\n/gm, '')]).toEqual([0, '']);
    expect(planned.out).toMatch(/^Plan for 40 problems, from \d+ that were labeled -> .*cli; in brackets a 95 % interval\.\n/);
    for (const name of ['step labels', 'rollouts', 'requests', 'prompt tokens', 'completion tokens', 'time', 'price'])
      expect(planned.out).toMatch(new RegExp(`^ {2}${name} +\\S.* \\(.* to .*\\)$`, 'm'));
    const sampled = Number(/from (\d+) that/.exec(planned.out)![1]);
    const { out } = await run(args, world);
    expect(out).toContain(`${40 - sampled} problems, ${sampled} skipped`);
    expect(await run([...args, '--plan', '--shared'], world)).toMatchObject({ code: 2, err: expect.stringContaining('--plan') as string });
  });
});
