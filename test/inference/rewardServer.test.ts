import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inferenceEntry } from '../../server/bundled.js';
import { openRewardServer, type RewardServer } from '../../server/reward/rewardServer.js';
import { type RewardReply, RewardService } from '../../server/reward/rewardService.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import { openScorer } from '../../server/scoring/openScorer.js';
import type { Scorer } from '../../server/scoring/scorer.js';

const modelFolder = join(import.meta.dirname, '../fixtures/models/families/qwen2.5-math-prm');
const log = { info: () => undefined, warn: () => undefined };
const question = 'What is 3 + 4?';
const solutions = [
  ['Step 1: 3 + 4 = 7.', 'Step 2: The answer is 7.'],
  ['Step 1: 3 + 4 = 7.', 'Step 2: So it is 8.', 'Step 3: The answer is 8.'],
];

let local: Scorer;
let server: RewardServer;
let folder: string;
beforeAll(async () => {
  local = createScorer({ modelFolder, device: 'cpu', threads: 1, inferenceEntry, log });
  server = await openRewardServer(new RewardService(local), { host: '127.0.0.1', port: 0, log: () => undefined });
  folder = await mkdtemp(join(tmpdir(), 'steplens-reward-'));
});
afterAll(async () => {
  await server.close();
  await local.dispose();
  await rm(folder, { recursive: true });
});

it('the reward server gives the scores of a real model', async () => {
  const response = await fetch(`${server.url}/reward`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompts: solutions.map(() => question), completions: solutions }),
  });
  const { rewards, steps } = (await response.json()) as RewardReply;
  for (const [i, texts] of solutions.entries()) {
    const chain = texts.map((text, step) => ({ text, ...(step > 0 && { parent: step - 1 }) }));
    const { scores } = await local.score({ question, images: [], steps: chain }, { ignoreCache: true });
    steps[i]!.forEach(({ value }, step) => expect(value).toBeCloseTo(scores[step]!, 5));
    expect(rewards[i]).toBeGreaterThanOrEqual(0);
  }
  expect(new Set(rewards).size).toBe(2);
});

it('the reward server can replace vLLM: a scorer that uses it gives the scores of the model itself', async () => {
  const { model } = await local.describe();
  await writeFile(
    join(folder, 'prm.json'),
    JSON.stringify({ family: 'qwen2.5-math-prm', backend: { kind: 'vllm-pooling', url: server.url, model } }),
  );
  const remote = openScorer(
    { modelPath: folder, device: 'auto', threads: 0 },
    { log, apiKey: () => Promise.resolve(undefined), allows: () => true },
  );
  try {
    const steps = [{ text: solutions[0]![0]! }, { text: solutions[0]![1]!, parent: 0 }, { text: solutions[1]![1]!, parent: 0 }];
    const [own, theirs] = await Promise.all(
      [local, remote].map((scorer) => scorer.score({ question, images: [], steps }, { ignoreCache: true })),
    );
    expect([...theirs!.scores]).toEqual([...own!.scores].map((score) => expect.closeTo(score, 5) as number));
  } finally {
    await remote.dispose();
  }
});
