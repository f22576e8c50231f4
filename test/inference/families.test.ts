import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { families } from '../../server/scoring/families/families.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { imagesAt } from '../images.js';
import { openScorer } from './models.js';

const root = fileURLToPath(new URL('../fixtures/models/families', import.meta.url));

interface Expected {
  readonly question: string;
  readonly steps: readonly string[];
  readonly images?: readonly string[];
  readonly scores: readonly number[];
}

async function readExpected(family: string): Promise<readonly Expected[]> {
  const { cases } = JSON.parse(await readFile(join(root, family, 'expected.json'), 'utf8')) as { cases: readonly Expected[] };
  expect(cases.length).toBeGreaterThan(3);
  return cases;
}

function toJob(family: string, { question, images = [], steps }: Expected): ScoreJob {
  return {
    question,
    images: imagesAt(...images.map((file) => join(root, family, file))),
    steps: steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })),
  };
}

it('every family has a fixture', () => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== '__pycache__');
  expect(folders.map(({ name }) => name).sort()).toEqual(families.map(({ id }) => id).sort());
});

it('a scorer gives the scores of the authors for texts that begin and end in blanks', async () => {
  const cases = JSON.parse(await readFile(join(root, 'blanks.json'), 'utf8')) as readonly (Partial<Expected> & {
    readonly family: string;
  })[];
  for (const { family, question, steps, scores: expected } of cases) {
    if (!expected) continue;
    const { scores } = await openScorer(join(root, family)).score(toJob(family, { question: question!, steps: steps!, scores: expected }));
    scores.forEach((score, i) => expect(Math.abs(score - expected[i]!), `${family}, step ${i}`).toBeLessThan(1e-5));
  }
});

describe.each(families.map(({ id }) => id))('the family %s', (family) => {
  it('gives a step without text no score, and keeps its marker or turn in the sequence', async () => {
    const scorer = openScorer(join(root, family));
    const [{ question, steps, images }] = (await readExpected(family)) as [Expected];
    const job = (texts: readonly string[]): ScoreJob => toJob(family, { question, steps: texts, scores: [], ...(images && { images }) });
    const [with_, without] = [await scorer.score(job([steps[0]!, '', steps[1]!])), await scorer.score(job([steps[0]!, steps[1]!]))];
    expect([...with_.skipped]).toEqual([[1, 'the step has no text']]);
    expect([with_.scores[0], with_.scores[1]]).toEqual([without.scores[0], NaN]);
    // ReasonEval reads a step at its own tokens: an empty one has none.
    const isSame = Math.abs(with_.scores[2]! - without.scores[1]!) < 1e-9;
    expect(isSame).toBe(family.startsWith('reasoneval'));
  });

  it("gives the scores that the authors' way of scoring gives", async () => {
    const scorer = openScorer(join(root, family));
    for (const expected of await readExpected(family)) {
      const { scores, skipped } = await scorer.score(toJob(family, expected));
      expect([...skipped.values()]).toEqual([]);
      expect(scores).toHaveLength(expected.scores.length);
      scores.forEach((score, i) =>
        expect(Math.abs(score - expected.scores[i]!), `step ${i}: ${score}, not ${expected.scores[i]}`).toBeLessThan(1e-5),
      );
    }
  });

  it('gives the same scores when solutions share their first steps', async () => {
    const scorer = openScorer(join(root, family));
    const cases = await readExpected(family);
    const { question, steps } = cases[0]!;
    // The second solution branches off after two steps, and the third one shares no step.
    const job: ScoreJob = {
      question,
      images: [],
      steps: [
        ...steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })),
        { text: 'Step 3: So it is 9.', parent: 1 },
        { text: 'Step 1: It is 2.' },
        { text: 'Step 2: The answer is 2.', parent: steps.length + 1 },
      ],
    };
    const { scores } = await scorer.score(job);
    const alone = [
      await scorer.score(
        { question, images: [], steps: [{ text: steps[0]! }, { text: steps[1]!, parent: 0 }, { text: 'Step 3: So it is 9.', parent: 1 }] },
        { ignoreCache: true },
      ),
      await scorer.score(
        { question, images: [], steps: [{ text: 'Step 1: It is 2.' }, { text: 'Step 2: The answer is 2.', parent: 0 }] },
        { ignoreCache: true },
      ),
    ];
    const reference = [...cases[0]!.scores, alone[0]!.scores[2]!, ...alone[1]!.scores];
    scores.forEach((score, i) => expect(Math.abs(score - reference[i]!), `step ${i}`).toBeLessThan(1e-5));
  });
});
