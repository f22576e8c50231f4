import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EvaluationHost, evaluateFiles } from '../../server/editor/evaluationService.js';
import { explainTraining, exportTraining, trainingFormats } from '../../server/editor/trainingService.js';
import { readDocument } from '../../server/formats/registry.js';
import type { BestOfNLine, EvaluationProgressParams } from '../../server/protocol/evaluation.js';
import { FakeScorer } from './fakeScorer.js';

const problem = {
  question: 'q',
  answer: '4',
  image_path: 'a.png',
  solutions_splits: [
    ['Add.', 'The answer is 4.'],
    ['wrong.', 'The answer is 5.'],
  ],
  labels: [1, 0],
};
const node = (text: string, mc: number, ...children: object[]): object => ({
  partial_solution: [text],
  mc_value: mc,
  visit_count: 1,
  correct_rollouts: [],
  incorrect_rollouts: [],
  children,
});
const tree = {
  question: 'q',
  answer: '4',
  image_path: '',
  mc_value: 0.5,
  visit_count: 1,
  correct_rollouts: [],
  incorrect_rollouts: [],
  children: [node('a b c d e f g h i j k l', 0), node('too short', 0.5)],
};

let folder: string;
const uri = (name: string) => pathToFileURL(join(folder, name)).href;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-evaluation-'));
  await writeFile(join(folder, 'set.jsonl'), `${JSON.stringify(problem)}\n`);
  await writeFile(join(folder, 'tree.json'), JSON.stringify(tree));
});
afterAll(() => rm(folder, { recursive: true }));

function hostOf(scorer: FakeScorer, more: Partial<EvaluationHost> = {}): EvaluationHost & { readonly told: EvaluationProgressParams[] } {
  const told: EvaluationProgressParams[] = [];
  return {
    told,
    openText: () => undefined,
    images: (document, names) => names.map((name) => ({ name: `${document}#${name}`, read: () => Promise.reject(new Error('not read')) })),
    score: async (job, options) => ({
      result: await scorer.score(job, options),
      info: await scorer.describe().then(() => scorer.info as never),
    }),
    openVerifier: (rules) => Promise.resolve(rules),
    threshold: () => undefined,
    onProgress: (progress) => told.push(progress),
    now: () => 0,
    ...more,
  };
}

describe('evaluating files for a panel', () => {
  it('scores candidates with their images, reports progress, and names the files that it cannot evaluate', async () => {
    const scorer = new FakeScorer();
    const host = hostOf(scorer);
    const result = await evaluateFiles(
      { id: '1', uris: [uri('set.jsonl'), uri('tree.json'), uri('none.json'), 'vscode-vfs:/x.json'], rescore: false },
      new AbortController().signal,
      host,
    );
    expect(result.lines).toHaveLength(1);
    expect(result.lines[0]).toMatchObject({
      kind: 'bestOfN',
      problems: 1,
      candidates: 2,
      files: [join(folder, 'set.jsonl')],
      scores: { scored: 1, model: 'fake' },
    });
    expect((result.lines[0] as BestOfNLine).accuracy.min[1]!.value).toBe(1);
    expect(scorer.jobs[0]).toMatchObject({ answer: '4', images: [{ name: `${uri('set.jsonl')}#a.png` }] });
    expect(host.told.at(-1)).toEqual({ id: '1', uri: uri('set.jsonl'), done: 4, total: 4 });
    expect(result.faults.map(({ uri: of, message }) => [of, message.slice(0, 24)])).toEqual([
      [uri('tree.json'), 'there is nothing to eval'],
      [uri('none.json'), 'there is no such file'],
      ['vscode-vfs:/x.json', 'it is not on this machin'],
    ]);
  });

  it('reads an open document from the editor, not from the disk', async () => {
    const open = {
      ...problem,
      prm_scores: [
        [0.9, 0.9],
        [0.1, 0.1],
      ],
    };
    const scorer = new FakeScorer();
    const result = await evaluateFiles(
      { id: '1', uris: [uri('set.jsonl')], rescore: false },
      new AbortController().signal,
      hostOf(scorer, { openText: () => ({ languageId: 'jsonl', getText: () => `${JSON.stringify(open)}\n` }) }),
    );
    expect(result).toMatchObject({ lines: [{ scores: { recorded: 1, scored: 0 } }], faults: [] });
    expect(scorer.jobs).toEqual([]);
  });

  it('rejects when it is cancelled, and rejects with the reason when scoring fails', async () => {
    const abort = new AbortController();
    const scorer = new FakeScorer();
    scorer.before = () => abort.abort();
    const params = { id: '1', uris: [uri('set.jsonl')], rescore: false };
    await expect(evaluateFiles(params, abort.signal, hostOf(scorer))).rejects.toThrow();
    expect(abort.signal.aborted).toBe(true);
    const failing = hostOf(scorer, { score: () => Promise.reject(new Error('no model')) });
    await expect(evaluateFiles(params, new AbortController().signal, failing)).rejects.toThrow('no model');
  });
});

describe('training data', () => {
  const none = () => undefined;

  it('is exported from a folder with every exclusion counted', async () => {
    const out = pathToFileURL(join(folder, 'out.jsonl.txt')).href;
    const result = await exportTraining({ uris: [pathToFileURL(folder).href], format: 'mm-prm', threshold: 0, seed: 1, out }, none);
    expect(result).toMatchObject({
      files: 2,
      samples: 1,
      samplesWithError: 1,
      excluded: [
        { reason: 'missing-value', count: 2 },
        { reason: 'too-short', count: 1 },
      ],
    });
    expect((await readFile(join(folder, 'out.jsonl.txt'), 'utf8')).trimEnd().split('\n')).toHaveLength(1);
    expect(await readFile(join(folder, 'out.jsonl.card.md'), 'utf8')).toMatch(
      /1 samples, 1 of them with an error[^]*\| missing-value \| 2 \|/,
    );
  });

  it('is refused with the reason for an unknown format, target or source', async () => {
    const params = { uris: [uri('tree.json')], format: 'mm-prm', threshold: 0, seed: 1, out: uri('x.jsonl') };
    await expect(exportTraining({ ...params, format: 'parquet' }, none)).rejects.toThrow('There is no format "parquet"');
    await expect(exportTraining({ ...params, out: 'untitled:x' }, none)).rejects.toThrow('untitled:x');
    await expect(exportTraining({ ...params, uris: [uri('none.json')] }, none)).rejects.toThrow('there is no such file');
  });

  it('is explained for any node in every format, with the rules used', () => {
    const [read] = readDocument(JSON.stringify(tree), 'json')!.problems;
    const answers = explainTraining([read!], 0, { node: 2, seed: 1, thresholds: { qwen: 0.5 } });
    expect(answers.map(({ format }) => format)).toEqual(trainingFormats().map(({ id }) => id));
    expect(answers[0]).toMatchObject({ format: 'mm-prm', included: false, threshold: 0, why: 'Not in the set: its text is too short.' });
    expect(answers.find(({ format }) => format === 'qwen')).toMatchObject({
      included: true,
      threshold: 0.5,
      rules: expect.arrayContaining(['A value at or below 0.5 is an error.']) as string[],
    });
    expect(explainTraining([read!], 0, { node: 9, seed: 1, thresholds: {} })).toEqual([]);
    expect(explainTraining([], 0, { step: 0, seed: 1, thresholds: {} })).toEqual([]);
  });
});
