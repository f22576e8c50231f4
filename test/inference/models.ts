import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { InferenceClient } from '../../server/inference/client.js';
import type { ProblemImage } from '../../server/models/images/imageFile.js';
import type { OnnxScorerOptions } from '../../server/scoring/onnxModel.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import type { ScoreJob, Scorer } from '../../server/scoring/scorer.js';
import { imagesAt } from '../images.js';
import { inferenceEntry, mini, unscopedMini } from './prepared.js';

export { inferenceEntry, mini };

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One model folder per cache layout. */
export const modelFolders = {
  'token-major': unscopedMini,
  'hugging-face': join(root, 'test/fixtures/models/token-pair-hf'),
  none: join(root, 'test/fixtures/models/label-head'),
};

export const miniExpected = join(root, 'test/fixtures/models/mini-expected.json');

/** A model that reads images and is both PRM and policy. */
export const imageModel = join(root, 'test/fixtures/models/images');

/** PyTorch's results for the image model. The images are the bytes that the graph reads, 8 rows of 12. */
export interface ImageCase {
  readonly question: string;
  readonly images: readonly (readonly number[])[];
  readonly steps: readonly string[];
  readonly scores: readonly number[];
  /** The most likely tokens after all steps but the last, including the end token if it was reached. */
  readonly greedy: readonly number[];
}

export async function readImageCases(): Promise<readonly ImageCase[]> {
  return (JSON.parse(await readFile(join(imageModel, 'expected.json'), 'utf8')) as { cases: readonly ImageCase[] }).cases;
}

/** Saves the images at three times their size. Their names are their paths. */
export function saveImages(folder: string, images: ImageCase['images']): Promise<ProblemImage[]> {
  const large = (bytes: readonly number[]) =>
    Buffer.from(Array.from({ length: 24 * 36 }, (_, i) => bytes[Math.floor(i / 36 / 3) * 12 + Math.floor((i % 36) / 3)]!));
  return Promise.all(
    images.map(async (bytes) => {
      const path = join(folder, `${randomUUID()}.png`);
      await sharp(large(bytes), { raw: { width: 36, height: 24, channels: 1 } })
        .png()
        .toFile(path);
      return imagesAt(path)[0]!;
    }),
  );
}

/** An inference child, closed when the test ends. */
export function openClient(info: (message: string) => void = () => undefined): InferenceClient {
  const client = new InferenceClient({ entry: inferenceEntry, log: { info, warn: info } });
  onTestFinished(() => client.dispose());
  return client;
}

/** A scorer on a real child, closed when the test ends. `log` has its messages. */
export function openScorer(modelFolder: string, options: Partial<OnnxScorerOptions> = {}): Scorer & { log: string[] } {
  const log: string[] = [];
  const add = (message: string) => void log.push(message);
  const scorer = createScorer({
    modelFolder,
    device: 'cpu',
    threads: 1,
    inferenceEntry,
    log: { info: add, warn: add },
    ...options,
  });
  onTestFinished(() => scorer.dispose());
  return { ...scorer, log };
}

export function childPids(log: readonly string[]): number[] {
  return log.flatMap((line) => Number(/^Inference process (\d+) started/.exec(line)?.[1] ?? 0) || []);
}

/** Copies a model's folder, with changes. The copy is removed when the test ends. */
export async function copyModel(
  folder: string,
  change: { profile?: object; policy?: object; files?: Record<string, string | Buffer> } = {},
): Promise<string> {
  const copy = await temporaryFolder();
  for (const name of ['prm.json', 'model.onnx', 'tokenizer.json', 'tokenizer_config.json']) {
    if (existsSync(join(folder, name))) await cp(join(folder, name), join(copy, name));
  }
  const profile = JSON.parse(await readFile(join(folder, 'prm.json'), 'utf8')) as object;
  await writeFile(join(copy, 'prm.json'), JSON.stringify({ ...profile, ...change.profile }));
  if (change.policy)
    await writeFile(
      join(copy, 'policy.json'),
      JSON.stringify({ ...(JSON.parse(await readFile(join(folder, 'policy.json'), 'utf8')) as object), ...change.policy }),
    );
  for (const [name, content] of Object.entries(change.files ?? {})) await writeFile(join(copy, name), content);
  return copy;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A problem whose steps follow one another. */
export function chain(count: number, edited?: number): ScoreJob {
  return {
    question: 'Ana has 4 apples and buys 3 more each day. How many does she have in the end?',
    images: [],
    steps: Array.from({ length: count }, (_, i) => ({
      text: i === edited ? `On day ${i + 1} it rains.` : `On day ${i + 1} she has ${4 + 3 * i} + 3 = ${7 + 3 * i} apples.`,
      ...(i > 0 && { parent: i - 1 }),
    })),
  };
}

/** A problem whose steps form a binary tree. */
export function tree(count: number): ScoreJob {
  return {
    question: 'Ben reads 12 pages a day. How many pages does he read in a week?',
    images: [],
    steps: Array.from({ length: count }, (_, i) => ({
      text: `A week has 7 days, so try ${12 + (i % 5)} * 7 = ${(12 + (i % 5)) * 7} as number ${i >> 1}.`,
      ...(i > 0 && { parent: (i - 1) >> 1 }),
    })),
  };
}
