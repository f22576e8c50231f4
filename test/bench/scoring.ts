import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { imagePlace, problemImages } from '../../server/files/images.js';
import { readDocument } from '../../server/formats/registry.js';
import type { Problem } from '../../server/reasoning/problem.js';
import type { ScoreJob, Scorer } from '../../server/scoring/scorer.js';
import { openMeasuredScorer, withoutScope } from './measuredScorer.js';
import { openLeftPadded, openTransformers, type Rival } from './rivals.js';
import { interleaved, type Row } from './row.js';
import { openWholePaths } from './wholePaths.js';

const samples = 'media/samples';
/** The scorer's default, so that all rivals use the same number of threads. */
const threads = Math.max(1, Math.min(4, availableParallelism() >> 1));
/** The largest allowed difference between the scores of a step from two ways of running the graph. */
const tolerance = 1e-3;

/** A problem's steps, and the solutions they make up. */
interface Workload {
  readonly forest: ScoreJob;
  readonly paths: readonly (readonly number[])[];
}

/** Measures the sample trees and sixteen candidates, with and without shared prefixes, and an edit of the last step. */
export async function measure(): Promise<Row[]> {
  const trees = await Promise.all(
    ['number-line', 'recipe', 'savings'].map(async (name) => workload((await problems(`trees/${name}.json`))[0]!, `trees/${name}.json`)),
  );
  const candidates = workload((await problems('candidates.json'))[0]!, 'candidates.json');
  if (candidates.paths.length !== 16) throw new Error('candidates.json does not begin with a set of 16 candidates.');
  const folder = await mkdtemp(join(tmpdir(), 'steplens-bench-'));
  const modelFolder = await withoutScope(resolve('media/models/mini'), folder);
  const scorer = openMeasuredScorer(modelFolder, threads);
  const model = await openWholePaths(modelFolder);
  const rivals = [await openLeftPadded(model, threads), await openTransformers(model, threads)];
  try {
    return [
      ...(await compare('the trees of the samples', trees, scorer, rivals, 3)),
      ...(await compare('a set of 16 candidates', [candidates], scorer, rivals, 7)),
      ...(await editedStep(scorer)),
    ];
  } finally {
    await Promise.all([scorer.dispose(), ...rivals.map((rival) => rival.close())]);
    await rm(folder, { recursive: true });
  }
}

async function problems(file: string): Promise<readonly Problem[]> {
  return readDocument(await readFile(`${samples}/${file}`, 'utf8'), 'json')?.problems ?? [];
}

function workload({ question, images, steps, solutions }: Problem, file: string): Workload {
  const uri = pathToFileURL(resolve(samples, file)).href;
  const located = problemImages(imagePlace(uri, [resolve(samples)]), images);
  return { forest: { question, images: located, steps }, paths: solutions.map((solution) => solution.steps) };
}

/** Compares one forest per problem with single paths, the rivals, and one run per step (VisualPRM's first release). */
async function compare(name: string, set: readonly Workload[], scorer: Scorer, rivals: readonly Rival[], rounds: number): Promise<Row[]> {
  await requireSameScores(set, scorer, rivals);
  const present = rivals.filter(({ missing }) => missing === undefined);
  let number = 0;
  const tokens = { forest: 0, paths: 0, steps: 0 };
  const ofPaths = (part: (forest: ScoreJob, path: readonly number[]) => ScoreJob[]) =>
    run(
      scorer,
      set.flatMap(({ forest, paths }) => paths.flatMap((path) => part(forest, path))),
    );
  const [shared, onePath, oneStep, ...others] = await interleaved(rounds, [
    async () =>
      (tokens.forest = await run(
        scorer,
        set.map(({ forest }) => numbered(forest, ++number)),
      )),
    async () => (tokens.paths = await ofPaths((forest, path) => [numbered(alone(forest, path), ++number)])),
    async () =>
      (tokens.steps = await ofPaths((forest, path) => path.map((_, end) => numbered(alone(forest, path.slice(0, end + 1)), ++number)))),
    ...present.map((rival) => async () => {
      for (const { forest, paths } of set) await rival.score(numbered(forest, ++number), paths);
    }),
  ]);
  const steps = set.reduce((sum, { forest }) => sum + forest.steps.length, 0);
  const paths = set.reduce((sum, workload) => sum + workload.paths.length, 0);
  const slower = (ms: number, note?: string): Pick<Row, 'value' | 'unit' | 'ratio' | 'note'> => ({
    value: ms,
    unit: 'ms',
    ratio: { to: 'the forest', value: ms / shared! },
    ...(note !== undefined && { note }),
  });
  const tokenRatio = tokens.paths / tokens.forest;
  return [
    {
      name: `score ${name} as forests`,
      value: shared!,
      unit: 'ms',
      note: `${steps} steps of ${paths} paths, ${tokens.forest} tokens run, CPU, threads: ${threads}`,
    },
    { name: '... every path alone', ...slower(onePath!, `${tokens.paths} tokens run`) },
    {
      name: '... speed-up over that, share of the ratio of tokens',
      value: (100 * onePath!) / shared! / tokenRatio,
      unit: '%',
      note: `the forest runs 1/${tokenRatio.toFixed(2)} of the tokens`,
    },
    ...rivals.map((rival): Row => {
      const at = present.indexOf(rival);
      return at < 0
        ? { name: `... ${rival.name}`, value: null, unit: 'ms', note: `not measured: ${rival.missing}` }
        : { name: `... ${rival.name}`, ...slower(others[at]!) };
    }),
    { name: "... one run for every step, as VisualPRM's first release", ...slower(oneStep!, `${tokens.steps} tokens run`) },
  ];
}

/** A path as a job of its own. */
function alone(job: ScoreJob, path: readonly number[]): ScoreJob {
  return { ...job, steps: path.map((index, i) => ({ text: job.steps[index]!.text, ...(i > 0 && { parent: i - 1 }) })) };
}

/** Adds a number to the question, which keeps the inference process from reusing results of another job. */
function numbered(job: ScoreJob, number: number): ScoreJob {
  return { ...job, question: `${number}. ${job.question}` };
}

async function run(scorer: Scorer, jobs: readonly ScoreJob[]): Promise<number> {
  let tokens = 0;
  for (const job of jobs) tokens += (await scorer.score(job, { ignoreCache: true })).tokens;
  return tokens;
}

/** Checks that every rival gives the same scores. This is also the first, slower run of each one. */
async function requireSameScores(set: readonly Workload[], scorer: Scorer, rivals: readonly Rival[]): Promise<void> {
  for (const { forest, paths } of set) {
    const { scores } = await scorer.score(forest, { ignoreCache: true });
    const expected = paths.flatMap((path) => path.map((step) => scores[step]!));
    for (const rival of rivals) {
      if (rival.missing !== undefined) continue;
      const found = await rival.score(forest, paths);
      const difference = Math.max(...expected.map((score, i) => Math.abs(score - found[i]!)));
      if (found.length !== expected.length || !(difference <= tolerance))
        throw new Error(`${rival.name} scores ${forest.question} differently, by ${difference}.`);
    }
  }
}

/** Compares an edit of the last of twelve steps with scoring the whole solution again. */
async function editedStep(scorer: Scorer): Promise<Row[]> {
  const text = (i: number): string => `Step ${i + 1}: ${3 + i} boxes hold ${3 + i} * 7 = ${(3 + i) * 7} pens.`;
  const solution = (start: number, last: string): ScoreJob => ({
    question: `${start}. A shop packs pens into boxes of 7. How many pens are in the boxes?`,
    images: [],
    steps: Array.from({ length: 12 }, (_, i) => ({ text: i < 11 ? text(i) : last, ...(i > 0 && { parent: i - 1 }) })),
  });
  let number = 0;
  const tokens = { full: 0, edit: 0 };
  const [full, edit] = await interleaved(9, [
    async () => (tokens.full = (await scorer.score(solution(++number, 'The answer is 98.'))).tokens),
    async () => (tokens.edit = (await scorer.score(solution(number, `The answer is ${number}.`))).tokens),
  ]);
  return [
    { name: 'score a 12-step solution', value: full!, unit: 'ms', note: `${tokens.full} tokens run` },
    {
      name: '... after an edit of its last step',
      value: edit!,
      unit: 'ms',
      ratio: { to: 'the whole solution', value: edit! / full! },
      note: `${tokens.edit} tokens run`,
    },
  ];
}
