import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { toFastLayout } from '../../server/onnx/fastLayout.js';
import { readModel } from '../../server/onnx/readModel.js';
import { imagesAt } from '../images.js';
import { openScorer } from './models.js';

const root = fileURLToPath(new URL('../fixtures/models/families', import.meta.url));

interface Case {
  readonly question: string;
  readonly steps: readonly string[];
  readonly images?: readonly string[];
  readonly scores: readonly number[];
}

it.each([
  ['qwen2.5-math-prm', 'model.onnx'],
  ['mm-prm', 'model.onnx'],
  ['visualprm', 'decoder_model_merged.onnx'],
  ['vl-prm', 'decoder_model_merged.onnx'],
  ['ursa-rm-images', 'decoder_model_merged.onnx'],
])('a graph of %s that is rewritten to the fast layout gives the same scores', async (family, graph) => {
  const folder = await mkdtemp(join(tmpdir(), 'fast-'));
  try {
    await cp(join(root, family), folder, { recursive: true });
    expect(await toFastLayout(join(folder, graph))).toBeUndefined();
    const { inputs, outputs } = (await readModel(join(folder, graph))).graph;
    expect(inputs.map(({ name }) => name)).toEqual(expect.arrayContaining(['attention_bias', 'past_key.0', 'past_value.1']));
    expect(outputs.map(({ name }) => name)).toEqual(expect.arrayContaining(['logits', 'present_key.0', 'present_value.1']));
    const { cases } = JSON.parse(await readFile(join(root, family, 'expected.json'), 'utf8')) as { cases: readonly Case[] };
    const scorer = openScorer(folder);
    for (const { question, steps, images = [], scores: expected } of cases) {
      const path = steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) }));
      const job = {
        question,
        images: imagesAt(...images.map((file) => join(root, family, file))),
        steps: [...path, { text: 'Step 2: It is 5.', parent: 0 }],
      };
      const { scores } = await scorer.score(job, { ignoreCache: true });
      expected.forEach((score, i) => expect(Math.abs(scores[i]! - score), `step ${i}`).toBeLessThan(1e-5));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('toFastLayout reports that it does not rewrite a graph without a cache', async () => {
  expect(await toFastLayout(join(root, 'trl-prm/model.onnx'))).toBe('it has no cache');
});
