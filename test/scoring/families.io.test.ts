import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';
import { ModelError } from '../../server/models/modelError.js';
import { loadTokenizer, type TextTokenizer } from '../../server/models/tokenizer.js';
import { families, findFamily } from '../../server/scoring/families/families.js';
import { createEncoder, type Layout, markersOf } from '../../server/scoring/layouts/layouts.js';
import { createReader } from '../../server/scoring/readouts/readouts.js';
import { scoreJob } from '../../server/scoring/scorer.js';
import { asRead, type Trimming } from '../../server/scoring/trimming.js';

const root = fileURLToPath(new URL('../fixtures/models/families', import.meta.url));
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'families-'));
});
afterAll(() => rm(scratch, { recursive: true }));

interface Expected {
  readonly question: string;
  readonly steps: readonly string[];
  readonly images?: readonly string[];
  /** A run of image tokens is [token, count]. */
  readonly ids: readonly (number | readonly [number, number])[];
  readonly reads: readonly number[];
}

function tokenizerOf(folder: string, layout: Layout, images?: { readonly token: string }): Promise<TextTokenizer> {
  return loadTokenizer(join(folder, 'tokenizer.json'), ...markersOf(layout, images));
}

describe.each(families.map(({ id }) => id))('the family %s', (id) => {
  const { layout, images } = findFamily(id)!.profile;

  it("has the token IDs and the reading positions of the authors' code", async () => {
    const encoder = createEncoder(layout, await tokenizerOf(join(root, id), layout, images));
    const { cases } = JSON.parse(await readFile(join(root, id, 'expected.json'), 'utf8')) as { cases: readonly Expected[] };
    for (const { question, steps, ids: short, reads, images: files = [] } of cases) {
      const ids = short.flatMap((entry) => (typeof entry === 'number' ? [entry] : Array<number>(entry[1]).fill(entry[0])));
      // The same number of image tokens as in the sequence, image by image.
      const runs = short.filter((entry) => typeof entry !== 'number');
      expect(runs).toHaveLength(files.length);
      const problem = encoder.open(
        question,
        runs.map((run) => images!.kind !== 'resize' && images!.before + images!.token.repeat(run[1]) + images!.after).join(''),
      );
      const own = [...problem.prompt];
      const ownReads = steps.map((step, i) => {
        const { ids: added, read } = problem.step(step, i);
        own.push(...added);
        return own.length - added.length + read;
      });
      expect(ownReads).toEqual(reads);
      expect(own).toEqual(ids.slice(0, own.length));
    }
  });
});

interface Blanks {
  readonly family: string;
  readonly question: string;
  readonly steps: readonly string[];
  readonly ids: readonly number[];
  readonly reads: readonly number[];
}

describe('texts that begin and end in blanks', async () => {
  const cases = JSON.parse(await readFile(join(root, 'blanks.json'), 'utf8')) as readonly Blanks[];

  it('are tested for every family', () => {
    const counts = new Map(families.map(({ id }) => [id, cases.filter(({ family }) => family === id).length]));
    expect([...new Set(counts.values())]).toEqual([4]);
  });

  it.each(cases)('are read from a file as the authors of $family read them: $question', async ({ family, question, steps, ids, reads }) => {
    const file = JSON.stringify([{ question, answer: '7', solutions_splits: [steps] }]);
    const { problems } = readDocument(file, 'json')!;
    expect(problems[0]!.steps.map(({ text }) => text)).toEqual(steps.map((step) => step.trim()));
    const { layout, trim, images } = findFamily(family)!.profile;
    const job = asRead(scoreJob(problems[0]!, []), trim);
    const problem = createEncoder(layout, await tokenizerOf(join(root, family), layout, images)).open(job.question);
    const own = [...problem.prompt];
    const ownReads = job.steps.map(({ text }, i) => {
      const { ids: added, read } = problem.step(text, i);
      own.push(...added);
      return own.length - added.length + read;
    });
    expect(ownReads).toEqual(reads);
    expect(own).toEqual(ids.slice(0, own.length));
  });

  it('are kept, trimmed in steps, or trimmed everywhere, as the profile asks', () => {
    const job = {
      question: 'a',
      rawQuestion: ' a ',
      images: [],
      steps: [
        { text: 'b', raw: 'b\n' },
        { text: 'c ', parent: 0 },
      ],
    };
    const texts = (trim: Trimming) => {
      const { question, steps } = asRead(job, trim);
      return [question, ...steps.map(({ text }) => text)];
    };
    expect(texts('none')).toEqual([' a ', 'b\n', 'c ']);
    expect(texts('steps')).toEqual([' a ', 'b', 'c']);
    expect(texts('all')).toEqual(['a', 'b', 'c']);
  });
});

/** Copies a family's tokenizer with a change. */
async function changed(id: string, change: (tokenizer: Tokenizer, config: Record<string, unknown>) => void): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'm-'));
  const tokenizer = JSON.parse(await readFile(join(root, id, 'tokenizer.json'), 'utf8')) as Tokenizer;
  const config = JSON.parse(await readFile(join(root, id, 'tokenizer_config.json'), 'utf8')) as Record<string, unknown>;
  change(tokenizer, config);
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return folder;
}

interface Tokenizer {
  added_tokens: { id: number; content: string; special: boolean }[];
  model: { vocab: Record<string, number>; merges: string[] };
}

describe('the check of a profile against its tokenizer', () => {
  async function refusal(id: string, change: Parameters<typeof changed>[1]): Promise<string> {
    const { layout, readout } = findFamily(id)!.profile;
    const folder = await changed(id, change);
    try {
      const tokenizer = await tokenizerOf(folder, layout);
      createEncoder(layout, tokenizer);
      createReader(readout, tokenizer);
    } catch (error) {
      expect(error).toBeInstanceOf(ModelError);
      return (error as Error).message;
    }
    return 'accepted';
  }

  it("names the marker that another model's tokenizer lacks", async () => {
    const message = await refusal('qwen2.5-math-prm', ({ added_tokens: added }) =>
      added.splice(
        added.findIndex(({ content }) => content === '<extra_0>'),
        1,
      ),
    );
    expect(message).toMatch(
      /tokenizer\.json: the marker "<extra_0>" makes \d tokens, but must be one token\. Use the tokenizer the model was trained with/,
    );
  });

  it('names the answer token that the vocabulary lacks', async () => {
    const message = await refusal('mm-prm', ({ model }) => {
      delete model.vocab['Yes'];
      model.merges = model.merges.filter((merge) => merge.replace(' ', '') !== 'Yes');
    });
    expect(message).toContain('the vocabulary has no entry "Yes", the positive token');
  });

  it('asks for the chat template and the first token if they are missing', async () => {
    expect(await refusal('rlhflow', (_, config) => delete config['chat_template'])).toMatch(
      /there is no chat template, neither in tokenizer_config\.json nor as chat_template\.jinja\. Copy these files/,
    );
    expect(await refusal('rlhflow', (_, config) => (config['chat_template'] = '{% for %}'))).toMatch(
      /The chat template of .*tokenizer\.json cannot be applied: /,
    );
    expect(await refusal('skywork-o1-open-prm', (_, config) => (config['bos_token'] = null))).toContain(
      "'bos_token' is missing in tokenizer_config.json",
    );
  });

  it('refuses a first token that the tokenizer reads as letters', async () => {
    const message = /: ".+", which the profile puts before the text, is not one of its special tokens/;
    expect(await refusal('skywork-o1-open-prm', (_, config) => (config['bos_token'] = '<nope>'))).toMatch(message);
    expect(await refusal('math-shepherd', (tokenizer) => (tokenizer.added_tokens = []))).toMatch(message);
  });

  it('refuses a chat template that formats a later turn differently', async () => {
    const template =
      "{{ bos_token }}{% for m in messages %}{{ loop.index if loop.index > 2 else '' }}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content }}<|eot_id|>{% endfor %}";
    expect(await refusal('rlhflow', (_, config) => (config['chat_template'] = template))).toContain(
      'does not lay a later turn out as the one before it',
    );
  });

  it('refuses a tokenizer that joins a step with the next one', async () => {
    const message = await refusal('math-shepherd', ({ model }) => {
      model.vocab['\n'] = 9999;
      model.vocab['▁ки\n'] = 10_000;
      model.merges.push('▁ки \n');
    });
    expect(message).toContain('joins the end of a step with what follows it');
  });

  it('also reads a chat template from chat_template.jinja', async () => {
    const folder = await changed('rlhflow', (_, config) => delete config['chat_template']);
    const config = JSON.parse(await readFile(join(root, 'rlhflow', 'tokenizer_config.json'), 'utf8')) as { chat_template: string };
    await writeFile(join(folder, 'chat_template.jinja'), config.chat_template);
    expect((await readdir(folder)).sort()).toEqual(['chat_template.jinja', 'tokenizer.json', 'tokenizer_config.json']);
    const { layout } = findFamily('rlhflow')!.profile;
    const [own, real] = await Promise.all(
      [folder, join(root, 'rlhflow')].map(
        async (one) =>
          createEncoder(layout, await tokenizerOf(one, layout))
            .open('1 + 1?')
            .step('It is 2.', 0).ids,
      ),
    );
    expect(own).toEqual(real);
  });
});

describe('the lookup of tokens', () => {
  it('gives the same tokens if the newer Metaspace puts the blank before a text', async () => {
    for (const id of ['math-shepherd', 'reasoneval-7b']) {
      const folder = await changed(id, (tokenizer) => {
        const json = tokenizer as unknown as Record<string, unknown>;
        json['normalizer'] = null;
        json['pre_tokenizer'] = {
          type: 'Metaspace',
          replacement: '▁',
          prepend_scheme: id === 'math-shepherd' ? 'first' : 'always',
          split: false,
        };
      });
      const { layout } = findFamily(id)!.profile;
      const [own, old] = await Promise.all(
        [folder, join(root, id)].map(async (one) => {
          const problem = createEncoder(layout, await tokenizerOf(one, layout)).open('How many  are left in 4 boxes?');
          return [...problem.prompt, ...['Step 1: 3 eggs.', 'Step 2: $2 each.'].flatMap((step, i) => problem.step(step, i).ids)];
        }),
      );
      expect(own).toEqual(old);
    }
  });

  it('distinguishes a vocabulary entry from the token of a text in SentencePiece vocabularies', async () => {
    const tokenizer = await loadTokenizer(join(root, 'math-shepherd', 'tokenizer.json'));
    expect(tokenizer.tokenId('+', 'sign')).not.toBe(tokenizer.pieceId('+', 'sign'));
    expect(tokenizer.decode([tokenizer.tokenId('+', 'sign')])).toBe(tokenizer.decode([tokenizer.pieceId('▁+', 'sign')]));
    expect(tokenizer.encode('ки', {}, 'inside')).toEqual([tokenizer.pieceId('ки', 'marker')]);
    expect(tokenizer.encode('ки')).toEqual([tokenizer.pieceId('▁ки', 'marker')]);
  });
});
