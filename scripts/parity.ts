/**
 * `npm run parity [-- FAMILY]`: difference between StepLens's scores and those of the authors' code of each family, by precision, cache layout and way
 * of running, on the fixtures of test/fixtures/models/families/ (tiny random models of the real architectures).
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inferenceEntry } from '../server/bundled.js';
import { problemImages } from '../server/files/images.js';
import { tolerance } from '../server/inference/admission.js';
import { toFastLayout } from '../server/onnx/fastLayout.js';
import { writeModel } from '../server/onnx/model.js';
import { quantiseFile } from '../server/onnx/quantiseFile.js';
import { readModel } from '../server/onnx/readModel.js';
import { itemAt } from '../server/reasoning/present.js';
import { families } from '../server/scoring/families/families.js';
import { createScorer } from '../server/scoring/onnxScorer.js';
import type { Scorer } from '../server/scoring/scorer.js';
import { toHalf } from './halfGraph.js';

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

/** Largest difference over all cases: every solution alone, or with a second one branching off after its first step. */
async function difference(scorer: Scorer, folder: string, cases: readonly Case[], isTree: boolean): Promise<number> {
  let largest = 0;
  for (const { question, steps, images = [], scores } of cases) {
    const path = steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) }));
    const other = isTree ? [{ text: 'Step 2: It is 5.', parent: 0 }] : [];
    const job = { question, images: problemImages({ searched: [folder], roots: [folder] }, images), steps: [...path, ...other] };
    const result = await scorer.score(job, { ignoreCache: true });
    scores.forEach((score, i) => (largest = Math.max(largest, Math.abs(score - itemAt(result.scores, i)))));
  }
  return largest;
}

/** How a family's graphs are made in each precision, and the tolerance of a score against the authors' in float32. */
const precisions: readonly {
  readonly name: string;
  readonly tolerance: number | undefined;
  readonly convert: (from: string, to: string) => Promise<void>;
}[] = [
  { name: 'float32', tolerance: 1e-4, convert: (from, to) => cp(from, to) },
  {
    name: 'float16',
    // The tolerance for devices in half precision. On the CPU the runtime inserts casts around nodes without a kernel.
    tolerance: tolerance.half,
    convert: async (from, to) =>
      writeFile(
        to,
        writeModel(toHalf(await readModel(from, Infinity)), () => ''),
      ),
  },
  {
    name: 'int8',
    // Random weights do not show what int8 costs a trained model, so the difference is printed but has no limit.
    tolerance: undefined,
    convert: async (from, to) => void (await quantiseFile(from, to, { signal: new AbortController().signal, onProgress: () => undefined })),
  },
];

/** Layouts of a decoder's keys and values: as exported, and StepLens's. `change` returns why a family lacks it. */
const layouts: readonly { readonly name: string; readonly change: (path: string) => Promise<string | undefined> }[] = [
  { name: 'as exported', change: () => Promise.resolve(undefined) },
  { name: "StepLens's", change: toFastLayout },
];

async function measured(folder: string, cases: readonly Case[]): Promise<readonly [alone: number, tree: number]> {
  const log = { info: () => undefined, warn: () => undefined };
  const scorer = createScorer({ modelFolder: folder, device: 'cpu', threads: 1, inferenceEntry, log });
  try {
    return [await difference(scorer, folder, cases, false), await difference(scorer, folder, cases, true)];
  } finally {
    await scorer.dispose();
  }
}

/** One row of the table: the differences, or why there are none. */
async function row(id: string, precision: (typeof precisions)[number], layout: (typeof layouts)[number]): Promise<string> {
  const folder = join(root, id);
  const cases = await casesOf(id);
  const copy = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.onnx') });
    const graphs = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.onnx'));
    for (const name of graphs) await precision.convert(join(folder, name), join(copy, name));
    const decoders = graphs.filter((name) => !/vision|embed/.test(name));
    for (const name of decoders) {
      const reason = await layout.change(join(copy, name));
      if (reason !== undefined) return `| ${id} | ${precision.name} | ${layout.name} | ${cases.length} | - | - | - | none: ${reason} |`;
    }
    const [alone, tree] = await measured(copy, cases);
    const isWithin = precision.tolerance === undefined || Math.max(alone, tree) <= precision.tolerance;
    if (!isWithin) missed.push(`${id} in ${precision.name}, ${layout.name}`);
    const verdict = precision.tolerance === undefined ? 'not judged' : isWithin ? 'yes' : 'NO';
    return `| ${id} | ${precision.name} | ${layout.name} | ${cases.length} | ${alone.toExponential(1)} | ${tree.toExponential(1)} | ${precision.tolerance ?? '-'} | ${verdict} |`;
  } catch (error) {
    if (precision.name === 'float32') throw error;
    return `| ${id} | ${precision.name} | ${layout.name} | ${cases.length} | - | - | - | none: ${(error as Error).message.replaceAll(copy, '').replaceAll(/\s+/g, ' ').slice(0, 160)} |`;
  } finally {
    await rm(copy, { recursive: true });
  }
}

const missed: string[] = [];
const [only] = process.argv.slice(2);
process.stdout.write(
  '| family | precision | layout | cases | alone | in a tree | tolerance | within |\n|---|---|---|---|---|---|---|---|\n',
);
for (const { id } of families) {
  if (only !== undefined && id !== only) continue;
  for (const precision of precisions) for (const layout of layouts) process.stdout.write(`${await row(id, precision, layout)}\n`);
}
if (missed.length > 0) throw new Error(`Not as the authors' within the tolerance: ${missed.join('; ')}.`);
