import { openRewardServer } from '../../server/reward/rewardServer.js';
import { RewardService } from '../../server/reward/rewardService.js';
import type { ScoreJob, Scorer } from '../../server/scoring/scorer.js';
import { type DecoderShape, writeHuggingFaceDecoder, writeTokenMajorDecoder } from './decoderGraph.js';
import { edit, keysOfEightBillion, tree, withDecoder } from './layouts.js';
import { interleaved, median, type Row } from './row.js';
import { coldStart } from './server.js';

/** 138 million parameters: 550 MB in float32. */
const halfGigabyte: DecoderShape = {
  layers: 12,
  width: 768,
  heads: 12,
  keyHeads: 12,
  headSize: 64,
  hidden: 3072,
  vocabulary: 16_384,
  maxTokens: 4096,
};
/** 14 million: as in `layouts`. */
const small: DecoderShape = { ...halfGigabyte, layers: 6, width: 384, heads: 6, keyHeads: 6, hidden: 1024, vocabulary: 1024 };
const starts = 5;
/** Steps with about 1,500 tokens in total. */
const longSteps = 36;

/** Measures each promise for users' own models with its target: start, load, sharing, edits, memory, reward server. */
export async function measure(): Promise<Row[]> {
  const times: number[] = [];
  for (let i = 0; i < starts; i++) times.push(await coldStart());
  return [
    {
      name: 'cold start to the first mark, bundled model',
      value: median(times) / 1000,
      unit: 's',
      target: { most: 0.4 },
      note: `${starts} starts`,
    },
    ...(await withDecoder(writeTokenMajorDecoder, halfGigabyte, async (scorer) => {
      const start = performance.now();
      await scorer.describe();
      return [{ name: 'load a model of 550 MB', value: (performance.now() - start) / 1000, unit: 's', target: { most: 2 } }];
    })),
    ...(await withDecoder(writeHuggingFaceDecoder, small, async (scorer) => [
      ...(await tree("Hugging Face's layout", scorer)),
      ...(await served(scorer)),
    ])),
    ...(await withDecoder(writeHuggingFaceDecoder, keysOfEightBillion, (scorer) =>
      edit('keys and values of an 8 B model', scorer, keysOfEightBillion, longSteps),
    )),
  ];
}

/** Compares the reward server with the scorer alone, on the same solutions. */
async function served(scorer: Scorer): Promise<Row[]> {
  const server = await openRewardServer(new RewardService(scorer), { host: '127.0.0.1', port: 0, log: () => undefined });
  let number = 0;
  const problem = () => ({
    question: `${++number}. A shop packs pens into boxes of 7. How many pens are in the boxes?`,
    solutions: Array.from({ length: 8 }, (_, s) =>
      Array.from({ length: 6 }, (_, i) => `Step ${i + 1}: ${i + s} boxes hold ${i + s} * 7 = ${(i + s) * 7} pens.`),
    ),
  });
  const [raw, over] = await interleaved(7, [
    async () => {
      const { question, solutions } = problem();
      await scorer.score(forest(question, solutions), { ignoreCache: true });
    },
    async () => {
      const { question, solutions } = problem();
      const body = JSON.stringify({ prompts: solutions.map(() => question), completions: solutions });
      const response = await fetch(`${server.url}/reward`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      if (!response.ok) throw new Error(await response.text());
      await response.json();
    },
  ]);
  await server.close();
  return [
    {
      name: 'steplens serve, throughput against scoring alone',
      value: (100 * raw!) / over!,
      unit: '%',
      target: { least: 80 },
      note: '8 solutions a request',
    },
  ];
}

function forest(question: string, solutions: readonly (readonly string[])[]): ScoreJob {
  const steps: { text: string; parent?: number }[] = [];
  for (const solution of solutions) solution.forEach((text, i) => steps.push({ text, ...(i > 0 && { parent: steps.length - 1 }) }));
  return { question, images: [], steps };
}
