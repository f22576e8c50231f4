import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';

interface Expected {
  readonly cases: readonly {
    readonly question: string;
    readonly steps: readonly string[];
    readonly ids: readonly number[];
    readonly scores: readonly number[];
  }[];
}

interface Layout {
  readonly before: string;
  readonly step: string;
  readonly marker: string;
}

const read = (path: string): unknown => JSON.parse(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8'));

describe.each([
  ['media/models/mini', 'test/fixtures/models/mini-expected.json'],
  ['test/fixtures/models/token-pair-hf', 'test/fixtures/models/token-pair-hf/expected.json'],
  ['test/fixtures/models/label-head', 'test/fixtures/models/label-head/expected.json'],
])('the tokenizer of %s', (folder, expectedPath) => {
  const tokenizer = new Tokenizer(read(`${folder}/tokenizer.json`) as object, read(`${folder}/tokenizer_config.json`) as object);
  const { layout } = read(`${folder}/prm.json`) as { layout: Layout };
  const { cases } = read(expectedPath) as Expected;
  const ids = (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;

  it('gives the ids that Python gives, prompt and steps encoded apart', () => {
    expect(cases.length).toBeGreaterThanOrEqual(4);
    for (const { question, steps, ids: expected } of cases) {
      expect([
        ...ids(layout.before.replace('{images}', '').replace('{question}', () => question)),
        ...steps.flatMap((step) => ids(layout.step.replace('{step}', () => step))),
      ]).toEqual(expected);
    }
  });

  it('has one marker and one score a step', () => {
    const marker = tokenizer.token_to_id(layout.marker);
    for (const { steps, ids: all, scores } of cases) {
      expect(all.filter((id) => id === marker)).toHaveLength(steps.length);
      expect(scores).toHaveLength(steps.length);
    }
  });

  it('keeps digits apart', () => {
    expect(ids('1234')).toEqual(['1', '2', '3', '4'].flatMap(ids));
  });
});

it('Yes, No and the marker are one token each in the bundled model', () => {
  const tokenizer = new Tokenizer(
    read('media/models/mini/tokenizer.json') as object,
    read('media/models/mini/tokenizer_config.json') as object,
  );
  for (const text of ['Yes', 'No', '<prm>', '<|pad|>']) expect(tokenizer.encode(text, { add_special_tokens: false }).ids).toHaveLength(1);
});
