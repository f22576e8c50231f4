import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { createEncoder, markersOf } from '../../server/scoring/layouts/layouts.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { imagesAt } from '../images.js';
import { testProfile, testTokenizer } from '../scoring/byteTokenizer.js';
import { chain, childPids, copyModel, mini, miniExpected, modelFolders, openScorer, temporaryFolder, tree } from './models.js';
import { identityModel } from './onnxFile.js';

interface Expected {
  readonly question: string;
  readonly steps: readonly string[];
  readonly ids: readonly number[];
  readonly scores: readonly number[];
}

const layouts = Object.entries(modelFolders);
const toJob = ({ question, steps }: Pick<Expected, 'question' | 'steps'>): ScoreJob => ({
  question,
  images: [],
  steps: steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })),
});

/** Reads PyTorch's results, which were written when the model was exported. */
async function readExpected(folder: string): Promise<readonly Expected[]> {
  const file = folder === modelFolders['token-major'] ? miniExpected : join(folder, 'expected.json');
  const { cases } = JSON.parse(await readFile(file, 'utf8')) as { cases: readonly Expected[] };
  expect(cases.length).toBeGreaterThan(2);
  return cases;
}

describe.each(layouts)('a scorer compared with PyTorch: %s', (_layout, folder) => {
  it('gives the same token IDs', async () => {
    const { profile, tokenizerPath } = await loadProfile(folder);
    const encoder = createEncoder(profile.layout, await loadTokenizer(tokenizerPath, ...markersOf(profile.layout)));
    for (const { question, steps, ids } of await readExpected(folder)) {
      const problem = encoder.open(question);
      const own = [...problem.prompt, ...steps.flatMap((step, i) => problem.step(step, i).ids)];
      // Tokens after the last marker are not run.
      expect(own).toEqual(ids.slice(0, own.length));
    }
  });

  it('gives the same scores', async () => {
    const scorer = openScorer(folder);
    for (const expected of await readExpected(folder)) {
      const { scores } = await scorer.score(toJob(expected));
      expect(scores).toHaveLength(expected.scores.length);
      // PyTorch includes a step without text in the sequence, StepLens leaves it out, so later scores differ.
      const empty = expected.steps.findIndex((step) => step.trim() === '');
      scores.forEach((score, i) => {
        if (i === empty) expect(score).toBeNaN();
        else if (empty < 0 || i < empty) expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(1e-4);
      });
    }
  });
});

describe.each(layouts)('a scorer that shares prefixes: %s', (layout, folder) => {
  it('gives every node of a tree the score of one full pass over its path', async () => {
    const job = tree(31);
    const { scores, skipped } = await openScorer(folder).score(job);
    expect(skipped.size).toBe(0);
    const reference = await fullPasses(folder, job);
    expect(new Set([...scores].map((score) => score.toFixed(6))).size).toBeGreaterThan(20);
    scores.forEach((score, i) => expect(Math.abs(score - reference[i]!), `step ${i}`).toBeLessThan(1e-5));
  });

  it('scores again only the changed step and the steps after it', async () => {
    const scorer = openScorer(folder, { cacheFolder: await temporaryFolder() });
    const first = await scorer.score(chain(10));
    expect([first.cached, first.skipped.size]).toEqual([0, 0]);
    const again = await scorer.score(chain(10));
    expect([again.cached, again.tokens]).toEqual([10, 0]);
    expect(again.scores).toEqual(first.scores);
    const edited = await scorer.score(chain(10, 8));
    expect(edited.cached).toBe(8);
    expect(edited.scores.slice(0, 8)).toEqual(first.scores.slice(0, 8));
    if (layout === 'none') expect(edited.tokens).toBeGreaterThan(first.tokens * 0.7);
    else expect(edited.tokens).toBeLessThan(first.tokens / 3);
    const fresh = await openScorer(folder).score(chain(10, 8));
    fresh.scores.forEach((score, i) => expect(Math.abs(score - edited.scores[i]!)).toBeLessThan(1e-5));
  });
});

/** Scores each step by a separate run over the question and its path, in its own session without sharing. */
async function fullPasses(folder: string, job: ScoreJob): Promise<number[]> {
  const { profile, graphPath, tokenizerPath } = await loadProfile(folder);
  const tokenizer = await loadTokenizer(tokenizerPath, ...markersOf(profile.layout));
  const problem = createEncoder(profile.layout, tokenizer).open(job.question);
  const session = await InferenceSession.create(graphPath);
  const scores: number[] = [];
  for (let step = 0; step < job.steps.length; step++) {
    const path: number[] = [];
    for (let at: number | undefined = step; at !== undefined; at = job.steps[at]!.parent) path.unshift(at);
    const ids = [...problem.prompt, ...path.flatMap((at, i) => problem.step(job.steps[at]!.text, i).ids)];
    const length = ids.length;
    const int64 = (values: number[]) => new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [1, length]);
    const feeds: Record<string, Tensor> = {};
    for (const input of session.inputMetadata) {
      if (!input.isTensor) continue;
      if (input.name === 'input_ids') feeds[input.name] = int64(ids);
      else if (input.name === 'position_ids') feeds[input.name] = int64(ids.map((_, i) => i));
      else if (input.name === 'attention_mask') feeds[input.name] = int64(ids.map(() => 1));
      else if (input.name === 'attention_bias') {
        const bias = Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0));
        feeds[input.name] = new Tensor('float32', bias, [1, 1, length, length]);
      } else {
        // An empty past, and no images.
        const dims = input.shape.map((size, axis) =>
          typeof size === 'number' ? size : axis === 0 && input.name !== 'pixel_values' ? 1 : 0,
        );
        feeds[input.name] = new Tensor('float32', new Float32Array(0), dims);
      }
    }
    const { logits } = await session.run(feeds, ['logits']);
    const row = (logits!.data as Float32Array).slice(-logits!.dims[2]!);
    const { readout } = profile;
    if (readout.kind !== 'label-head' && readout.kind !== 'token-pair') throw new Error('No model of these has such a head.');
    const [values, positive] =
      readout.kind === 'label-head'
        ? [[...row], readout.positive[0]!]
        : [[readout.positive, readout.negative].map((text) => row[tokenizer.tokenId(text, 'token')]!), 0];
    const exponentials = values.map((value) => Math.exp(value - Math.max(...values)));
    scores.push(exponentials[positive]! / exponentials.reduce((a, b) => a + b));
  }
  await session.release();
  return scores;
}

describe('a scorer', () => {
  const folder = modelFolders['hugging-face'];

  it('describes the model, and loads it once', async () => {
    const scorer = openScorer(folder);
    const [info, again] = await Promise.all([scorer.describe(), scorer.describe()]);
    expect(again).toBe(info);
    expect(info).toMatchObject({ modelPath: folder, device: { provider: 'cpu', passedOver: [] }, readsImages: false });
    expect(info.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(childPids(scorer.log)).toHaveLength(1);
  });

  it('keeps scores across a restart, but not for another profile or after the cache is cleared', async () => {
    const cacheFolder = await temporaryFolder();
    const before = openScorer(folder, { cacheFolder });
    const first = await before.score(chain(3));
    await before.dispose();
    const second = openScorer(folder, { cacheFolder });
    const known = await second.score(chain(3));
    expect([known.cached, known.tokens]).toEqual([3, 0]);
    expect(known.scores).toEqual(first.scores);
    const anew = await second.score(chain(3), { ignoreCache: true });
    expect(anew.cached).toBe(0);
    expect(anew.tokens).toBeGreaterThan(0);
    const other = await openScorer(await copyModel(folder, { profile: { name: 'other' } }), { cacheFolder }).score(chain(3));
    expect(other.cached).toBe(0);
    await second.clearCache();
    expect((await openScorer(folder, { cacheFolder }).score(chain(3))).cached).toBe(0);
  });

  it('scores equal siblings once', async () => {
    const { steps, question } = chain(2);
    const { scores, tokens } = await openScorer(folder).score({
      question,
      images: [],
      steps: [...steps, steps[0]!, { ...steps[1]!, parent: 2 }],
    });
    expect([scores[2], scores[3]]).toEqual([scores[0], scores[1]]);
    expect(tokens).toBe((await openScorer(folder).score(chain(2))).tokens);
  });

  it('skips steps that are too long, with the reason, and scores the rest', async () => {
    const all = await openScorer(folder).score(chain(12));
    const short = openScorer(await copyModel(folder, { profile: { maxTokens: Math.round(all.tokens / 2) } }));
    const { scores, skipped } = await short.score(chain(12));
    const fitting = scores.findIndex((score) => Number.isNaN(score));
    expect(fitting).toBeGreaterThan(2);
    scores.slice(0, fitting).forEach((score, i) => expect(score).toBeCloseTo(all.scores[i]!, 5));
    expect([...skipped.keys()]).toEqual(Array.from({ length: 12 - fitting }, (_, i) => fitting + i));
    expect(skipped.get(fitting)).toContain(`the model takes ${Math.round(all.tokens / 2)} tokens`);
    expect((await short.score(chain(12))).cached).toBe(fitting);
  });

  it('skips steps beyond the positions of its graph, even if the profile allows more', async () => {
    const { scores, skipped } = await openScorer(await copyModel(folder, { profile: { maxTokens: 100_000 } })).score(chain(40));
    expect(scores[0]).toBeGreaterThan(0);
    expect(skipped.get(39)).toContain('the model takes 512 tokens');
  });

  it('reports its progress, stops when cancelled and keeps the scores it has', async () => {
    const scorer = openScorer(folder);
    await scorer.describe();
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => {
      expect(total).toBe(301);
      seen.push(done);
      if (done >= 10) abort.abort();
    };
    await expect(scorer.score(tree(301), { signal: abort.signal, onProgress })).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBeLessThan(100);
    const rest = await scorer.score(tree(301));
    expect(rest.cached).toBeGreaterThanOrEqual(10);
    expect([...rest.scores].every((score) => score >= 0 && score <= 1)).toBe(true);
    await expect(scorer.score(tree(3), { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(scorer.describe(abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('loses nothing when the inference process is killed while scoring', async () => {
    const expected = await openScorer(folder).score(tree(101));
    const scorer = openScorer(folder);
    let killed = 0;
    const { scores } = await scorer.score(tree(101), {
      onProgress: (done) => {
        if (done >= 10 && killed === 0) process.kill((killed = childPids(scorer.log).at(-1)!), 'SIGKILL');
      },
    });
    expect(killed).toBeGreaterThan(0);
    expect(childPids(scorer.log)).toHaveLength(2);
    scores.forEach((score, i) => expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(1e-5));
  });

  it('gives the reason instead of a score where the model gives no number', async () => {
    const { before: _, ...layout } = testProfile.layout;
    const model = await temporaryFolder();
    process.env['FAKE_CHILD_JOURNAL'] = join(model, 'journal');
    await writeFile(join(model, 'prm.json'), JSON.stringify({ ...testProfile, layout: { ...layout, before: 'A{question}' } }));
    await writeFile(join(model, 'tokenizer.json'), JSON.stringify(testTokenizer));
    await writeFile(join(model, 'model.onnx'), 'not looked at');
    const scorer = openScorer(model, { inferenceEntry: fileURLToPath(new URL('./fakeChild.mjs', import.meta.url)) });
    for (let time = 0; time < 2; time++) {
      const { scores, skipped, cached } = await scorer.score(chain(1));
      expect([...scores, cached]).toEqual([NaN, 0]);
      expect(skipped.get(0)).toBe('The model gave no number here.');
    }
  });

  it('finishes a job of higher priority first', async () => {
    const scorer = openScorer(folder);
    await scorer.describe();
    const order: string[] = [];
    const background = scorer.score(tree(301)).then(() => order.push('background'));
    const visible = scorer.score(chain(12), { priority: 1 }).then(() => order.push('visible'));
    await Promise.all([background, visible]);
    expect(order).toEqual(['visible', 'background']);
  });
});

describe('the error for a model that cannot be used', () => {
  const folder = modelFolders['hugging-face'];
  const refused = async (model: string, ...messages: RegExp[]) => {
    const scorer = openScorer(model);
    const error: unknown = await scorer.score(chain(1)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    for (const message of messages) expect((error as Error).message).toMatch(message);
    return scorer;
  };

  it('names a tokenizer with a larger vocabulary than the graph knows', async () => {
    const tokenizer = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')) as { model: { vocab: Record<string, number> } };
    const { model } = tokenizer;
    const size = Object.keys(model.vocab).length;
    const copy = await copyModel(folder);
    const change = async (vocab: Record<string, number>) =>
      writeFile(join(copy, 'tokenizer.json'), JSON.stringify({ ...tokenizer, model: { ...model, vocab } }));
    await change({ ...model.vocab, 'a word of another vocabulary': size + 5000 });
    await refused(
      copy,
      /tokenizer\.json does not fit .*model\.onnx: its tokens are numbered up to \d+, and the graph knows \d+\. Use the tokenizer/,
    );
  });

  it('names a damaged graph, and is gone once the file is repaired', async () => {
    const copy = await copyModel(folder);
    await truncate(join(copy, 'model.onnx'), 1000);
    const scorer = await refused(copy, /model\.onnx cannot be loaded: .*damaged or not an ONNX model/);
    await copyFile(join(folder, 'model.onnx'), join(copy, 'model.onnx'));
    expect((await scorer.score(chain(1))).scores[0]).toBeGreaterThan(0);
  });

  it('names a graph that is random bytes, a Git LFS pointer, or missing', async () => {
    await refused(
      await copyModel(folder, { files: { 'model.onnx': Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)) } }),
      /model\.onnx.*damaged/,
    );
    await refused(
      await copyModel(folder, { files: { 'model.onnx': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' } }),
      /model\.onnx.*git lfs pull/,
    );
    const missing = await copyModel(folder);
    await rm(join(missing, 'model.onnx'));
    await refused(missing, /model\.onnx does not exist/, /prm\.json/);
  });

  it('names the inputs of a graph that are not known', async () => {
    await refused(
      await copyModel(folder, { files: { 'model.onnx': identityModel('pixels', 'logits') } }),
      /model\.onnx cannot be used: the graph has no input 'input_ids'; it has pixels \(float32 \[a, b\]\)/,
      /Optimum/,
    );
  });

  it('names a tokenizer of another model, or a readout that does not fit', async () => {
    const tokenizer = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')) as {
      added_tokens: { id: number; content: string }[];
      model: { vocab: Record<string, number> };
    };
    for (const token of tokenizer.added_tokens) token.id += 500_000;
    for (const text of Object.keys(tokenizer.model.vocab)) tokenizer.model.vocab[text]! += 500_000;
    await refused(await copyModel(folder, { files: { 'tokenizer.json': JSON.stringify(tokenizer) } }), /tokenizer/);
    await refused(
      await copyModel(folder, { profile: { readout: { kind: 'token-pair', positive: 'no such token', negative: 'No' } } }),
      /tokenizer\.json: the positive token "no such token" makes \d+ tokens/,
    );
    await refused(await copyModel(folder, { profile: { readout: { kind: 'label-head', positive: 1_000_000 } } }), /readout\.positive/);
  });
});

describe('a model with a scope', () => {
  const known: ScoreJob = {
    question:
      'There are 6 plums in a box. Maya buys 4 boxes, eats 9 plums and shares the rest among 5 friends. How many plums does each get?',
    images: [],
    steps: [
      { text: 'Each box holds 6 plums, so 4 boxes hold 4 * 6 = 24 plums.' },
      { text: 'After 9 are eaten, 24 - 9 = 13 plums are left.', parent: 0 },
      { text: 'Hence $24 - 9 = \\boxed{15}$ plums remain.', parent: 0 },
      { text: 'The answer is 15.', parent: 2 },
    ],
  };

  it('scores the steps in its scope as without one, from the cache the second time, and skips the others', async () => {
    const scorer = openScorer(mini);
    const whole = await openScorer(modelFolders['token-major']).score(known);
    const result = await scorer.score(known);
    expect([...result.scores.slice(0, 2)]).toEqual([...whole.scores.slice(0, 2)]);
    expect([...result.scores.slice(2)]).toEqual([NaN, NaN]);
    expect([...result.outOfScope!]).toEqual([2, 3]);
    expect([...result.skipped.values()]).toEqual([
      'StepLens mini PRM knows only the generated grade-school word problems it was trained on, and this step is written in another way.',
      'StepLens mini PRM knows only the generated grade-school word problems it was trained on, and an earlier step is written in another way.',
    ]);
    expect(await scorer.score(known)).toMatchObject({ scores: result.scores, outOfScope: result.outOfScope, cached: 2, tokens: 0 });
    expect((await scorer.describe()).knows).toBe('the generated grade-school word problems it was trained on');
  });

  it('skips every step of a question outside its scope, and does not read its images', async () => {
    const job = { ...known, question: 'What is shown in the picture?', images: imagesAt('/none.png') };
    const { scores, outOfScope, skipped, tokens } = await openScorer(mini).score(job);
    expect([...scores].every(Number.isNaN)).toBe(true);
    expect([outOfScope!.size, skipped.size, tokens]).toEqual([4, 4, 0]);
    expect(skipped.get(0)).toContain('this question is not one of them');
  });

  it('is refused with the name of its missing scope file', async () => {
    const scope = { kind: 'word-pairs', pairs: 'missing.txt', knows: 'sums', question: 0.5, step: 0.5 };
    const folder = await copyModel(modelFolders['token-major'], { profile: { scope } });
    await expect(openScorer(folder).score(known)).rejects.toThrow(/missing\.txt cannot be read/);
  });
});
