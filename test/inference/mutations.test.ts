import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as Client from '../../server/inference/client.js';
import { ModelError } from '../../server/models/modelError.js';
import { createRandom } from '../../server/reasoning/random.js';
import { createModelScorer } from '../../server/scoring/backends/modelScorer.js';
import { BackendError } from '../../server/scoring/backends/remoteScorer.js';
import { quiet } from '../scoring/backends/bench.js';
import { poolingHandler } from '../scoring/backends/handlers.js';
import { LoopbackServer } from '../scoring/backends/loopbackServer.js';
import { tinyProfiles } from '../scoring/backends/tinyModel.js';
import { chain, modelFolders, openScorer, temporaryFolder } from './models.js';
import { byteMutations, jsonMutations, type Mutation, modelMutations, templateMutations } from './mutate.js';

/** One child for all scorers, because starting one for each scorer would take most of the time. */
const shared = vi.hoisted(() => ({ client: undefined as { dispose(): Promise<void> } | undefined }));
vi.mock('../../server/inference/client.js', async (importOriginal) => {
  const original = await importOriginal<typeof Client>();
  return {
    ...original,
    InferenceClient: function (options: Client.InferenceClientOptions) {
      const client = (shared.client ??= new original.InferenceClient({
        ...options,
        log: { info: () => undefined, warn: () => undefined },
      })) as InstanceType<typeof original.InferenceClient>;
      return {
        start: client.start.bind(client),
        load: client.load.bind(client),
        run: client.run.bind(client),
        dispose: () => Promise.resolve(),
      };
    },
  };
});
afterAll(() => shared.client?.dispose());

const longestMs = 20_000;
const qwen = fileURLToPath(new URL('../fixtures/models/families/qwen2.5-math-prm', import.meta.url));
const { none, 'hugging-face': huggingFace } = modelFolders;

interface Plan {
  readonly kind: 'model' | 'tokenizer' | 'profile';
  readonly count: number;
  /** Files of a model's folder that are changed in turn, each with its mutations. */
  readonly files: readonly { readonly from: () => string; readonly file: string; readonly mutations: readonly Mutation[] }[];
}

let server: LoopbackServer;
/** Folder with a profile that names the server. */
let remote: string;
const json = [...byteMutations, ...jsonMutations];
const short = [byteMutations[0]!, byteMutations[3]!, ...jsonMutations];
const plans: readonly Plan[] = [
  {
    kind: 'model',
    count: 80,
    files: [none, huggingFace].map((from) => ({ from: () => from, file: 'model.onnx', mutations: [...byteMutations, ...modelMutations] })),
  },
  {
    kind: 'tokenizer',
    count: 70,
    files: [
      ...[none, huggingFace, qwen].map((from) => ({ from: () => from, file: 'tokenizer.json', mutations: json })),
      { from: () => qwen, file: 'tokenizer_config.json', mutations: [...templateMutations, ...json] },
    ],
  },
  {
    kind: 'profile',
    count: 50,
    files: [
      ...[none, huggingFace, qwen].map((from) => ({ from: () => from, file: 'prm.json', mutations: short })),
      { from: () => remote, file: 'prm.json', mutations: short },
    ],
  },
];

const outcomes: { readonly kind: Plan['kind']; readonly name: string; readonly outcome: string }[] = [];

describe('200 damaged or hostile files', () => {
  beforeAll(async () => {
    server = await new LoopbackServer(poolingHandler('nested')).start();
    remote = await mkdtemp(join(tmpdir(), 'steplens-remote-'));
    await writeFile(
      join(remote, 'prm.json'),
      JSON.stringify({ ...tinyProfiles.marked, backend: { kind: 'vllm-pooling', url: server.url, model: 'tiny', concurrency: 2 } }),
    );
  });
  afterAll(async () => {
    await server.stop();
    await rm(remote, { recursive: true, force: true });
  });

  it('are made from models that are scored when unchanged', async () => {
    for (const folder of [none, huggingFace, qwen, remote]) expect(await tryModel(folder), folder).toBe('scored');
  });

  it.each(plans)('include $count $kind files, each of which is refused with a message or scored', async ({ kind, count, files }) => {
    for (let i = 0; i < count; i++) {
      const { from, file, mutations } = files[i % files.length]!;
      const mutation = mutations[Math.floor(i / files.length) % mutations.length]!;
      const folder = join(await temporaryFolder(), String(i));
      await mkdir(folder);
      for (const name of await readdir(from())) if (name !== 'expected.json') await cp(join(from(), name), join(folder, name));
      await writeFile(join(folder, file), mutation.apply(await readFile(join(from(), file)), createRandom(i, file)));
      outcomes.push({ kind, name: `${file} ${i}: ${mutation.name}`, outcome: await tryModel(folder) });
      await rm(folder, { recursive: true });
    }
    const own = outcomes.filter((one) => one.kind === kind);
    expect(own.filter(({ outcome }) => outcome !== 'scored' && outcome !== 'refused')).toEqual([]);
    // Some harmless changes must be scored, and some changes must be refused.
    for (const outcome of ['scored', 'refused'])
      expect(own.filter((one) => one.outcome === outcome).length, outcome).toBeGreaterThan(count / 20);
  });

  it('are 200 in number, and unchanged models are still scored after them', async () => {
    expect(outcomes).toHaveLength(200);
    const { scores } = await openScorer(none).score(chain(3));
    expect([...scores].every((score) => score > 0 && score < 1)).toBe(true);
    expect(await tryModel(remote)).toBe('scored');
  });
});

/** Returns `scored`, `refused`, or a description of the failure. */
async function tryModel(folder: string): Promise<string> {
  const job = chain(3);
  const host = {
    apiKey: () => Promise.resolve(undefined),
    allows: (origin: string) => origin === server.url,
    log: quiet,
    timeout: 2_000,
    backOff: 1,
  };
  const scorer = createModelScorer({ ...host, modelFolder: folder }, () => openScorer(folder));
  try {
    const { scores, skipped } = await scorer.score(job, { signal: AbortSignal.timeout(longestMs) });
    const isSettled = scores.length === job.steps.length && scores.every((score, i) => (score >= 0 && score <= 1) || skipped.has(i));
    return isSettled ? 'scored' : `scores ${scores.join(', ')}`;
  } catch (error) {
    const { name, message } = error as Error;
    const isTold = error instanceof ModelError || error instanceof BackendError || name === 'InferenceError';
    return isTold && message.length > 20 && message.length < 3000
      ? 'refused'
      : `${name}: ${message.slice(0, 300)} ${(error as Error).stack?.split('\n').slice(1, 4).join(' ')}`;
  } finally {
    await scorer.dispose();
  }
}
