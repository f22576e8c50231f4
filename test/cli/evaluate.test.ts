import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BestOfNLine, EvaluateLine, ProcessLine } from '../../server/evaluation/evaluationLine.js';
import { ModelError } from '../../server/models/modelError.js';
import { FakeScorer } from '../editor/fakeScorer.js';
import { run } from './runner.js';

const candidates = (question: string, recorded: boolean): object => ({
  question,
  answer: '4',
  image_path: '',
  solutions_splits: [
    ['Add.', 'The answer is 4.'],
    ['Guess.', 'wrong: the answer is 5.'],
    ['Guess.', 'The answer is 5.'],
    ['Add.', 'The answer is 4.'],
  ],
  labels: [1, 0, 0, 1],
  ...(recorded && {
    prm_scores: [
      [0.9, 0.2],
      [0.9, 0.8],
      [0.9, 0.7],
      [0.9, 0.1],
    ],
  }),
});
const judged = (id: string, label: number, steps: string[]): object => ({
  id,
  generator: id.startsWith('math') ? 'B' : 'A',
  problem: '2 + 2?',
  steps,
  final_answer_correct: label < 0,
  label,
});

let folder: string;
const at = (name: string) => join(folder, name);
const write = (name: string, records: object[]) => writeFile(at(name), records.map((record) => `${JSON.stringify(record)}\n`).join(''));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-evaluate-'));
  await write('plain.jsonl', [candidates('q1', false), candidates('q2', false)]);
  await write('recorded.jsonl', [candidates('q3', true)]);
  await write('process.jsonl', [
    judged('gsm8k-0', 1, ['One.', 'wrong two.', 'Three.']),
    judged('gsm8k-1', -1, ['One.', 'Two.']),
    judged('math-0', 0, ['One.', 'Two.']),
    judged('math-1', -1, ['wrong alarm.']),
  ]);
  await write('visual.jsonl', [
    {
      image: [],
      question: 'q',
      answer: 'A',
      response: { steps: ['Hm.', 'One.', 'wrong.', 'Two.'], process_correctness: [0, 1, -1, -1] },
      policy_model: 'P',
      data_source: 'WeMath',
    },
  ]);
  const { labels: _labels, ...unjudged } = candidates('q4', true) as { labels: number[] };
  await write('unjudged.jsonl', [unjudged, { ...unjudged, answer: 'a picture of four ducks' }]);
  await writeFile(
    at('tree.json'),
    JSON.stringify({
      question: 'q',
      answer: '4',
      image_path: '',
      mc_value: 0.5,
      visit_count: 1,
      correct_rollouts: [],
      incorrect_rollouts: [],
      children: [],
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function lines(out: string): Promise<EvaluateLine[]> {
  const schema = JSON.parse(await readFile('media/schemas/evaluate.schema.json', 'utf8')) as object;
  const validate = new Ajv({ strict: false }).compile(schema);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => {
      const value: unknown = JSON.parse(line);
      if (!validate(value)) throw new Error(`${JSON.stringify(validate.errors)}\n${line}`);
      return value as EvaluateLine;
    });
}

describe('steplens evaluate', () => {
  it('scores a candidate set with the model and compares the ways to choose a candidate', async () => {
    const { code, out, scorer } = await run(['evaluate', at('plain.jsonl'), '--json']);
    expect(code).toBe(0);
    const [line] = (await lines(out)) as [BestOfNLine];
    expect(line).toMatchObject({
      kind: 'bestOfN',
      problems: 2,
      candidates: 8,
      unscored: 0,
      unanswered: 0,
      sizes: [1, 2, 3, 4],
      complete: [2, 2, 2, 2],
      scores: { recorded: 0, scored: 1, model: 'fake', device: 'cpu' },
    });
    expect(line.accuracy.random[3]!.value).toBeCloseTo(0.5);
    expect(line.accuracy.pass[3]!.value).toBe(1);
    expect(line.accuracy.min[3]!.value).toBe(1);
    expect(line.accuracy.selfConsistency[3]!.value).toBe(1);
    expect(
      scorer.jobs.map(({ answer }) => answer),
      'a judge gets the answers',
    ).toEqual(['4', '4']);
    expect(scorer.isDisposed).toBe(true);
  });

  it('omits the choices by score when the model knows none of the candidates, and prints the reason', async () => {
    const foreign = candidates('q5', false) as { solutions_splits: string[][] };
    const unknown = { ...foreign, solutions_splits: foreign.solutions_splits.map((steps) => steps.map((step) => `foreign: ${step}`)) };
    await write('unknown.jsonl', [unknown]);
    const { code, out } = await run(['evaluate', at('unknown.jsonl')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^ +self-consistency /m);
    expect(out).not.toMatch(/^ +PRM min/m);
    expect(out).toContain('No candidate has a score, so none was chosen by one.');
    expect(out).toContain('8 steps not scored. fake knows only plain words.');
    const [line] = (await lines((await run(['evaluate', at('unknown.jsonl'), '--json'])).out)) as [BestOfNLine];
    expect(line).toMatchObject({ unscored: 4, scores: { notScored: [{ reason: 'fake knows only plain words.', steps: 8 }] } });
    await write('partly.jsonl', [unknown, candidates('q6', false)]);
    const partly = (await run(['evaluate', at('partly.jsonl')])).out;
    expect(partly).toMatch(/^ +PRM min/m);
    expect(partly).toContain('4 candidates without a score are chosen last.');
  });

  it('uses the scores in a file without starting a model, unless --rescore is set', async () => {
    const { code, out, created } = await run(['evaluate', at('recorded.jsonl'), '--json']);
    expect(code).toBe(0);
    expect(created).toEqual([]);
    const [line] = (await lines(out)) as [BestOfNLine];
    expect(line.scores).toEqual({ recorded: 1, scored: 0 });
    expect(line.accuracy.last[3]!.value).toBe(0);
    const again = await run(['evaluate', at('recorded.jsonl'), '--json', '--rescore']);
    expect(((await lines(again.out)) as [BestOfNLine])[0]).toMatchObject({ scores: { recorded: 0, scored: 1, model: 'fake' } });
  });

  it('judges final answers without a verdict in the file, and leaves out those that the rules cannot decide', async () => {
    const { code, out } = await run(['evaluate', at('unjudged.jsonl'), '--json']);
    expect(code).toBe(0);
    const [line] = (await lines(out)) as [BestOfNLine];
    expect(line).toMatchObject({ problems: 1, candidates: 4, withoutVerdict: 1 });
    expect(line.accuracy.random[3]!.value).toBeCloseTo(0.5);
    expect(line.accuracy.pass[3]!.value).toBe(1);
  });

  it('reports the first-error F1 for ProcessBench, by subset and generator', async () => {
    const [line] = (await lines((await run(['evaluate', at('process.jsonl'), '--json'])).out)) as [ProcessLine];
    expect(line).toMatchObject({
      kind: 'processBenchmark',
      benchmark: 'processBench',
      headline: 'firstErrorF1',
      threshold: 0.5,
      score: { value: 0.5 },
    });
    expect(line.all.firstError).toMatchObject({ erroneous: 2, correct: 2, errorAccuracy: 0.5, correctAccuracy: 0.5, f1: 0.5 });
    expect(Object.keys(line.bySource)).toEqual(['gsm8k', 'math']);
    expect(line.bySource.gsm8k!.firstError.f1).toBe(1);
    expect(Object.keys(line.byModel)).toEqual(['A', 'B']);
    expect(line.sweep.thresholds).toHaveLength(101);
  });

  it('reports the macro F1 for VisualProcessBench without neutral steps, at the threshold of --threshold', async () => {
    const at05 = ((await lines((await run(['evaluate', at('visual.jsonl'), '--json'])).out)) as [ProcessLine])[0];
    expect(at05).toMatchObject({ headline: 'macroF1', neutralSteps: 1, all: { counts: { tp: 1, fp: 1, tn: 1, fn: 0 } } });
    expect(at05.score.value).toBeCloseTo((2 / 3 + 2 / 3) / 2);
    const at095 = ((await lines((await run(['evaluate', at('visual.jsonl'), '--json', '--threshold', '0.95'])).out)) as [ProcessLine])[0];
    expect(at095).toMatchObject({ threshold: 0.95, all: { counts: { tp: 0, fp: 0, tn: 2, fn: 1 } } });
  });

  it('prints one table for each kind of file, with all files of that kind', async () => {
    const { code, out } = await run(['evaluate', at('plain.jsonl'), at('recorded.jsonl'), at('process.jsonl')]);
    expect(code).toBe(0);
    expect(out).toContain('Best-of-N: accuracy in % over 3 problems, 12 candidates');
    expect(out).toMatch(/N=1 +N=2 +N=4 +95 % interval +gain over random/);
    expect(out).toMatch(/pass@N +50\.0 +83\.3 +100\.0/);
    expect(out).toContain('Scores as they are in 1 file, 1 file scored with fake on cpu · seed 1');
    expect(out).toContain('ProcessBench: first-error F1 50.0');
    expect(out).toMatch(/source gsm8k +2 +4/);
  });

  it('reports files that are missing or have nothing to evaluate, and evaluates the others', async () => {
    const { code, out, err } = await run(['evaluate', at('tree.json'), at('visual.jsonl'), at('missing.json'), '--json']);
    expect(code).toBe(2);
    expect(err).toContain('tree.json: there is nothing to evaluate in it');
    expect(err).toContain('missing.json: there is no such file');
    expect(await lines(out)).toHaveLength(1);
  });

  it('prints the same output with the same seed', async () => {
    const first = await run(['evaluate', at('plain.jsonl'), '--json', '--seed', '3']);
    expect((await run(['evaluate', at('plain.jsonl'), '--json', '--seed', '3'])).out).toBe(first.out);
  });

  it('refuses invalid arguments, and fails when the model cannot be used', async () => {
    for (const wrong of [
      [],
      ['x.json', '--seed', '-1'],
      ['x.json', '--threshold', '2'],
      ['x.json', '--device', 'abacus'],
      ['x.json', '--wrong'],
    ]) {
      const { code, err } = await run(['evaluate', ...wrong]);
      expect([code, err]).toEqual([2, expect.stringMatching(/^steplens: .*See "steplens evaluate --help"\.\n$/)]);
    }
    const { code, err } = await run(
      ['evaluate', at('plain.jsonl')],
      {},
      new FakeScorer(new ModelError('no model in /x; name one with --model')),
    );
    expect([code, err]).toEqual([2, 'steplens: no model in /x; name one with --model\n']);
  });
});
