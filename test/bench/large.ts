import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { bitsPerWeight, type DecoderShape, parameterCount, write4BitDecoder } from './decoderGraph.js';
import { openMeasuredScorer } from './measuredScorer.js';
import { median, type Row } from './row.js';

/** Qwen2.5-0.5B's sizes, with a head separate from the embedding: 0.63 billion parameters. */
const shape: DecoderShape = {
  layers: 24,
  width: 896,
  heads: 14,
  keyHeads: 2,
  headSize: 64,
  hidden: 4864,
  vocabulary: 151_936,
  maxTokens: 4096,
};
/** Llama 3.1 8B's sizes. InternLM2.5 7B, the language model of MM-PRM and VisualPRM, has a smaller vocabulary. */
const eightBillion: DecoderShape = {
  layers: 32,
  width: 4096,
  heads: 32,
  keyHeads: 8,
  headSize: 128,
  hidden: 14_336,
  vocabulary: 128_256,
  maxTokens: 4096,
};
/** A tokenizer of a few hundred tokens, whose ids are all in the graph's vocabulary, and its profile. */
const family = 'test/fixtures/models/families/math-shepherd';

/** Measures load time, speed and memory of the real scorer with more than half a billion random 4-bit weights. */
export async function measure(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-large-'));
  try {
    write4BitDecoder(join(folder, 'model.onnx'), shape);
    for (const file of ['tokenizer.json', 'tokenizer_config.json', 'config.json']) await copyFile(join(family, file), join(folder, file));
    await writeFile(join(folder, 'prm.json'), JSON.stringify({ family: 'math-shepherd', graph: 'model.onnx' }));
    const { size } = await stat(join(folder, 'model.onnx_data'));
    return await measureScorer(folder, size);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureScorer(folder: string, size: number): Promise<Row[]> {
  const threads = availableParallelism();
  const scorer = openMeasuredScorer(folder, threads);
  try {
    const start = performance.now();
    await scorer.describe();
    const load = performance.now() - start;
    const loaded = scorer.memory('VmRSS');
    const whole: number[] = [];
    const edit: number[] = [];
    let tokens = 0;
    for (let round = 1; round <= 3; round++) {
      for (const [times, last] of [
        [whole, 'The answer is 98.'],
        [edit, `The answer is ${round}.`],
      ] as const) {
        const begin = performance.now();
        const result = await scorer.score(solution(round, last));
        times.push(performance.now() - begin);
        if (result.scores.some((score) => !(score >= 0 && score <= 1))) throw new Error('The random model gives no scores.');
        if (times === whole) tokens = result.tokens;
      }
    }
    const perSecond = (1000 * tokens) / median(whole);
    const ratio = parameterCount(eightBillion) / parameterCount(shape);
    const memory = (name: string, bytes: number | undefined, note: string): Row =>
      bytes === undefined
        ? { name, value: null, unit: 'MB', note: 'not measured: the system has no /proc' }
        : { name, value: bytes / 1e6, unit: 'MB', ratio: { to: 'the weights', value: bytes / size }, note };
    const ofEight = `8 B: ${gigabytes(weightBytes(eightBillion))} of weights, and ${keyBytes(eightBillion) / 1000} kB for every token held in float32 (here ${keyBytes(shape) / 1000} kB)`;
    return [
      {
        name: `load ${billions(shape)} parameters in ${bitsPerWeight} bits`,
        value: load / 1000,
        unit: 's',
        note: `${(size / 1e6).toFixed(0)} MB of weights, random, MatMulNBits and GroupQueryAttention, CPU, threads: ${threads}`,
      },
      memory('... memory of the inference process when loaded', loaded, 'the mapped file counts, as far as it was read'),
      memory('... its highest', scorer.memory('VmHWM'), ofEight),
      {
        name: `... a solution of ${tokens} tokens`,
        value: perSecond,
        unit: 'tokens/s',
        note: `8 B at the same speed per weight: ${(perSecond / ratio).toFixed(1)} tokens/s`,
      },
      {
        name: '... after an edit of its last step',
        value: median(edit),
        unit: 'ms',
        ratio: { to: 'the whole solution', value: median(edit) / median(whole) },
      },
    ];
  } finally {
    await scorer.dispose();
  }
}

function weightBytes(of: DecoderShape): number {
  return (parameterCount(of) * bitsPerWeight) / 8;
}

/** Bytes of the keys and values of one token. */
function keyBytes({ layers, keyHeads, headSize }: DecoderShape): number {
  return 2 * layers * keyHeads * headSize * 4;
}

function billions(of: DecoderShape): string {
  return `${(parameterCount(of) / 1e9).toFixed(2)} B`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A solution of twelve steps. A unique `number` keeps it from sharing a prefix with the others. */
function solution(number: number, last: string): ScoreJob {
  const text = (i: number): string => `Step ${i + 1}: ${3 + i} boxes hold ${3 + i} * 7 = ${(3 + i) * 7} pens.`;
  return {
    question: `${number}. A shop packs pens into boxes of 7. How many pens are in the boxes?`,
    images: [],
    steps: Array.from({ length: 12 }, (_, i) => ({ text: i < 11 ? text(i) : last, ...(i > 0 && { parent: i - 1 }) })),
  };
}
