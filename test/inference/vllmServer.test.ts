import { readFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import { openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import type { Completion, Policy } from '../../server/labeling/policy.js';
import { VllmServer } from '../labeling/vllmServer.js';
import { imageModel, openClient, readImageCases, saveImages, temporaryFolder } from './models.js';

/** Serves an ONNX policy over HTTP as vLLM would, and records the requests. */
async function serve(folder: string): Promise<{ local: Policy; remote: Policy; server: VllmServer }> {
  const local = openLocalPolicy({ folder, client: openClient(), device: 'cpu', threads: 1 });
  const server = await VllmServer.start({ policy: local });
  const ignore = (): void => undefined;
  const remote = openOpenAiPolicy({
    baseUrls: [server.url],
    mode: 'chat',
    temperature: 1,
    maxTokens: 96,
    concurrency: 4,
    timeout: 100_000,
    retries: 0,
    log: { info: ignore, warn: ignore },
  });
  onTestFinished(async () => {
    await remote.dispose();
    await server.close();
    await local.dispose();
  });
  return { local, remote, server };
}

it.each([imageModel])('a local policy writes the same rollouts through HTTP: %s', async (folder) => {
  const { local, remote, server } = await serve(folder);
  const sample = (await readImageCases()).find((one) => one.images.length > 0);
  const images = await saveImages(await temporaryFolder(), sample!.images);
  for (const prefix of [[], ['Two and two make four.']]) {
    const request = { question: 'How many are left?', images, prefix, count: 8, seed: 5 };
    const [near, far] = [await local.sample(request), await remote.sample(request)];
    // The server sends steps as text, which the policy splits again, so they are compared without step boundaries.
    const text = (rollout: unknown): string => (rollout as Completion).steps.join('').replace(/\s+/g, '');
    expect(far.map(text)).toEqual(near.map(text));
    expect(far.map((rollout) => (rollout as Completion).finish)).toEqual(near.map((rollout) => (rollout as Completion).finish));
  }
  expect(server.requests.at(-1)).toMatchObject({ continue_final_message: true, n: 8 });
  const sent = server.requests[0]!.messages![0]!.content;
  expect(JSON.stringify(sent)).toContain((await readFile(images[0]!.name)).toString('base64'));
});
