/**
 * Writes the sample workspace: `npm run samples`. Everything in it comes from a run of the pipeline on generated problems with
 * the bundled policy and PRM: the same code and models write the same files. `steplens label` makes the same trees:
 *   steplens label media/samples/problems.json --policy mini --out DIR --seed 7
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localVerifier } from '../../../server/answers/localVerifier.js';
import { problemImages } from '../../../server/files/images.js';
import { readDocument } from '../../../server/formats/registry.js';
import { InferenceClient } from '../../../server/inference/client.js';
import { createJudge } from '../../../server/labeling/judge.js';
import { labelRun } from '../../../server/labeling/labelRun.js';
import { openLocalPolicy } from '../../../server/labeling/policies/localPolicy.js';
import { labelProblems } from '../../../server/labeling/problemFile.js';
import { defaultLabelSettings, type LabelSettings } from '../../../server/labeling/runSettings.js';
import { mustGet, mustHave } from '../../../server/reasoning/present.js';
import type { Problem } from '../../../server/reasoning/problem.js';
import { exportProblems } from '../../../server/training/exportFormat.js';
import { mmPrm } from '../../../server/training/mmPrm.js';
import { processText, selectSamples } from '../../../server/training/selection.js';
import { visualPrm } from '../../../server/training/visualPrm.js';
import { judgeSteps } from '../problems/exactSteps.js';
import type { GeneratedProblem } from '../problems/problem.js';
import { indexOf, type SeedProblem, seedProblem } from '../problems/problemFile.js';
import { generateProblem, kinds } from '../problems/registry.js';
import { modelFolder, openMiniPrm } from '../score.js';
import { formulas, written } from './solutions.js';

const folder = fileURLToPath(new URL('../../../media/samples', import.meta.url));
const SEED = 7;

/** Problems of the generator (seed 7), one per kind: the first, or another if it is too easy or hard for the policy. */
const indices: Readonly<Record<string, number>> = {
  prices: 36,
  savings: 37,
  rates: 38,
  recipe: 21,
  'number-line': 51,
  perimeter: 63,
  average: 34,
};
const uses = {
  searched: ['savings', 'number-line', 'recipe'],
  continued: ['rates', 'perimeter', 'sharing'],
  /** Problems on which ways of choosing differ: all right once, only the PRM twice, only the vote once, none once. */
  compared: ['savings', 'reading-202', 'sharing-239', 'average-268', 'savings-253'],
  judged: ['prices', 'reading', 'perimeter', 'average', 'rates', 'sharing'],
};

const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

const generated = new Map<string, GeneratedProblem>();
const seeds: SeedProblem[] = [];
for (let kind = 0; kind < kinds.length; kind++) {
  const name = generateProblem(SEED, kind).kind.replaceAll(' ', '-');
  const index = indices[name] ?? kind;
  const { problem, figure } = await seedProblem(SEED, index);
  const image_path = figure && `figures/${name}.png`;
  if (figure) write(figure.path, figure.png);
  generated.set(name, generateProblem(SEED, index));
  seeds.push({ ...problem, id: name, ...(image_path && { image_path }) });
}
/** Problems that only candidate sets use, by their ids. */
const others: SeedProblem[] = [];
for (const id of uses.compared.filter((name) => !generated.has(name))) {
  const { problem, figure } = await seedProblem(SEED, indexOf(id));
  if (problem.id !== id) throw new Error(`Problem ${indexOf(id)} is ${problem.id}, not ${id}.`);
  if (figure) write(figure.path, figure.png);
  others.push(problem);
}
write('problems.json', `[\n${seeds.map((problem) => `  ${JSON.stringify(problem)}`).join(',\n')}\n]\n`);
const listed = labelProblems(problemsOf('problems.json')).problems;

const client = new InferenceClient({
  entry: fileURLToPath(new URL('../../../server/inference/main.ts', import.meta.url)),
  log: { info: () => undefined, warn: (message) => console.warn(message) },
});
const policy = openLocalPolicy({ folder: join(modelFolder, 'policy'), client, device: 'cpu', threads: 1 });
const judge = createJudge({ verifier: localVerifier() });

async function run(names: readonly string[], settings: LabelSettings, to: string): Promise<Problem[]> {
  const temporary = mkdtempSync(join(tmpdir(), 'steplens-samples-'));
  await labelRun(
    {
      problems: listed.filter(({ id }) => names.includes(id)),
      problemsFile: 'problems.json',
      settings,
      jobs: 1,
      restart: false,
      signal: new AbortController().signal,
    },
    { policy, judge, folder: temporary, images: (names) => problemImages({ searched: [folder], roots: [folder] }, names) },
  );
  rmSync(join(folder, to), { recursive: true, force: true });
  cpSync(temporary, join(folder, to), { recursive: true });
  rmSync(temporary, { recursive: true });
  const results = readdirSync(join(folder, to))
    .filter((name) => name !== 'run.json' && !name.endsWith('.events.jsonl'))
    .sort();
  return results.flatMap((name) => problemsOf(join(to, name)));
}

function problemsOf(path: string): readonly Problem[] {
  return mustHave(readDocument(readFileSync(join(folder, path), 'utf8')), `known format of ${path}`).problems;
}

const trees = await run(uses.searched, { ...defaultLabelSettings.mcts, seed: SEED }, 'trees');
const flattened = trees.flatMap((problem) =>
  selectSamples(problem, mmPrm.rules, SEED).samples.map((sample) => ({
    question: problem.question,
    answer: problem.answer,
    image_path: problem.images[0] ?? '',
    process: processText(sample),
    labels: sample.values,
  })),
);
write('flattened.json', json(flattened));
write('annotation.jsonl', lines(exportProblems(trees, mmPrm, { seed: SEED }).records));

const continued = await run(uses.continued, { ...defaultLabelSettings['monte-carlo'], seed: SEED }, 'monte-carlo');
write('visualprm400k.jsonl', lines(exportProblems(continued, visualPrm, { seed: SEED }).records));

const { score, dispose } = openMiniPrm();
const { threshold } = JSON.parse(readFileSync(join(modelFolder, 'prm.json'), 'utf8')) as { threshold: number };
const solved = async (name: string, count: number) => {
  const {
    question,
    correct_answer: answer,
    image_path,
  } = mustHave(
    [...seeds, ...others].find(({ id }) => id === name),
    `problem ${name}`,
  );
  const images = problemImages({ searched: [folder], roots: [folder] }, image_path ? [image_path] : []);
  const rollouts = await policy.sample({ question, images, prefix: [], count, seed: SEED });
  const solutions = rollouts.flatMap((rollout) => ('steps' in rollout ? [rollout.steps] : []));
  return { question, answer, images, image: image_path ?? '', solutions };
};

const candidates = [];
for (const name of uses.compared) {
  const { question, answer, images, image, solutions } = await solved(name, 16);
  const verdicts = await Promise.all(solutions.map((solution) => judge.judge({ question, reference: answer, solution })));
  const prm_scores = [];
  for (const steps of solutions) prm_scores.push((await score(question, steps, images)).map((value) => Number(value.toFixed(4))));
  candidates.push({
    id: name,
    question,
    answer,
    image_path: image,
    solutions_splits: solutions,
    labels: verdicts.map(({ verdict }) => Number(verdict === 'right')),
    prm_scores,
  });
}
write('candidates.json', json(candidates));

/** Records in VisualProcessBench's form, with the generator's verdicts in place of human labels. */
const judged = [];
for (const name of uses.judged) {
  const { question, answer, image, solutions } = await solved(name, 5);
  for (const steps of solutions) {
    const { firstError } = judgeSteps(mustGet(generated, name), steps);
    const process_correctness = steps.map((_, i) => (firstError < 0 || i < firstError ? 1 : -1));
    judged.push({
      image,
      question,
      answer,
      response: { steps, process_correctness },
      policy_model: 'StepLens mini policy',
      data_source: image === '' ? 'text' : 'figure',
    });
  }
}
write('process-benchmark.jsonl', lines(judged));

/** The first of the policy's solutions that `wanted` accepts. In the wrong sample, the PRM finds the first error. */
async function first(
  wanted: (name: string, question: string, steps: readonly string[]) => Promise<boolean>,
): Promise<[question: string, steps: readonly string[]]> {
  for (const name of ['savings', 'packing', 'recipe', 'bus', 'reading', 'rates']) {
    const { question, solutions } = await solved(name, 64);
    for (const steps of solutions) if (steps.length >= 4 && (await wanted(name, question, steps))) return [question, steps];
  }
  throw new Error('no such solution');
}
const exact = (name: string, steps: readonly string[]) => judgeSteps(mustGet(generated, name), steps);
write('solutions/right.md', written(...(await first((name, _, steps) => Promise.resolve(exact(name, steps).solved))), true));
const wrong = await first(async (name, question, steps) => {
  const { firstError, error } = exact(name, steps);
  if (firstError < 1 || error === 'form') return false;
  return (await score(question, steps, [])).findIndex((value) => value < threshold) === firstError;
});
write('solutions/wrong.md', written(...wrong, false));
write('solutions/formulas.md', formulas);
await dispose();
await client.dispose();
