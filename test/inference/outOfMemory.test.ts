import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SamplingRequest } from '../../server/inference/protocol.js';
import { ModelError } from '../../server/models/modelError.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { hungryModel } from './hungryModel.js';
import { chain, copyModel, imageModel, modelFolders, openClient, openScorer } from './models.js';

/** A copy of a model that cannot run more than `most` tokens at a time, because the runtime's allocator refuses. */
async function hungryCopy(folder: string, most: number): Promise<string> {
  return copyModel(folder, { files: { 'model.onnx': await hungryModel(join(folder, 'model.onnx'), most) } });
}

/** The warm-up has about half as many tokens as the second step. */
const long: ScoreJob = {
  question: 'How many apples are there?',
  images: [],
  steps: [
    { text: 'There are 4 apples.' },
    { text: Array.from({ length: 11 }, (_, day) => `On day ${day} there are ${4 + day} + 1 = ${5 + day} apples.`).join(' '), parent: 0 },
    { text: 'So there are 13.', parent: 1 },
  ],
};
const longestWarmup = 210;

describe('a model too large for the memory', () => {
  it.each(['token-major', 'hugging-face'] as const)('runs in smaller pieces, which give the same scores: %s', async (layout) => {
    const expected = await openScorer(modelFolders[layout]).score(long);
    const scorer = openScorer(await hungryCopy(modelFolders[layout], longestWarmup));
    expect((await scorer.describe()).device.note).toBeUndefined();
    for (let time = 0; time < 2; time++) {
      const { scores, skipped } = await scorer.score(long, { ignoreCache: true });
      expect(skipped.size).toBe(0);
      scores.forEach((score, i) => expect(Math.abs(score - expected.scores[i]!), `step ${i}`).toBeLessThan(1e-5));
    }
    expect((await scorer.describe()).device.note).toMatch(/^at most \d+ tokens at a time$/);
    expect(
      scorer.log.filter((line) => line.startsWith('The memory of cpu is small for model.onnx: from now on it is run with at most')),
    ).toHaveLength(1);
  });

  it('samples its rows in groups, and draws the same ones', async () => {
    const request: SamplingRequest = {
      prompt: Int32Array.from(Buffer.from('Question: 1 + 1?')),
      prefix: Int32Array.from(Buffer.from('One and one')),
      count: 24,
      maxNewTokens: 6,
      temperature: 1,
      stop: new Int32Array(0),
      banned: Int32Array.of(256, 258),
      seed: 3,
      priority: 0,
    };
    const drawn = async (folder: string, info?: (message: string) => void) => {
      const client = openClient(info);
      const { session } = await client.load({
        graphPath: join(folder, 'model.onnx'),
        device: 'cpu',
        threads: 1,
        warmup: request.prompt,
        columns: new Int32Array(0),
      });
      return { rows: (await client.sample(session, request)).rows, device: client.device(session) };
    };
    const log: string[] = [];
    const small = await drawn(await hungryCopy(imageModel, 20), (message) => log.push(message));
    expect(small.device.note).toBe('at most 12 rows at a time');
    expect(log.some((line) => line.includes('from now on it is run with at most 12 rows at a time'))).toBe(true);
    expect(small.rows).toEqual((await drawn(imageModel)).rows);
  });

  it('is refused with the remedies if its graph has to run in one pass', async () => {
    const scorer = openScorer(await hungryCopy(modelFolders.none, longestWarmup));
    await scorer.describe();
    const failed = scorer.score(long);
    await expect(failed).rejects.toThrow(ModelError);
    await expect(failed).rejects.toThrow(
      /model\.onnx cannot be run: the memory of cpu is too small: Failed to allocate .*\. Use a smaller precision \("steplens quantise" makes one\) or a smaller 'maxTokens' in .*prm\.json, which/,
    );
    // Steps that fit are still scored.
    expect((await scorer.score(chain(2))).skipped.size).toBe(0);
  });

  it('is refused with the remedies if not even a short text fits', async () => {
    await expect(openScorer(await hungryCopy(modelFolders['hugging-face'], 20)).describe()).rejects.toThrow(
      /cannot be loaded: the memory of cpu is too small: Failed to allocate memory for requested buffer of size 1125899906842624\. Use a smaller precision \("steplens quantise" makes one\), or a machine with more memory\./,
    );
  });
});
