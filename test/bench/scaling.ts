import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { writeTokenMajorDecoder } from './decoderGraph.js';
import { type MeasuredScorer, openMeasuredScorer } from './measuredScorer.js';
import { interleaved, type Row } from './row.js';

/** The bundled model's sizes, but for sequences eight times as long. */
const shape = { layers: 5, width: 192, heads: 6, keyHeads: 6, headSize: 32, hidden: 512, vocabulary: 1026, maxTokens: 4200 };
const lengths = [64, 256, 1024, 4096];
const bytesPerToken = 2 * shape.layers * shape.width * 4;

/** Measures tokens per second by sequence length and threads, and memory per cached token, with random weights. */
export async function measure(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-bench-'));
  try {
    writeTokenMajorDecoder(join(folder, 'model.onnx'), shape);
    await copyFile('media/models/mini/tokenizer.json', join(folder, 'tokenizer.json'));
    await writeFile(join(folder, 'prm.json'), JSON.stringify(profile));
    return [...(await speed(folder)), await memory(folder)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

const profile = {
  name: 'random weights',
  family: 'none',
  graph: 'model.onnx',
  tokenizer: 'tokenizer.json',
  layout: { kind: 'marker', before: '{question}', step: '{step}<prm>', marker: '<prm>' },
  readout: { kind: 'token-pair', positive: 'Yes', negative: 'No' },
  range: [0, 1],
  threshold: 0.5,
  aggregation: 'min',
  maxTokens: shape.maxTokens,
};

async function speed(folder: string): Promise<Row[]> {
  const threads = availableParallelism() < 2 ? [1] : [1, 2];
  const scorers = threads.map((count) => openMeasuredScorer(folder, count));
  try {
    for (const scorer of scorers) await scorer.score(sequence(lengths[0]!, 0));
    const rows: Row[] = [];
    let number = 0;
    for (const length of lengths) {
      let tokens = 0;
      const times = await interleaved(
        5,
        scorers.map((scorer) => async () => {
          tokens = (await scorer.score(sequence(length, ++number))).tokens;
        }),
      );
      const perSecond = times.map((ms) => (1000 * tokens) / ms);
      perSecond.forEach((value, i) =>
        rows.push({
          name: `a sequence of ${length} tokens, threads: ${threads[i]}`,
          value,
          unit: 'tokens/s',
          ...(i > 0 && { ratio: { to: 'one thread', value: value / perSecond[0]! } }),
          ...(i === 0 && { note: "random weights in the bundled model's sizes" }),
        }),
      );
    }
    return rows;
  } finally {
    await Promise.all(scorers.map((scorer) => scorer.dispose()));
  }
}

/** Measures the memory that the inference process needs for each token that it keeps for the next edit. */
async function memory(folder: string): Promise<Row> {
  const name = 'memory of the inference process for a token it holds';
  const scorer = openMeasuredScorer(folder, 1);
  try {
    const length = 1024;
    const held = 6;
    let number = 0;
    const lowest = () => lowestMemory(scorer);
    await scorer.score(sequence(length, ++number));
    const before = await lowest();
    let tokens = 0;
    for (let i = 0; i < held; i++) tokens += (await scorer.score(sequence(length, ++number))).tokens;
    const after = await lowest();
    if (before === undefined || after === undefined)
      return { name, value: null, unit: 'kB', note: 'not measured: the system has no /proc' };
    const value = (after - before) / tokens / 1000;
    return {
      name,
      value,
      unit: 'kB',
      ratio: { to: 'keys and values', value: (1000 * value) / bytesPerToken },
      note: `${tokens} tokens held, ${(bytesPerToken / 1000).toFixed(1)} kB each`,
    };
  } finally {
    await scorer.dispose();
  }
}

/** Runs a few tiny jobs, so that the garbage collector frees old outputs, and returns the lowest memory seen. */
async function lowestMemory(scorer: MeasuredScorer): Promise<number | undefined> {
  let lowest: number | undefined;
  for (let run = 0; run < 20; run++) {
    await scorer.score({ question: 'Pause', images: [], steps: [{ text: `${run}` }] }, { ignoreCache: true });
    const now = scorer.memory('VmRSS');
    if (now !== undefined) lowest = Math.min(lowest ?? Infinity, now);
  }
  return lowest;
}

/** `length` tokens: one for the question, then steps of 7 digits and a marker (last: fewer). `number` avoids reuse. */
function sequence(length: number, number: number): ScoreJob {
  const count = Math.ceil((length - 1) / 8);
  const text = (step: number): string => digits(step < count - 1 ? 7 : (length - 2) % 8, number * 7919 + step * 13);
  return {
    question: String.fromCharCode(65 + (number % 26)),
    images: [],
    steps: Array.from({ length: count }, (_, i) => ({ text: text(i), ...(i > 0 && { parent: i - 1 }) })),
  };
}

/** The tokenizer makes a token of every digit. */
function digits(count: number, seed: number): string {
  return Array.from({ length: count }, (_, i) => (seed * (i + 31)) % 10).join('');
}
