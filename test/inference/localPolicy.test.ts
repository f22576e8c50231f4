import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InferenceClient } from '../../server/inference/client.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import { type Completion, type Policy, PolicyError, type SampledRollout, type SampleRequest } from '../../server/labeling/policy.js';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { imagesAt } from '../images.js';
import { copyModel, imageModel, modelFolders, openClient, readImageCases, saveImages, temporaryFolder } from './models.js';

const picture = (seed: number) => Array.from({ length: 96 }, (_, i) => (i * 37 + seed * 101) % 256);
const policyFile = (folder: string, policy: object = {}) => copyModel(folder, { policy });

function open(folder = imageModel, client: InferenceClient = openClient()): Policy {
  return openLocalPolicy({ folder, client, device: 'cpu', threads: 1 });
}

const base: SampleRequest = {
  question: 'How many pens are in 4 boxes?',
  images: [],
  prefix: ['Each box holds 6 pens.'],
  count: 8,
  seed: 5,
};

function completions(rollouts: readonly SampledRollout[]): Completion[] {
  for (const rollout of rollouts) expect(rollout).not.toHaveProperty('failure');
  return rollouts as Completion[];
}

/** Returns a scoring function whose run fits between two tokens that the client's process writes. */
async function scoringOf(client: InferenceClient, onRead: () => void = () => undefined): Promise<() => Promise<unknown>> {
  const tokens = await loadTokenizer(join(imageModel, 'tokenizer.json'));
  const ids = Int32Array.from(tokens.encode('Question: 1+1?\nProcess: 2'));
  const { session } = await client.load({
    graphPath: join(imageModel, 'model.onnx'),
    device: 'cpu',
    threads: 1,
    warmup: ids,
    columns: new Int32Array(0),
  });
  const run = {
    parents: Int32Array.of(-1),
    ids,
    offsets: Int32Array.of(0, ids.length),
    reads: Int32Array.of(ids.length - 1),
    columns: Int32Array.of(0),
    priority: 0,
  };
  return () => client.run(session, run, { onRead });
}

describe('a local policy', () => {
  it('writes at temperature 0 what full passes over the sequence write in PyTorch', async () => {
    const policy = open(await policyFile(imageModel, { temperature: 0, maxNewTokens: 90 }));
    const tokenizer = await loadTokenizer(join(imageModel, 'tokenizer.json'));
    const end = tokenizer.tokenId('<|end|>', 'end');
    const folder = await temporaryFolder();
    const lengths = new Set<number>();
    for (const { question, images, steps, greedy } of await readImageCases()) {
      const ended = greedy.at(-1) === end;
      const text = tokenizer.decode(ended ? greedy.slice(0, -1) : greedy);
      const rollouts = await policy.sample({
        question,
        images: await saveImages(folder, images),
        prefix: steps.slice(0, -1),
        count: 3,
        seed: 1,
      });
      const expected = {
        steps: text
          .split('\n\n')
          .map((step) => step.trim())
          .filter((step) => step !== ''),
        finish: ended ? 'stop' : 'length',
      };
      expect(rollouts).toEqual([expected, expected, expected]);
      lengths.add(greedy.length);
    }
    expect(lengths.size).toBeGreaterThan(2);
  });

  it('gives the same rollouts for the same request when repeated, in another process and among other requests', async () => {
    const [one] = await saveImages(await temporaryFolder(), [picture(3)]);
    const request = { ...base, images: [one!] };
    const client = openClient();
    const policy = open(imageModel, client);
    const first = completions(await policy.sample(request));
    expect(new Set(first.map(({ steps }) => steps.join())).size).toBe(8);
    expect(await policy.sample(request)).toEqual(first);
    expect(await open().sample(request)).toEqual(first);
    const others = [
      { ...base, seed: 6 },
      { ...base, prefix: [] },
      { ...request, count: 3 },
    ];
    const together = await Promise.all([...others, request, ...others].map((other) => policy.sample(other)));
    expect(together[3]).toEqual(first);
    expect(together.slice(4)).toEqual(together.slice(0, 3));
    expect(together[0]).not.toEqual(first);
    expect(await policy.sample({ ...base, seed: 5 })).not.toEqual(first);
  });

  it('writes steps without special tokens, in rollouts that end by themselves or are cut', async () => {
    const rollouts = completions(await open(await policyFile(imageModel, { maxNewTokens: 20 })).sample({ ...base, count: 64 }));
    expect(new Set(rollouts.map(({ finish }) => finish))).toEqual(new Set(['stop', 'length']));
    expect(rollouts.some(({ steps }) => steps.length > 1)).toBe(true);
    for (const { steps } of rollouts) {
      for (const step of steps) {
        expect(step).toBe(step.trim());
        expect(step).not.toMatch(/^$|\n\n|<image>|<prm>|<\|end\|>/);
      }
    }
  });

  it('describes itself with a name and a fingerprint that depends on its settings', async () => {
    const [a, again, other] = await Promise.all(
      [open(), open(), open(await policyFile(imageModel, { temperature: 0.5 }))].map((policy) => policy.describe()),
    );
    expect(a).toMatchObject({ name: 'Image fixture policy', isDeterministic: true });
    expect(again!.fingerprint).toBe(a!.fingerprint);
    expect(other!.fingerprint).not.toBe(a!.fingerprint);
  });

  it('stops when cancelled, and continues with other requests', async () => {
    const client = openClient();
    const policy = open(await policyFile(imageModel, { maxTokens: 4000, maxNewTokens: 3900, end: 'Yes' }), client);
    await policy.describe();
    const score = await scoringOf(client);
    const abort = new AbortController();
    const long = policy.sample({ ...base, count: 32, signal: abort.signal });
    // A score is computed between two tokens, so its arrival shows that the process is writing.
    await score();
    abort.abort();
    await expect(long).rejects.toMatchObject({ name: 'AbortError' });
    expect(await policy.sample({ ...base, count: 1, prefix: ['a'] })).toHaveLength(1);
    await expect(policy.sample({ ...base, signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('gives the same rollouts when the process is killed while it writes', async () => {
    const settings = { maxTokens: 4000, maxNewTokens: 400, end: 'Yes' };
    const expected = await open(await policyFile(imageModel, settings)).sample({ ...base, count: 32 });
    const pids: number[] = [];
    const client = openClient((message) => pids.push(Number(/^Inference process (\d+) started/.exec(message)?.[1] ?? 0)));
    const policy = open(await policyFile(imageModel, settings), client);
    await policy.describe();
    const score = await scoringOf(client);
    const rollouts = policy.sample({ ...base, count: 32 });
    await score();
    process.kill(pids[0]!, 'SIGKILL');
    expect(await rollouts).toEqual(expected);
    expect(pids.filter((pid) => pid > 0)).toHaveLength(2);
  });

  it('lets a scoring request run while it writes', async () => {
    const client = openClient();
    const policy = open(await policyFile(imageModel, { maxTokens: 4000, maxNewTokens: 1500, end: 'Yes' }), client);
    await policy.describe();
    const order: string[] = [];
    const score = await scoringOf(client, () => order.push('read'));
    const writing = policy.sample({ ...base, count: 16 }).then(() => order.push('writing'));
    await score();
    order.push('scored');
    await writing;
    expect(order).toEqual(['read', 'scored', 'writing']);
  });

  it('fails the rollouts of a question that is too long', async () => {
    const policy = open();
    for (const question of ['why '.repeat(200), 'why '.repeat(100_000)]) {
      const rollouts = await policy.sample({ ...base, question, count: 2 });
      expect(rollouts).toHaveLength(2);
      for (const rollout of rollouts)
        expect(rollout).toMatchObject({
          failure: expect.stringMatching(/^Question and steps so far are \d+ (tokens|characters) long/) as string,
        });
    }
    const cut = completions(await policy.sample({ ...base, prefix: ['x'.repeat(400)], count: 16 }));
    expect(cut.some(({ finish }) => finish === 'length')).toBe(true);
  });
});

describe('a local policy with other or unusable files', () => {
  const refused = async (policy: Policy, request: SampleRequest, ...messages: RegExp[]) => {
    const error: unknown = await policy.sample(request).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PolicyError);
    for (const message of messages) expect((error as Error).message).toMatch(message);
  };

  it('names an image that cannot be read, and works with the next problem', async () => {
    const policy = open();
    await refused(policy, { ...base, images: imagesAt('/no/figure.png') }, /\/no\/figure\.png was not found/);
    await refused(policy, { ...base, images: imagesAt('https://example.org/f.png') }, /images are not fetched/);
    completions(await policy.sample(base));
  });

  it('names the file and what is wrong with it', async () => {
    await refused(open(modelFolders['hugging-face']), base, /policy\.json cannot be read \(ENOENT\)/);
    await refused(
      open(await policyFile(imageModel, { step: 'Step {step}' })),
      base,
      /policy\.json: 'step' is "Step \{step\}"; it must be \{step\}, then the text that ends a step/,
    );
    await refused(open(await policyFile(imageModel, { prompt: 'Q' })), base, /'prompt' is "Q"; it must be a text with \{question\} once/);
    await refused(open(await policyFile(imageModel, { temperature: -1 })), base, /'temperature' is -1/);
    await refused(open(await policyFile(imageModel, { top_p: 1 })), base, /'top_p' is not known here/);
    await refused(open(await policyFile(imageModel, { end: 'the end' })), base, /the end token "the end" makes 7 tokens/);
    await refused(
      open(await policyFile(imageModel, { images: undefined, prompt: '{question}' })),
      base,
      /model\.onnx reads images, but .*policy\.json has no 'images'/,
    );
    const missing = await policyFile(imageModel);
    await rm(join(missing, 'model.onnx'));
    await refused(open(missing), base, /model\.onnx does not exist; 'graph' of .*policy\.json names it/);
  });

  it("samples a graph in Hugging Face's layout row by row, with the same rollouts each time", async () => {
    const folder = await copyModel(modelFolders['hugging-face']);
    await writeFile(
      join(folder, 'policy.json'),
      JSON.stringify({
        name: 'x',
        graph: 'model.onnx',
        tokenizer: 'tokenizer.json',
        prompt: '{question}',
        step: '{step}\n',
        end: '<|pad|>',
        // The graph has 512 positions.
        maxTokens: 100_000,
        maxNewTokens: 5,
        temperature: 1,
      }),
    );
    const rollouts = await open(folder).sample({ ...base, count: 2 });
    expect(rollouts.map((rollout) => 'finish' in rollout)).toEqual([true, true]);
    expect(await open(folder).sample({ ...base, count: 2 })).toEqual(rollouts);
    const [rollout] = await open(folder).sample({ ...base, question: '7 '.repeat(700), count: 1 });
    expect(rollout).toMatchObject({
      failure: expect.stringMatching(
        /^Question and steps so far are \d+ tokens long, the policy takes 512 with what it writes\.$/,
      ) as string,
    });
  });
});
