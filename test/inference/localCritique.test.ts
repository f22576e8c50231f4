import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it, onTestFinished } from 'vitest';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { constantOf } from '../../server/onnx/constants.js';
import { dataTypes, makeTensor, writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { linkGraph } from '../../server/onnx/weights.js';
import { openLocalChat } from '../../server/scoring/critiques/localChat.js';
import { repliedWith, spellingsOf } from '../../server/scoring/critiques/script.js';
import { critiqueScripts } from '../../server/scoring/critiques/scripts.js';
import { parseLocalCritique } from '../../server/scoring/localCritiqueProfile.js';
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

/** The bundled policy as a model that reasons before it judges: it continues a solution up to the answer. */
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

/** Returns the logits of the next token from a full pass. */
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

it('a local critique scores P(Yes) against P(No) after the verdict that the model writes, as full passes do', {
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

it('a local critique averages replies, is the same for the same texts, and reports why a reply has no verdict', async () => {
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

it('a critique profile without an end token or {steps}, or with an unknown field, is refused with its name', async () => {
  await expect(open(await critic({ end: undefined })).describe()).rejects.toThrow("names no 'eos_token'");
  await expect(open(await critic({ prompt: '{question}' })).describe()).rejects.toThrow("'critique.prompt'");
  await expect(open(await critic({ url: 'http://x' })).describe()).rejects.toThrow("'critique.url' is not known here");
});

it("a local critique also runs with a graph in Hugging Face's layout", async () => {
  const folder = await temporaryFolder();
  const source = modelFolders['hugging-face'];
  for (const name of ['model.onnx', 'tokenizer.json', 'tokenizer_config.json']) await copyFile(join(source, name), join(folder, name));
  const { maxTokens } = JSON.parse(await readFile(join(source, 'prm.json'), 'utf8')) as { maxTokens: number };
  const profile = { name: 'critic', family: 'own', graph: 'model.onnx', threshold: 0.5, aggregation: 'min', maxTokens };
  await writeFile(join(folder, 'prm.json'), JSON.stringify({ ...profile, critique: { ...critique, end: '<|pad|>', maxReply: 6 } }));
  const { skipped, tokens } = await open(folder).score(job);
  // A model with random weights writes text but never reaches a verdict.
  expect(skipped.get(0)).toMatch(/has no verdict \("The answer is"\) (after 6 tokens|at its end)/);
  expect(tokens).toBeGreaterThan(10);
});

/** The bundled policy with a published generative PRM's prompts. Its tokenizer has " Yes" and " No", like R-PRM's. */
async function scriptedCritic(family: string, change: object = {}): Promise<string> {
  const folder = await critic();
  const tokenizer = await readFile(join(folder, 'tokenizer.json'), 'utf8');
  const json = JSON.parse(tokenizer) as { added_tokens: { content: string; special: boolean }[]; model: { vocab: Record<string, number> } };
  const { vocab } = json.model;
  for (const [old, word] of [
    ['<prm>', ' Yes'],
    ['<|pad|>', ' No'],
  ] as const) {
    const token = json.added_tokens.find(({ content }) => content === old)!;
    Object.assign(token, { content: word, special: false });
    if (old in vocab) vocab[word] = vocab[old]!;
    delete vocab[old];
  }
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
  const own = { template: '{% for m in messages %}{{ m.content }}\n{% endfor %}', end: '<|end|>', samples: 1, temperature: 0, maxReply: 6 };
  await writeFile(join(folder, 'prm.json'), JSON.stringify({ family, graph: 'model.onnx', critique: { ...own, ...change } }));
  return folder;
}

/** Repeats the policy's 512 positions four times, because R-PRM's instructions alone need more than 512. */
async function lengthen(folder: string): Promise<void> {
  const model = await readModel(join(mini, 'policy/policy.onnx'), Infinity);
  const { nodes, initializers } = model.graph;
  const tables = nodes.flatMap(({ opType, inputs: [table, positions] }) =>
    opType === 'Gather' && positions === 'position_ids' ? [table!] : [],
  );
  expect(tables).toHaveLength(2);
  const longer = tables.map((name) => {
    const values = Float32Array.from(constantOf(name, linkGraph(model.graph), Infinity)!);
    const bytes = Buffer.from(values.buffer);
    return makeTensor(name, [4 * 512, values.length / 512], dataTypes.float32, Buffer.concat([bytes, bytes, bytes, bytes]));
  });
  const graph = {
    ...model.graph,
    nodes: nodes.filter(({ outputs }) => !tables.includes(outputs[0]!)),
    initializers: [...initializers, ...longer],
  };
  await writeFile(
    join(folder, 'model.onnx'),
    writeModel({ ...model, graph }, (path) => path),
  );
}

it.each(critiqueScripts)(
  '$id: scores P(yes) after the question that its script appends to the reply of the graph, as full passes do',
  {
    timeout: 240_000,
  },
  async (script) => {
    const folder = await scriptedCritic(script.id);
    await lengthen(folder);
    const { scores, skipped } = await open(folder).score(job);
    expect([...skipped.values()]).toEqual([]);
    const tokenizer = await loadTokenizer(join(folder, 'tokenizer.json'), '<|end|>');
    const { critique: own } = parseLocalCritique(await readFile(join(folder, 'prm.json'), 'utf8'), 'prm.json');
    const chat = openLocalChat(tokenizer, own);
    const session = await InferenceSession.create(join(folder, 'model.onnx'));
    const end = tokenizer.tokenId('<|end|>', 'end');
    const idsOf = (word: string) =>
      spellingsOf(word)
        .map((one) => tokenizer.encode(one, {}, 'inside'))
        .filter((ids) => ids.length === 1)
        .flat();
    const [positive, negative] = [idsOf(script.positive), idsOf(script.negative)];
    expect([positive.length, negative.length]).toEqual(script.id === 'r-prm' ? [1, 1] : [2, 2]);
    const replies: string[] = [];
    for (const count of [1, 2]) {
      const steps = job.steps.slice(0, count).map(({ text }) => text);
      const before = script.turns(job.question, steps).length > 1 ? replies : [];
      const prompt = chat.prompt(job.question, steps, before);
      const reply: number[] = [];
      while (reply.length < 6) {
        const logits = await nextLogits(session, [...prompt, ...reply]);
        const allowed = [...logits.keys()].filter((id) => id === end || (!tokenizer.specialIds.has(id) && tokenizer.has(id)));
        const next = allowed.reduce((best, id) => (logits[id]! > logits[best]! ? id : best));
        if (next === end) break;
        reply.push(next);
      }
      const { ids, text } = chat.answer!(job.question, steps, before, tokenizer.decode(reply));
      const logits = await nextLogits(session, ids);
      const best = (words: readonly number[]) => Math.max(...words.map((id) => logits[id]!));
      const expected = 1 / (1 + Math.exp(best(negative) - best(positive)));
      expect(scores[count - 1]).toBeCloseTo(expected, 4);
      replies.push(repliedWith(script, count, false, text, expected));
    }
    await session.release();
  },
);

it.each(critiqueScripts)(
  '$id: averages the votes of several critiques, and gives the same for the same texts',
  { timeout: 240_000 },
  async ({ id }) => {
    const folder = await scriptedCritic(id, { samples: 3, temperature: 1, maxReply: 4 });
    await lengthen(folder);
    const scorer = open(folder);
    const first = await scorer.score(job, { ignoreCache: true });
    expect([...first.skipped.values()]).toEqual([]);
    expect(first.scores.every((score) => score > 0 && score < 1)).toBe(true);
    // A different critique would change the first digits. Reusing the cache changes only the rounding of the last ones.
    const again = await scorer.score(job, { ignoreCache: true });
    again.scores.forEach((score, i) => expect(score).toBeCloseTo(first.scores[i]!, 5));
  },
);

it('a critique is cut at the last position of the graph, and its verdict is still asked for', { timeout: 120_000 }, async () => {
  // The model never writes this end token.
  const full = await open(await scriptedCritic('thinkprm', { end: '<image>', maxReply: 4096 })).score(job);
  expect([...full.skipped.values()]).toEqual([]);
  expect(full.scores.every((score) => score > 0 && score < 1)).toBe(true);
});

it('a prompt or critique too long for the positions of the graph is reported with model, tokens and what to do', {
  timeout: 120_000,
}, async () => {
  const { skipped } = await open(await scriptedCritic('r-prm')).score(job);
  expect([...skipped.keys()]).toEqual([0, 1]);
  for (const reason of skipped.values())
    expect(reason).toMatch(/^Too long for R-PRM: the prompt is \d{3,} tokens long, and the model takes 512 with its critique\. Its graph/);
  const endless = await open(await critic({ end: '<image>', verdict: 'In my opinion', maxReply: 4096 })).score(job);
  expect(endless.skipped.get(0)).toMatch(
    /^Too long for critic: the critique has no verdict \("In my opinion"\) after \d+ tokens, with which all 512 /,
  );
  expect(endless.skipped.get(0)).toContain('Its graph has no more positions: use a model that has more, or shorten the solution.');
});

it('a step is not judged if its prompt would lack an earlier critique', { timeout: 120_000 }, async () => {
  const folder = await scriptedCritic('genprm');
  const { skipped } = await open(folder).score({ ...job, steps: [{ text: 'So it is 4. '.repeat(150) }, { text: 'It is 4.', parent: 0 }] });
  expect([...skipped.keys()]).toEqual([0, 1]);
  expect(skipped.get(1)).toBe(skipped.get(0));
  expect(skipped.get(0)).toContain('Too long for GenPRM: the prompt is ');
});
