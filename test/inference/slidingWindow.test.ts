import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openScorer } from './models.js';

const root = fileURLToPath(new URL('../fixtures/models/sliding-window', import.meta.url));

interface Case {
  readonly question: string;
  readonly steps: readonly string[];
  readonly scores: readonly number[];
}

describe.each(['mistral', 'qwen2'])('a %s model with sliding-window attention', (name) => {
  it('gives the scores of the original forward pass, also when solutions share their first steps', async () => {
    const { cases } = JSON.parse(await readFile(join(root, name, 'expected.json'), 'utf8')) as { cases: readonly Case[] };
    const scorer = openScorer(join(root, name));
    for (const { question, steps, scores: expected } of cases) {
      const path = steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) }));
      // A second solution branches off after the first step, so that the other steps continue from a shared prefix.
      const forest = [...path, { text: 'Step 2: It is 5.', parent: 0 }, { text: 'Step 3: So 6.', parent: steps.length }];
      for (const job of [path, forest]) {
        const { scores } = await scorer.score({ question, images: [], steps: job }, { ignoreCache: true });
        expected.forEach((score, i) => expect(Math.abs(scores[i]! - score), `step ${i}`).toBeLessThan(1e-4));
      }
    }
  });
});
