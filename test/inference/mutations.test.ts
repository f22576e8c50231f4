import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type * as Client from '../../server/inference/client.js';
import { createRandom } from '../../server/reasoning/random.js';
import { ScoringError } from '../../server/scoring/scorer.js';
import { chain, modelFolders, openScorer, temporaryFolder } from './models.js';
import { byteMutations, jsonMutations, modelMutations, type Mutation } from './mutate.js';

/** One child for all scorers: starting one for each of them would take most of the time. */
const shared = vi.hoisted(() => ({ client: undefined as { dispose(): Promise<void> } | undefined }));
vi.mock('../../server/inference/client.js', async (importOriginal) => {
  const original = await importOriginal<typeof Client>();
  return {
    ...original,
    InferenceClient: function (options: Client.InferenceClientOptions) {
      const client = (shared.client ??= new original.InferenceClient({ ...options, log: { info: () => undefined, warn: () => undefined } })) as InstanceType<typeof original.InferenceClient>;
      return { load: client.load.bind(client), run: client.run.bind(client), dispose: () => Promise.resolve() };
    },
  };
});
afterAll(() => shared.client?.dispose());

const longestMs = 20_000;
const plans: readonly { file: string; count: number; mutations: readonly Mutation[] }[] = [
  { file: 'model.onnx', count: 90, mutations: [...byteMutations, ...modelMutations] },
  { file: 'tokenizer.json', count: 60, mutations: [...byteMutations, ...jsonMutations] },
  { file: 'prm.json', count: 40, mutations: [byteMutations[0]!, byteMutations[3]!, ...jsonMutations] },
  { file: 'tokenizer_config.json', count: 10, mutations: [...byteMutations, ...jsonMutations] },
];

const outcomes: { readonly name: string; readonly outcome: string }[] = [];

describe('200 damaged or hostile files', () => {
  it.each(plans)('$count of $file: each is refused with a message, or scored', async ({ file, count, mutations }) => {
    const folders = [modelFolders.none, modelFolders['hugging-face']];
    for (let i = 0; i < count; i++) {
      const from = folders[i % folders.length]!;
      const mutation = mutations[(i >> 1) % mutations.length]!;
      const folder = join(await temporaryFolder(), String(i));
      await mkdir(folder);
      for (const name of await readdir(from)) if (name !== 'expected.json') await cp(join(from, name), join(folder, name));
      await writeFile(join(folder, file), mutation.apply(await readFile(join(from, file)), createRandom(i, file)));
      outcomes.push({ name: `${file} ${i}: ${mutation.name}`, outcome: await tryModel(folder) });
      await rm(folder, { recursive: true });
    }
    const bad = outcomes.filter(({ outcome }) => outcome !== 'scored' && outcome !== 'refused');
    expect(bad).toEqual([]);
  });

  it('some were refused, some scored, and the same process answers as before', async () => {
    const scored = outcomes.filter(({ outcome }) => outcome === 'scored').length;
    expect(outcomes).toHaveLength(200);
    expect(scored).toBeGreaterThan(20);
    expect(scored).toBeLessThan(180);
    const { scores } = await openScorer(modelFolders.none).score(chain(3));
    expect([...scores].every((score) => score > 0 && score < 1)).toBe(true);
  });
});

/** `scored`, `refused`, or what went wrong. */
async function tryModel(folder: string): Promise<string> {
  const job = chain(3);
  const scorer = openScorer(folder);
  try {
    const { scores, skipped } = await scorer.score(job, { signal: AbortSignal.timeout(longestMs) });
    const isSettled = scores.length === job.steps.length && scores.every((score, i) => (score >= 0 && score <= 1) || skipped.has(i));
    return isSettled ? 'scored' : `scores ${scores.join(', ')}`;
  } catch (error) {
    const { name, message } = error as Error;
    const isTold = error instanceof ScoringError || name === 'InferenceError';
    return isTold && message.length > 20 && message.length < 3000 ? 'refused' : `${name}: ${message.slice(0, 300)} ${(error as Error).stack?.split('\n').slice(1, 4).join(' ')}`;
  } finally {
    await scorer.dispose();
  }
}
