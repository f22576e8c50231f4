import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it, onTestFinished } from 'vitest';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { openScorer } from '../../server/scoring/openScorer.js';
import type { ScoreJob, Scorer } from '../../server/scoring/scorer.js';
import { mini, modelFolders, temporaryFolder } from './models.js';

const verdict = 'The answer is';
const critique = {
  prompt: 'Question: {question}\nProcess: {steps}',
  item: '{step}\n',
  verdict,
  end: '<|end|>',
  template: '{% for m in messages %}{{ m.content }}{% endfor %}',
};
const job: ScoreJob = {
  question:
    'There are 6 plums in a box. Maya buys 4 boxes, eats 4 plums and shares the rest among 5 friends. How many plums does each get?',
  images: [],
  steps: [
    { text: 'Each box holds 6 plums, so 4 boxes hold 4 * 6 = 24 plums.' },
    { text: 'After 4 are eaten, 24 - 4 = 20 plums are left.', parent: 0 },
  ],
};

/** The bundled policy as a model that reasons before it judges: it goes on with a solution until its answer. */
async function critic(change: object = {}): Promise<string> {
  const folder = await temporaryFolder();
  await copyFile(join(mini, 'policy/policy.onnx'), join(folder, 'model.onnx'));
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(join(mini, name), join(folder, name));
  const profile = { name: 'critic', family: 'own', graph: 'model.onnx', threshold: 0.5, aggregation: 'min', maxTokens: 512 };
  await writeFile(join(folder, 'prm.json'), JSON.stringify({ ...profile, critique: { ...critique, ...change } }));
  return folder;
}

function open(modelPath: string): Scorer {
  const log = { info: () => undefined, warn: () => undefined };
  const scorer = openScorer(
    { modelPath, device: 'cpu', threads: 1 },
    { log, apiKey: () => Promise.resolve(undefined), allows: () => false },
  );
  onTestFinished(() => scorer.dispose());
  return scorer;
}

/** Logits of the next token, from a whole pass. */
async function nextLogits(session: InferenceSession, ids: readonly number[]): Promise<Float32Array> {
  const length = ids.length;
  const int64 = (values: readonly number[]) => new Tensor('int64', BigInt64Array.from(values, BigInt), [1, length]);
  const feeds: Record<string, Tensor> = {
    input_ids: int64(ids),
    position_ids: int64([...ids.keys()]),
    attention_bias: new Tensor(
      'float32',
      Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0)),
      [1, 1, length, length],
    ),
  };
  for (const input of session.inputMetadata) {
    if (!input.isTensor || input.name in feeds) continue;
    const dims = input.shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 && input.name !== 'pixel_values' ? 1 : 0));
    feeds[input.name] = new Tensor('float32', new Float32Array(0), dims);
  }
  const { logits } = await session.run(feeds, ['logits']);
  return (logits!.data as Float32Array).slice(-logits!.dims[2]!);
}

it('gives P(Yes) against P(No) behind the verdict of what the model writes, as whole passes of the graph do', {
  timeout: 120_000,
}, async () => {
  const folder = await critic();
  const { scores, skipped } = await open(folder).score(job);
  expect([...skipped.values()]).toEqual([]);
  const tokenizer = await loadTokenizer(join(folder, 'tokenizer.json'), '<|end|>');
  const session = await InferenceSession.create(join(folder, 'model.onnx'));
  const end = tokenizer.tokenId('<|end|>', 'end');
  for (const count of [1, 2]) {
    const listed = job.steps
      .slice(0, count)
      .map(({ text }) => `${text}\n`)
      .join('');
    const prompt = tokenizer.encode(`Question: ${job.question}\nProcess: ${listed}`);
    const reply: number[] = [];
    for (;;) {
      const logits = await nextLogits(session, [...prompt, ...reply]);
      const allowed = [...logits.keys()].filter((id) => id === end || (!tokenizer.specialIds.has(id) && tokenizer.has(id)));
      const next = allowed.reduce((best, id) => (logits[id]! > logits[best]! ? id : best));
      if (next === end) break;
      reply.push(next);
    }
    const text = tokenizer.decode(reply);
    const word = text.slice(text.lastIndexOf(verdict) + verdict.length).trim();
    let before = reply.length;
    while (tokenizer.decode(reply.slice(before)).trim().length < word.length) before--;
    const logits = await nextLogits(session, [...prompt, ...reply.slice(0, before)]);
    const [yes, no] = [logits[tokenizer.tokenId('Yes', 'yes')]!, logits[tokenizer.tokenId('No', 'no')]!];
    expect(scores[count - 1]).toBeCloseTo(1 / (1 + Math.exp(no - yes)), 4);
  }
  await session.release();
});

it('averages several critiques, the same for the same texts, and says why a reply has none', async () => {
  const folder = await critic({ samples: 3, temperature: 1 });
  const scorer = open(folder);
  const first = await scorer.score(job, { ignoreCache: true });
  expect([...(await scorer.score(job, { ignoreCache: true })).scores]).toEqual([...first.scores]);
  expect((await scorer.score(job)).cached).toBe(2);
  expect(first.scores.every((score) => score > 0 && score < 1)).toBe(true);
  const { skipped } = await open(await critic({ maxReply: 2 })).score(job);
  expect(skipped.get(0)).toContain("after 2 tokens, the longest reply; raise 'critique.maxReply'");
  const other = await open(await critic({ verdict: 'In my opinion' })).score(job);
  expect(other.skipped.get(1)).toContain('The reply of the model has no verdict ("In my opinion") at its end: ');
});

it('refuses a profile without an end, a place or a field, naming it', async () => {
  await expect(open(await critic({ end: undefined })).describe()).rejects.toThrow("names no 'eos_token'");
  await expect(open(await critic({ prompt: '{question}' })).describe()).rejects.toThrow("'critique.prompt'");
  await expect(open(await critic({ url: 'http://x' })).describe()).rejects.toThrow("'critique.url' is not known here");
});

it("writes with a graph in Hugging Face's layout, too", async () => {
  const folder = await temporaryFolder();
  const source = modelFolders['hugging-face'];
  for (const name of ['model.onnx', 'tokenizer.json', 'tokenizer_config.json']) await copyFile(join(source, name), join(folder, name));
  const { maxTokens } = JSON.parse(await readFile(join(source, 'prm.json'), 'utf8')) as { maxTokens: number };
  const profile = { name: 'critic', family: 'own', graph: 'model.onnx', threshold: 0.5, aggregation: 'min', maxTokens };
  await writeFile(join(folder, 'prm.json'), JSON.stringify({ ...profile, critique: { ...critique, end: '<|pad|>', maxReply: 6 } }));
  const { skipped, tokens } = await open(folder).score(job);
  // Random weights never come to a verdict; they do write.
  expect(skipped.get(0)).toMatch(/has no verdict \("The answer is"\) (after 6 tokens|at its end)/);
  expect(tokens).toBeGreaterThan(10);
});
