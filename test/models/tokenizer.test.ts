import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { byteTokenizerJson } from '../scoring/byteTokenizer.js';

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

describe('a tokenizer that has no tokens for ordinary text is refused', () => {
  const model = (byteTokenizerJson([]) as { model: { vocab: Record<string, number> } }).model;
  const letters = (keep: (letter: string) => boolean) => Object.fromEntries(Object.entries(model.vocab).filter(([letter]) => keep(letter)));

  it.each<[string, object, RegExp]>([
    ['an empty vocabulary', { ...model, vocab: {} }, /tokenizer\.json does not fit text: of "Step 1: .*" it knows nothing/],
    ['letters of another script', { ...model, vocab: letters((letter) => letter > '\u00a0') }, /knows (nothing|no more than )/],
    [
      'nothing but the unknown token',
      { ...model, vocab: { '<unk>': 0 }, unk_token: '<unk>', fuse_unk: false },
      /knows nothing\. Copy tokenizer\.json from the model again; its vocabulary may be empty or damaged/,
    ],
    [
      'words of a list that are not its own',
      { type: 'WordLevel', vocab: { '[UNK]': 0, apple: 1, pear: 2 }, unk_token: '[UNK]' },
      /does not fit text|is not a tokenizer\.json that can be used/,
    ],
  ])('%s', async (_, changed, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ ...byteTokenizerJson([{ content: '<prm>' }]), model: changed }));
    const error: unknown = await loadTokenizer(join(folder, 'tokenizer.json')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toMatch(message);
  });
});
