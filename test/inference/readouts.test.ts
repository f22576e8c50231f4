import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openScorer } from './models.js';

const root = fileURLToPath(new URL('../fixtures/models/readouts', import.meta.url));

interface Case {
  readonly question: string;
  readonly steps: readonly string[];
  /** Mapped to [0, 1] from the profile's range. */
  readonly scores: readonly number[];
}

it.each(['granite', 'several-tokens', 'pure', 'scalar'])(
  'a custom profile with the readout of %s gives the scores of the original model class, alone and in a tree',
  async (name) => {
    const { cases } = JSON.parse(await readFile(join(root, name, 'expected.json'), 'utf8')) as { cases: readonly Case[] };
    expect(cases.length).toBeGreaterThan(3);
    const scorer = openScorer(join(root, name));
    for (const { question, steps, scores: expected } of cases) {
      const path = steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) }));
      for (const job of [path, [...path, { text: 'Step 2: It is 5.', parent: 0 }]]) {
        const { scores, skipped } = await scorer.score({ question, images: [], steps: job }, { ignoreCache: true });
        expect([...skipped.values()]).toEqual([]);
        expected.forEach((score, i) => expect(Math.abs(scores[i]! - score), `step ${i}`).toBeLessThan(1e-5));
      }
    }
  },
);
