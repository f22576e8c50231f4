/**
 * `npm run parity`: how far StepLens's scores are from those of each family's authors' code, by precision, cache layout and way of running,
 * on the fixtures of test/fixtures/models/families/ (tiny random models of the real architectures).
 */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inferenceEntry } from '../server/bundled.js';
import { problemImages } from '../server/files/images.js';
import { quantiseFile } from '../server/onnx/quantiseFile.js';
import { readModel } from '../server/onnx/readModel.js';
import { toTokenMajor } from '../server/onnx/tokenMajor.js';
import { families } from '../server/scoring/families/families.js';
import { createScorer } from '../server/scoring/onnxScorer.js';
import type { Scorer } from '../server/scoring/scorer.js';

const root = fileURLToPath(new URL('../test/fixtures/models/families', import.meta.url));

interface Case {
  readonly question: string;
  readonly steps: readonly string[];
  readonly images?: readonly string[];
  readonly scores: readonly number[];
}

async function casesOf(family: string): Promise<readonly Case[]> {
  const { cases } = JSON.parse(await readFile(join(root, family, 'expected.json'), 'utf8')) as { cases: readonly Case[] };
  const blanks = JSON.parse(await readFile(join(root, 'blanks.json'), 'utf8')) as readonly (Partial<Case> & { readonly family: string })[];
  const own = blanks.filter((one) => one.family === family && one.scores !== undefined) as (Case & { family: string })[];
  return [...cases, ...own];
}

/** Largest difference over all cases: every solution alone, or beside a second one that leaves it after its first step. */
async function difference(scorer: Scorer, folder: string, cases: readonly Case[], isTree: boolean): Promise<number> {
  let largest = 0;
  for (const { question, steps, images = [], scores } of cases) {
    const path = steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) }));
    const other = isTree ? [{ text: 'Step 2: It is 5.', parent: 0 }] : [];
    const job = { question, images: problemImages({ searched: [folder], roots: [folder] }, images), steps: [...path, ...other] };
    const result = await scorer.score(job, { ignoreCache: true });
    scores.forEach((score, i) => (largest = Math.max(largest, Math.abs(score - result.scores[i]!))));
  }
  return largest;
}

async function layoutOf(folder: string): Promise<string> {
  const graph = (await readdir(folder)).find((name) => name === 'model.onnx' || name.startsWith('decoder'))!;
  const model = await readModel(join(folder, graph));
  if (!model.graph.inputs.some(({ name }) => name.startsWith('past_key'))) return 'no cache';
  const rewritten = toTokenMajor(model);
  return typeof rewritten === 'string' ? `Hugging Face (as it is: ${rewritten})` : 'Hugging Face, rewritten';
}

async function measured(folder: string, cases: readonly Case[]): Promise<readonly number[]> {
  const log = { info: () => undefined, warn: () => undefined };
  const scorer = createScorer({ modelFolder: folder, device: 'cpu', threads: 1, inferenceEntry, log });
  try {
    return [await difference(scorer, folder, cases, false), await difference(scorer, folder, cases, true)];
  } finally {
    await scorer.dispose();
  }
}

const { signal } = new AbortController();
let worst = 0;
process.stdout.write('| family | layout | precision | cases | alone | in a tree |\n|---|---|---|---|---|---|\n');
for (const { id } of families) {
  const folder = join(root, id);
  const cases = await casesOf(id);
  const layout = await layoutOf(folder);
  const [alone, tree] = await measured(folder, cases);
  worst = Math.max(worst, alone!, tree!);
  process.stdout.write(`| ${id} | ${layout} | float32 | ${cases.length} | ${alone!.toExponential(1)} | ${tree!.toExponential(1)} |\n`);
  const copy = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.onnx') });
    for (const name of await readdir(folder, { recursive: true }))
      if (name.endsWith('.onnx')) await quantiseFile(join(folder, name), join(copy, name), { signal, onProgress: () => undefined });
    const int8 = await measured(copy, cases);
    process.stdout.write(`| ${id} | ${layout} | int8 | ${cases.length} | ${int8[0]!.toExponential(1)} | ${int8[1]!.toExponential(1)} |\n`);
  } finally {
    await rm(copy, { recursive: true });
  }
}
process.stdout.write(`\nLargest difference in float32: ${worst.toExponential(1)}.\n`);
if (!(worst < 1e-4)) throw new Error('A family does not agree with its authors.');
