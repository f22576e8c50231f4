import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { loadTokenizer, type TextTokenizer } from '../../server/models/tokenizer.js';
import { createEncoder as createLayoutEncoder } from '../../server/scoring/layouts/layouts.js';
import type { MarkerLayout } from '../../server/scoring/layouts/marker.js';
import { bytes, byteTokenizerJson, markerId, startId, testProfile, testTokenizer } from './byteTokenizer.js';

let folder: string;
let tokenizer: TextTokenizer;

async function load(json: unknown, ...markers: string[]): Promise<TextTokenizer> {
  const path = join(folder, 'tokenizer.json');
  await writeFile(path, typeof json === 'string' ? json : JSON.stringify(json));
  return loadTokenizer(path, ...(markers.length > 0 ? markers : ['<prm>']));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layout-'));
  tokenizer = await load(testTokenizer);
});
afterAll(() => rm(folder, { recursive: true }));

const layout = testProfile.layout as MarkerLayout;
const createEncoder = (own: MarkerLayout, from: TextTokenizer) => {
  const encoder = createLayoutEncoder(own, from);
  return {
    prompt: (question: string, images?: string) => [...encoder.open(question, images).prompt],
    step: (text: string, index: number) => [...encoder.open('q').step(text, index).ids],
  };
};

describe('createEncoder', () => {
  it('encodes prompt and steps separately, with the special tokens of the template', () => {
    const encoder = createEncoder(layout, tokenizer);
    expect(encoder.prompt('1+1?')).toEqual([startId, ...bytes('Q: 1+1?\n')]);
    expect(encoder.step('é = 2', 0)).toEqual([...bytes('é = 2'), markerId]);
    expect(encoder.step('é = 2', 1)).toEqual([...bytes('é = 2'), markerId]);
  });

  it('puts the text after a marker before the next step, and leaves out `after`', () => {
    const encoder = createEncoder({ ...layout, step: 'Step {step}<prm>\n\n', after: 'end' }, tokenizer);
    expect(encoder.step('a', 0)).toEqual([...bytes('Step a'), markerId]);
    expect(encoder.step('a', 1)).toEqual([...bytes('\n\nStep a'), markerId]);
  });

  it('numbers the steps if the layout has {index}, and leaves {index} in a text unchanged', () => {
    const encoder = createEncoder({ ...layout, step: 'Step {index}: {step}<prm>\n' }, tokenizer);
    expect(encoder.step('a {index}', 0)).toEqual([...bytes('Step 1: a {index}'), markerId]);
    expect(encoder.step('a', 11)).toEqual([...bytes('\nStep 12: a'), markerId]);
    const turns = createLayoutEncoder(
      {
        kind: 'turns',
        first: '{question}\nStep {index}: {step}',
        next: 'Step {index}: {step}',
        reply: '+',
        template: '{% for m in messages %}<s>{{ m.content }}{% endfor %}',
      },
      tokenizer,
    ).open('1+1?');
    const own = [...turns.prompt, ...['a', 'b', 'c'].flatMap((step, i) => turns.step(step, i).ids)];
    const plus = [startId, ...bytes('+'), startId];
    expect(own).toEqual([startId, ...bytes('1+1?\nStep 1: a'), ...plus, ...bytes('Step 2: b'), ...plus, ...bytes('Step 3: c'), startId]);
  });

  it.each<[template: string, user: string, question: string, read: string]>([
    ['{{ m.content | trim }}', '{question}', '\ufeff 1\u00a0+ 1?\u00a0\x1f\n', '\ufeff 1\u00a0+ 1?'],
    ['{{ m.content.strip() }}', '{question}', '\t1 + 1?\x85', '1 + 1?'],
    ['{{ m.content | trim }}', 'Q: {question}', ' 1 + 1? ', 'Q:  1 + 1?'],
    ['{{ m.content | trim }}', '{question} =', ' 1 + 1 ', '1 + 1  ='],
    ['{{ m.content }}', '{question}', ' 1 + 1? ', ' 1 + 1? '],
  ])('trims a question as the template %s does: %j of %j', (template, user, question, read) => {
    const chat = createLayoutEncoder(
      {
        kind: 'chat',
        user,
        assistant: '{steps}',
        step: '{step}<prm>',
        marker: '<prm>',
        template: `{% for m in messages %}<s>${template}{% endfor %}`,
      },
      tokenizer,
    ).open(question);
    const isTrimmed = template !== '{{ m.content }}';
    expect([...chat.prompt, ...chat.step(' a ', 0).ids, ...chat.step(' b ', 1).ids]).toEqual([
      startId,
      ...bytes(read),
      startId,
      ...bytes(isTrimmed ? 'a ' : ' a '),
      markerId,
      ...bytes(' b '),
      markerId,
    ]);
  });

  it('puts image tokens where the template has a place for them, and nowhere else', async () => {
    const withImages = await load(byteTokenizerJson([{ content: '<s>' }, { content: '<prm>' }, { content: '<image>' }]));
    const encoder = createEncoder({ ...layout, before: '<s>{images}Q: {question}\n' }, withImages);
    expect(encoder.prompt('{images}<image>', '<image><image>')).toEqual([startId, 258, 258, ...bytes('Q: {images}<image>\n')]);
    expect(encoder.prompt('1+1?')).toEqual([startId, ...bytes('Q: 1+1?\n')]);
  });

  it('encodes a step with exactly one marker, at the end, whatever its text', () => {
    const encoder = createEncoder(layout, tokenizer);
    const part = fc.constantFrom('<prm>', '<s>', '{step}', '{question}', '<pr', 'm>', ' ', '\n', '$&', '\ud800', 'x');
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ unit: 'grapheme' })), { maxLength: 6 }), (parts) => {
        const text = parts.join('');
        const ids = encoder.step(text, 0);
        expect(ids.indexOf(markerId)).toBe(ids.length - 1);
        expect(ids).toEqual([...bytes(text), markerId]);
        expect(encoder.prompt(text).lastIndexOf(startId)).toBe(0);
        expect(encoder.prompt(text)).not.toContain(markerId);
      }),
      { numRuns: 200 },
    );
  });

  it('splits a marker inside a text, even if the vocabulary can merge its letters', async () => {
    const json = byteTokenizerJson([{ content: '<s>' }]) as { model: { vocab: Record<string, number>; merges: string[] } };
    Object.assign(json.model.vocab, { '<<': 257, '<<<': 258 });
    json.model.merges = ['< <', '<< <'];
    const merging = await load(json, '<<<');
    expect(merging.tokenId('<<<', 'marker')).toBe(258);
    expect(merging.encode('{step}<<<', { step: 'a <<< b' })).toEqual([...bytes('a <<< b'), 258]);
  });
});

describe('loadTokenizer', () => {
  it('refuses a text that is not exactly one token', () => {
    expect(tokenizer.tokenId('Yes', 'positive token')).toBe(258);
    expect(() => tokenizer.tokenId('Maybe', 'positive token')).toThrow(ModelError);
    expect(() => tokenizer.tokenId('Maybe', 'positive token')).toThrow(
      /tokenizer\.json: the positive token "Maybe" makes 5 tokens, but must be one token\. Use/,
    );
    expect(() => tokenizer.tokenId('', 'marker')).toThrow('makes 0 tokens');
  });

  it('names the file when it is missing, not JSON, or not a tokenizer', async () => {
    await expect(loadTokenizer(join(folder, 'none.json'), '<prm>')).rejects.toThrow(/none\.json cannot be read \(ENOENT\)/);
    await expect(load('{')).rejects.toThrow(/tokenizer\.json is not valid JSON/);
    await expect(load('[]')).rejects.toThrow(/tokenizer\.json/);
    await expect(load('{"a": 1}')).rejects.toThrow(/tokenizer\.json contradicts itself: 'model\.vocab' holds no vocabulary/);
    await expect(load('{"a": 1}')).rejects.toBeInstanceOf(ModelError);
  });
});
