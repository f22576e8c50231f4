import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { findFamily } from '../../server/scoring/families/families.js';
import { createEncoder, markersOf } from '../../server/scoring/layouts/layouts.js';
import { createReader } from '../../server/scoring/readouts/readouts.js';
import { done } from './figures.js';

const root = fileURLToPath(new URL('../fixtures/models/families', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'families-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a damaged tokenizer', () => {
  it.each(['math-shepherd', 'rlhflow', 'qwen2.5-math-prm', 'skywork-o1-open-prm'])(
    'of %s is refused with a reason, or used',
    async (id) => {
      const { layout, readout } = findFamily(id)!.profile;
      const whole = await readFile(join(root, id, 'tokenizer.json'));
      await copyFile(join(root, id, 'tokenizer_config.json'), join(folder, 'tokenizer_config.json'));
      const outcomes = { used: 0, refused: 0 };
      for (let i = 0; i < 40; i++) {
        const text = Buffer.from(whole);
        const at = (i * 104_729 + 13) % text.length;
        // Changed bytes, renamed or emptied members, a missing end.
        if (i % 4 === 0) text[at] = (i * 31) % 256;
        const source = text.toString('latin1');
        const damaged = [
          source,
          source.replace(/"type"/g, () => (i % 3 ? '"type"' : '"kind"')).replace(/"vocab":\{/, '"vocab":{},"was":{'),
          source.slice(0, at),
          source.replace(/:(\[|\{|"|\d)/g, (part, _, offset: number) =>
            offset > at && offset < at + 40 ? ':null,"x":' + part.slice(1) : part,
          ),
        ][i % 4]!;
        await writeFile(join(folder, 'tokenizer.json'), damaged, 'latin1');
        try {
          const tokenizer = await loadTokenizer(join(folder, 'tokenizer.json'), ...markersOf(layout));
          createReader(readout, tokenizer);
          createEncoder(layout, tokenizer).open('1 + 1?').step('It is 2.', 0);
          outcomes.used++;
        } catch (error) {
          expect(error, damaged.slice(Math.max(0, at - 100), at + 100)).toBeInstanceOf(ModelError);
          outcomes.refused++;
        }
      }
      expect(outcomes.used + outcomes.refused).toBe(40);
      done('tokenizers', 40);
      expect(outcomes.refused).toBeGreaterThan(10);
    },
  );
});

/** Regular expressions that try billions of ways to split their text. */
const regexes: readonly (readonly [regex: string, text: string])[] = [
  ['(a+)+$', `${'a'.repeat(40)}!`],
  ['(a|a)*$', `${'a'.repeat(40)}!`],
  ['(a|aa)+$', `${'a'.repeat(60)}!`],
  ['(.*,){25}$', `${','.repeat(60)}!`],
  ['(\\s*)*x', `${' '.repeat(40)}!`],
  ['(\\w+\\s?)*$', `${'word '.repeat(20)}!`],
  ['([a-zA-Z]+)*$', `${'aB'.repeat(20)}!`],
  ['(x+x+)+y', 'x'.repeat(60)],
  ['(\\p{L}+)*\\d$', `${'é'.repeat(40)}!`],
  ['(?:a?){40}a{40}', `${'a'.repeat(39)}${'b'.repeat(60)}`],
  ['(?=(a+)+b)', `${'a'.repeat(40)}!`],
  ['(1|11|111)+$', `${'1'.repeat(60)}!`],
];

describe('a tokenizer regex that backtracks without end', () => {
  it.each(regexes)('%s ends in an error, and the next text fails at once', async (regex, text) => {
    const path = join(folder, 'tokenizer.json');
    const whole = JSON.parse(await readFile(join(root, 'qwen2.5-math-prm', 'tokenizer.json'), 'utf8')) as object;
    const pre_tokenizer = { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
    await writeFile(path, JSON.stringify({ ...whole, pre_tokenizer }));
    const tokenizer = await loadTokenizer(path);
    const start = performance.now();
    expect(() => tokenizer.encode('{text}', { text })).toThrow(/a regex of this tokenizer does not end on an ordinary text/);
    expect(() => tokenizer.encode('1 + 1 = 2')).toThrow(ModelError);
    expect(performance.now() - start).toBeLessThan(20_000);
    done('regexes', 1);
  });
});
