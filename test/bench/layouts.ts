import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { type DecoderShape, writeHuggingFaceDecoder, writeTokenMajorDecoder } from './decoderGraph.js';
import { type MeasuredScorer, openMeasuredScorer } from './measuredScorer.js';
import { interleaved, median, type Row } from './row.js';

/** A fast decoder with the cache size of an 8 B model: keys and values of 32 layers, 8 heads of size 128. */
export const keysOfEightBillion: DecoderShape = {
  layers: 32,
  width: 128,
  heads: 8,
  keyHeads: 8,
  headSize: 128,
  hidden: 256,
  vocabulary: 1024,
  maxTokens: 4096,
};

/** 14 million parameters: large enough that a run spends its time in the graph. */
const shape: DecoderShape = {
  layers: 6,
  width: 384,
  heads: 6,
  keyHeads: 6,
  headSize: 64,
  hidden: 1024,
  vocabulary: 1024,
  maxTokens: 4096,
};
const family = 'test/fixtures/models/families/math-shepherd';
/** Steps of the solution whose last one is edited. */
const longSteps = 24;

/**
 * Measures the same decoder in StepLens's own cache layout and in Hugging Face's: the speedup of a tree of 16 solutions
 * over each path alone, relative to the ratio of tokens; an edit of the last step; memory relative to the cache size.
 */
export async function measure(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, write] of [
    ["StepLens's layout", writeTokenMajorDecoder],
    ["Hugging Face's layout", writeHuggingFaceDecoder],
  ] as const) {
    rows.push(
      ...(await withDecoder(write, shape, async (scorer) => [
        ...(await tree(name, scorer)),
        ...(await edit(name, scorer, shape, longSteps)),
      ])),
    );
  }
  return rows;
}

/** Opens a scorer on a random decoder for as long as `use` measures it. */
export async function withDecoder(
  write: (path: string, shape: DecoderShape) => void,
  of: DecoderShape,
  use: (scorer: MeasuredScorer) => Promise<Row[]>,
): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-layout-'));
  const scorer = openMeasuredScorer(folder, Math.max(1, availableParallelism() >> 1));
  try {
    write(join(folder, 'model.onnx'), of);
    for (const file of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(join(family, file), join(folder, file));
    await writeFile(join(folder, 'prm.json'), JSON.stringify({ family: 'math-shepherd', graph: 'model.onnx' }));
    return await use(scorer);
  } finally {
    await scorer.dispose();
    await rm(folder, { recursive: true });
  }
}

/** Compares scoring a tree of 16 solutions with scoring each path alone. */
export async function tree(name: string, scorer: MeasuredScorer): Promise<Row[]> {
  let number = 0;
  const tokens = { forest: 0, paths: 0 };
  const score = async (jobs: readonly ScoreJob[]) => {
    let sum = 0;
    for (const job of jobs) sum += (await scorer.score(job, { ignoreCache: true })).tokens;
    return sum;
  };
  const [forest, paths] = await interleaved(5, [
    async () => (tokens.forest = await score([forestJob(++number)])),
    async () => (tokens.paths = await score(pathJobs(++number))),
  ]);
  const ratio = tokens.paths / tokens.forest;
  return [
    { name: `score a tree of 16 solutions, ${name}`, value: forest!, unit: 'ms', note: `${tokens.forest} tokens run` },
    {
      name: '... every path alone',
      value: paths!,
      unit: 'ms',
      ratio: { to: 'the tree', value: paths! / forest! },
      note: `${tokens.paths} tokens run`,
    },
    {
      name: '... speed-up over that, share of the ratio of tokens',
      value: (100 * paths!) / forest! / ratio,
      unit: '%',
      target: { least: 75 },
    },
  ];
}

/** Measures an edit of the last of `count` steps, and the memory that the solution takes. */
export async function edit(name: string, scorer: MeasuredScorer, of: DecoderShape, count: number): Promise<Row[]> {
  await scorer.describe();
  const before = scorer.memory('VmRSS');
  const whole: number[] = [];
  const last: number[] = [];
  let tokens = 0;
  let now: number | undefined;
  for (let round = 0; round < 5; round++) {
    for (const [times, ending] of [
      [whole, 'The answer is 98.'],
      [last, `The answer is ${round}.`],
    ] as const) {
      const steps = Array.from({ length: count }, (_, i) => ({
        text: i < count - 1 ? stepText(i, 0) : ending,
        ...(i > 0 && { parent: i - 1 }),
      }));
      const begin = performance.now();
      const result = await scorer.score({ question: `Edit ${round}. ${question}`, images: [], steps });
      times.push(performance.now() - begin);
      if (times === whole) tokens = result.tokens;
    }
    // Only the first round: later rounds keep further solutions in memory.
    now ??= scorer.memory('VmHWM');
  }
  const held = 2 * of.layers * of.heads * of.headSize * 4 * tokens;
  return [
    {
      name: `edit the last step of ${tokens} tokens, ${name}`,
      value: median(last),
      unit: 'ms',
      ratio: { to: 'the whole solution', value: median(last) / median(whole) },
      target: { most: 0.15 },
    },
    {
      name: `... highest memory of the process above what the loaded model takes, ${name}`,
      value: now === undefined || before === undefined ? null : (now - before) / 1e6,
      unit: 'MB',
      ...(now !== undefined &&
        before !== undefined && { ratio: { to: 'its keys and values', value: (now - before) / held }, target: { most: 1.5 } }),
      note: `keys and values of the solution: ${(held / 1e6).toFixed(0)} MB`,
    },
  ];
}

const question = 'A shop packs pens into boxes of 7. How many pens are in the boxes?';

function stepText(depth: number, branch: number): string {
  return `Step ${depth + 1}: ${3 + depth + branch} boxes hold ${3 + depth + branch} * 7 = ${(3 + depth + branch) * 7} pens, so there are ${branch} boxes left over.`;
}

/** 16 paths of 8 steps: how many paths share a step, for each depth. */
const together = [16, 16, 8, 8, 4, 2, 1, 1];

function branches(leaf: number): readonly number[] {
  return together.map((size) => Math.floor(leaf / size));
}

function forestJob(number: number): ScoreJob {
  const steps: { text: string; parent?: number }[] = [];
  const known = new Map<string, number>();
  for (let leaf = 0; leaf < 16; leaf++) {
    let parent: number | undefined;
    branches(leaf).forEach((branch, depth) => {
      const key = `${depth} ${branch} ${parent}`;
      const index = known.get(key) ?? steps.push({ text: stepText(depth, branch), ...(parent !== undefined && { parent }) }) - 1;
      known.set(key, index);
      parent = index;
    });
  }
  return { question: `${number}. ${question}`, images: [], steps };
}

function pathJobs(number: number): ScoreJob[] {
  return Array.from({ length: 16 }, (_, leaf) => ({
    question: `${number}.${leaf}. ${question}`,
    images: [],
    steps: branches(leaf).map((branch, depth) => ({ text: stepText(depth, branch), ...(depth > 0 && { parent: depth - 1 }) })),
  }));
}
