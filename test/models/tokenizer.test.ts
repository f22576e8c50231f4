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

  it('gives the token IDs that Python gives, with prompt and steps encoded separately', () => {
    expect(cases.length).toBeGreaterThanOrEqual(4);
    for (const { question, steps, ids: expected } of cases) {
      expect([
        ...ids(layout.before.replace('{images}', '').replace('{question}', () => question)),
        ...steps.flatMap((step) => ids(layout.step.replace('{step}', () => step))),
      ]).toEqual(expected);
    }
  });

  it('has one marker and one score per step in the expected results', () => {
    const marker = tokenizer.token_to_id(layout.marker);
    for (const { steps, ids: all, scores } of cases) {
      expect(all.filter((id) => id === marker)).toHaveLength(steps.length);
      expect(scores).toHaveLength(steps.length);
    }
  });

  it('encodes each digit separately', () => {
    expect(ids('1234')).toEqual(['1', '2', '3', '4'].flatMap(ids));
  });
});

it('Yes, No, the marker and the pad token are one token each in the bundled model', () => {
  const tokenizer = new Tokenizer(
    read('media/models/mini/tokenizer.json') as object,
    read('media/models/mini/tokenizer_config.json') as object,
  );
  for (const text of ['Yes', 'No', '<prm>', '<|pad|>']) expect(tokenizer.encode(text, { add_special_tokens: false }).ids).toHaveLength(1);
});

describe('a tokenizer without tokens for ordinary text', () => {
  const model = (byteTokenizerJson([]) as { model: { vocab: Record<string, number> } }).model;
  const letters = (keep: (letter: string) => boolean) => Object.fromEntries(Object.entries(model.vocab).filter(([letter]) => keep(letter)));

  it.each<[string, object, RegExp]>([
    ['an empty vocabulary', { ...model, vocab: {} }, /tokenizer\.json contradicts itself: the vocabulary has no entry for the byte 0/],
    [
      'letters of another script',
      { ...model, vocab: letters((letter) => letter > '\u00a0') },
      /the vocabulary has no entry for the byte 33 \("!"\)/,
    ],
    [
      'nothing but the unknown token',
      { type: 'WordLevel', vocab: { '<unk>': 0 }, unk_token: '<unk>' },
      /does not fit text|is not a tokenizer\.json that can be used/,
    ],
    [
      'words of a list that are not its own',
      { type: 'WordLevel', vocab: { '[UNK]': 0, apple: 1, pear: 2 }, unk_token: '[UNK]' },
      /does not fit text|is not a tokenizer\.json that can be used/,
    ],
  ])('is refused if it has %s', async (_, changed, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ ...byteTokenizerJson([{ content: '<prm>' }]), model: changed }));
    const error: unknown = await loadTokenizer(join(folder, 'tokenizer.json')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toMatch(message);
  });
});

describe('a tokenizer.json that contradicts itself', () => {
  interface Json {
    added_tokens: { id: unknown; content: unknown; special: boolean }[];
    model: { vocab: Record<string, unknown>; merges: unknown[] };
  }
  const root = 'test/fixtures/models/families';
  const without = (json: Json, letters: string) => {
    for (const letter of letters) delete json.model.vocab[letter];
  };

  it.each<[fault: string, family: string, change: (json: Json) => void, message: RegExp]>([
    [
      'two words of one number',
      'qwen2.5-math-prm',
      ({ model }) => (model.vocab['A'] = model.vocab['B']),
      /"A" and "B" have the same number, \d+/,
    ],
    ['a negative number', 'qwen2.5-math-prm', ({ model }) => (model.vocab['A'] = -5), /the number of "A" is -5/],
    ['a fraction', 'math-shepherd', ({ model }) => (model.vocab['A'] = 3.5), /the number of "A" is 3\.5/],
    ['no number', 'math-shepherd', ({ model }) => (model.vocab['A'] = null), /the number of "A" is null/],
    ['an added token with the number of a word', 'rlhflow', ({ added_tokens: [first] }) => (first!.id = 20), /have the same number, 20/],
    ['two numbers of a token', 'math-shepherd', ({ added_tokens: [first] }) => (first!.id = 9999), /the number of "<unk>" is 0 and 9999/],
    [
      'an added token without a number',
      'rlhflow',
      ({ added_tokens: [first] }) => (first!.id = null),
      /'added_tokens' is not a list of tokens/,
    ],
    [
      'an added token without text',
      'rlhflow',
      ({ added_tokens: [first] }) => (first!.content = ''),
      /'added_tokens' is not a list of tokens/,
    ],
    ['no list of added tokens', 'rlhflow', (json) => Object.assign(json, { added_tokens: {} }), /'added_tokens' is not a list of tokens/],
    ['no vocabulary', 'mm-prm', ({ model }) => Object.assign(model, { vocab: null }), /'model\.vocab' holds no vocabulary/],
    ['no merges', 'qwen2.5-math-prm', ({ model }) => (model.merges = []), /there are 0 merges for \d+ longer entries/],
    [
      'half of its merges',
      'mm-prm',
      ({ model }) => (model.merges = model.merges.filter((_, i) => i % 2)),
      /there are \d+ merges for \d+ longer/,
    ],
    ['a merge of an unknown word', 'visualprm', ({ model }) => model.merges.push('q zzq'), /lacks an entry of the merge "q zzq"/],
    ['a merge that is no pair', 'visualprm', ({ model }) => model.merges.push(7), /lacks an entry of the merge 7/],
    ['no digits over bytes', 'skywork-o1-open-prm', (json) => without(json, '0123456789'), /no entry for the byte 48 \("0"\)/],
    ['no digit over pieces', 'math-shepherd', (json) => without(json, '37'), /no entry for the digit 3, 7/],
  ])('is refused with the entry at fault: %s', async (_, family, change, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const json = read(`${root}/${family}/tokenizer.json`) as Json;
    change(json);
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
    const error: unknown = await loadTokenizer(join(folder, 'tokenizer.json')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^.*tokenizer\.json contradicts itself: .*\. Copy tokenizer\.json from the model again\.$/);
  });
});
