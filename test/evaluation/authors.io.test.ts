import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BestOfNLine, ProcessLine } from '../../server/protocol/evaluation.js';
import { run } from '../cli/runner.js';

/** Folder of the rows and numbers from `scripts/evaluation/authors.py`, which runs the authors' own code. */
const folder = 'test/fixtures/evaluation';

async function evaluated<Line>(file: string, options: readonly string[] = []): Promise<Line> {
  const { code, out, err } = await run(['evaluate', resolve(folder, file), '--json', ...options]);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Line;
}

/** Writes a copy whose scores [wrong, neutral, right] are replaced by the validity, neutral + right, and returns its path. */
async function withSingleValues(file: string): Promise<string> {
  const copies = await mkdtemp(join(tmpdir(), 'steplens-'));
  onTestFinished(() => rm(copies, { recursive: true }));
  const lines = (await readFile(join(folder, file), 'utf8')).trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { scores: [number, number, number][] });
  const single = rows.map((row) => JSON.stringify({ ...row, scores: row.scores.map(([, neutral, right]) => neutral + right) }));
  await writeFile(join(copies, file), single.join('\n'));
  return join(copies, file);
}

interface Numbers {
  readonly prmBench: {
    readonly all: Record<string, number>;
    readonly classes: Readonly<Record<string, { positiveF1: number; negativeF1: number | null; prmScore: number; accuracy: number }>>;
  };
  readonly mmPrm: Readonly<Record<'pass' | 'min' | 'last' | 'product' | 'mean' | 'max' | 'sumLog' | 'sumLogit' | 'meanOdds', number>>;
  readonly processBench: {
    readonly subsets: Readonly<Record<string, { errorAccuracy: number; correctAccuracy: number; f1: number }>>;
    readonly average: number;
  };
  readonly reasonEval: Readonly<Record<'mr-gsm8k' | 'mr-math', { readonly macroF1: number; readonly fromValidity: number }>>;
  readonly visualProcessBench: { readonly positiveF1: number; readonly negativeF1: number; readonly macroF1: number };
}

const numbers = JSON.parse(await readFile(`${folder}/numbers.json`, 'utf8')) as Numbers;
const near = (value: number | null | undefined, expected: number): void => expect(value).toBeCloseTo(expected, 6);

describe("steplens evaluate, compared with the authors' own numbers", () => {
  it('matches PRMBench to 1e-6: PRMScore and both F1 values of all and every class, multi_solutions by right steps alone', async () => {
    const { all, bySource, threshold, thresholdOrigin } = await evaluated<ProcessLine>('prmbench.jsonl', ['--threshold', '0.5']);
    const { all: total, classes } = numbers.prmBench;
    expect([threshold, thresholdOrigin]).toEqual([0.5, 'fixed']);
    near(all.macroF1, total.prmScore!);
    near(all.f1Correct, total.positiveF1!);
    near(all.f1Incorrect, total.negativeF1!);
    near(all.microF1, total.accuracy!);
    expect(Object.keys(bySource).sort()).toEqual(Object.keys(classes).sort());
    for (const [name, expected] of Object.entries(classes)) {
      near(bySource[name]!.macroF1, expected.prmScore);
      near(bySource[name]!.f1Correct, expected.positiveF1);
      if (expected.negativeF1 !== null) near(bySource[name]!.f1Incorrect, expected.negativeF1);
      near(bySource[name]!.microF1, expected.accuracy);
    }
  });

  it('matches MM-PRM to 1e-6: Best-of-16 by every score, and pass@16', async () => {
    const { accuracy } = await evaluated<BestOfNLine>('mm-prm.jsonl');
    for (const [name, expected] of Object.entries(numbers.mmPrm)) near(accuracy[name as keyof Numbers['mmPrm']][15]!.value, expected);
  });

  it('matches ProcessBench to 1e-6: both accuracies and F1 of every subset, and their average', async () => {
    const { bySource, meanOverSources } = await evaluated<ProcessLine>('processbench.jsonl', ['--threshold', '0.5']);
    for (const [name, expected] of Object.entries(numbers.processBench.subsets)) {
      near(bySource[name]!.firstError.errorAccuracy, expected.errorAccuracy);
      near(bySource[name]!.firstError.correctAccuracy, expected.correctAccuracy);
      near(bySource[name]!.firstError.f1, expected.f1);
    }
    near(meanOverSources, numbers.processBench.average);
  });

  it('matches VisualProcessBench to 1e-6: macro F1 without neutral steps', async () => {
    const { all } = await evaluated<ProcessLine>('visualprocessbench.jsonl', ['--threshold', '0.5']);
    near(all.f1Correct, numbers.visualProcessBench.positiveF1);
    near(all.f1Incorrect, numbers.visualProcessBench.negativeF1);
    near(all.macroF1, numbers.visualProcessBench.macroF1);
  });

  it.each(['mr-gsm8k', 'mr-math'] as const)(
    'matches %s to 1e-6: macro F1 of the steps up to the first error, by the three values of ReasonEval and by the one value of another PRM',
    async (file) => {
      const { all } = await evaluated<ProcessLine>(`${file}.jsonl`, ['--threshold', '0.5']);
      near(all.macroF1, numbers.reasonEval[file].macroF1);
      const single = await evaluated<ProcessLine>(await withSingleValues(`${file}.jsonl`), ['--threshold', '0.5']);
      near(single.all.macroF1, numbers.reasonEval[file].fromValidity);
    },
  );

  it('names the validation file that its threshold was swept on, and refuses one without labels and scores', async () => {
    const line = await evaluated<ProcessLine>('processbench.jsonl', ['--threshold-from', `${folder}/processbench.jsonl`]);
    expect(line.thresholdOrigin).toBe(`swept on ${folder}/processbench.jsonl`);
    expect(line.score.value).toBeCloseTo(line.best.firstErrorF1!.value, 12);
    expect((await evaluated<ProcessLine>('processbench.jsonl')).thresholdOrigin).toBe('default');
    const { code, err } = await run(['evaluate', `${folder}/processbench.jsonl`, '--threshold-from', `${folder}/mm-prm.jsonl`]);
    expect([code, err]).toEqual([2, expect.stringContaining('has no steps with both a label and a score')]);
  });
});
