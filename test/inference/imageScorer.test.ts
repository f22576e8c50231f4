import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ProblemImage } from '../../server/models/images/imageFile.js';
import { ModelError } from '../../server/models/modelError.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { imagesAt } from '../images.js';
import {
  copyModel,
  type ImageCase,
  imageModel,
  modelFolders,
  openScorer,
  readImageCases,
  saveImages,
  temporaryFolder,
  tree,
} from './models.js';

const profile = { images: { kind: 'resize', width: 12, height: 8, channels: 1, mean: [0.5], std: [0.25], token: '<image>', tokens: 6 } };
const picture = (seed: number) => Array.from({ length: 96 }, (_, i) => (i * 37 + seed * 101) % 256);

function toJob({ question, steps }: Pick<ImageCase, 'question' | 'steps'>, images: readonly ProblemImage[]): ScoreJob {
  return { question, images, steps: steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })) };
}

describe('a PRM that reads images', () => {
  it('gives the scores of PyTorch, with none, one and two images', async () => {
    const [scorer, folder] = [openScorer(imageModel), await temporaryFolder()];
    expect((await scorer.describe()).readsImages).toBe(true);
    const cases = await readImageCases();
    expect(new Set(cases.map(({ images }) => images.length))).toEqual(new Set([0, 1, 2]));
    for (const one of cases) {
      const { scores, skipped } = await scorer.score(toJob(one, await saveImages(folder, one.images)));
      const empty = one.steps.flatMap((step, i) => (step.trim() === '' ? [i] : []));
      expect([...skipped.keys()]).toEqual(empty);
      expect(scores).toHaveLength(one.scores.length);
      // PyTorch includes a step without text in the sequence, StepLens leaves it out, so later scores differ.
      const compared = empty[0] ?? scores.length;
      for (let i = 0; i < compared; i++) expect(Math.abs(scores[i]! - one.scores[i]!)).toBeLessThan(1e-5);
    }
  });

  it('scores two paths of a tree like each path alone, also after a request with another image', async () => {
    const scorer = openScorer(imageModel);
    const [one, other] = await saveImages(await temporaryFolder(), [picture(1), picture(2)]);
    const { steps, question } = tree(15);
    await scorer.score({ question, steps, images: [other!] });
    const { scores } = await scorer.score({ question, steps, images: [one!] });
    for (let leaf = 7; leaf < 15; leaf++) {
      const path: number[] = [];
      for (let at: number | undefined = leaf; at !== undefined; at = steps[at]!.parent) path.unshift(at);
      const alone = await openScorer(imageModel).score(toJob({ question, steps: path.map((at) => steps[at]!.text) }, [one!]));
      path.forEach((at, i) => expect(Math.abs(scores[at]! - alone.scores[i]!)).toBeLessThan(1e-5));
      if (leaf > 8) break;
    }
  });

  it('caches scores by the content of the images', async () => {
    const [folder, cacheFolder] = [await temporaryFolder(), await temporaryFolder()];
    const [one, same, other] = await saveImages(folder, [picture(1), picture(1), picture(2)]);
    const { steps, question } = tree(3);
    const scorer = openScorer(imageModel, { cacheFolder });
    const score = async (...images: ProblemImage[]) => scorer.score({ question, steps, images });
    const first = await score(one!);
    expect(await score(same!)).toMatchObject({ cached: 3, tokens: 0, scores: first.scores });
    const [second, none] = [await score(other!), await score()];
    expect([second.cached, none.cached]).toEqual([0, 0]);
    const different = (a: Float64Array, b: Float64Array) => a.some((value, i) => Math.abs(value - b[i]!) > 1e-4);
    expect([different(first.scores, second.scores), different(first.scores, none.scores)]).toEqual([true, true]);
  });

  it('skips every step if an image cannot be read, and continues with the next problem', async () => {
    const folder = await temporaryFolder();
    const [one] = await saveImages(folder, [picture(1)]);
    const { steps, question } = tree(3);
    const scorer = openScorer(imageModel);
    const skipped = async (images: ProblemImage[], reason: RegExp) => {
      const result = await scorer.score({ question, steps, images });
      expect([...result.scores, result.tokens]).toEqual([NaN, NaN, NaN, 0]);
      expect([...result.skipped.keys()]).toEqual([0, 1, 2]);
      for (const text of result.skipped.values()) expect(text).toMatch(reason);
    };
    await skipped([one!, ...imagesAt(`${folder}/none.png`)], /The image .*none\.png was not found/);
    await skipped(imagesAt('https://example.org/figure.png'), /figure\.png is not on this machine, and images are not fetched/);
    const known = await scorer.score({ question, steps, images: [one!] });
    expect(known.skipped.size).toBe(0);
    await writeFile(one!.name, 'no picture');
    await skipped([one!], /not a PNG, JPEG/);
    await rm(one!.name);
    await skipped([one!], /was not found/);
  });

  it('scores only the text if the layout has no place for images', async () => {
    const folder = await copyModel(imageModel, {
      profile: { layout: { kind: 'marker', before: 'Question: {question}\nProcess: ', step: '{step}<prm>', marker: '<prm>' } },
    });
    const scorer = openScorer(folder);
    expect((await scorer.describe()).readsImages).toBe(false);
    const { steps, question } = tree(3);
    const { scores } = await scorer.score({ question, steps, images: imagesAt('/no/such.png') });
    const text = await openScorer(imageModel).score({ question, steps, images: [] });
    scores.forEach((score, i) => expect(Math.abs(score - text.scores[i]!)).toBeLessThan(1e-6));
  });

  it.each<[string, string, object, RegExp]>([
    [
      'no images in the profile',
      imageModel,
      { images: undefined, layout: { kind: 'marker', before: '{question}', step: '{step}<prm>', marker: '<prm>' } },
      /model\.onnx reads images, but .*prm\.json has no 'images'/,
    ],
    [
      'another size',
      imageModel,
      { images: { ...profile.images, width: 24 } },
      /'images' of .*prm\.json do not fit together: the graph's input pixel_values \(float32 \[T, 1, 8, 12\]\) does not take the profile's images of \[1, 1, 8, 24\]/,
    ],
    ['no such token', imageModel, { images: { ...profile.images, token: 'picture' } }, /the image token "picture" makes 7 tokens/],
    ['more tokens than fit', imageModel, { maxTokens: 6 }, /'maxTokens' is 6, too few for an image/],
    [
      'a graph without images',
      modelFolders['hugging-face'],
      { ...profile, layout: { kind: 'marker', before: '{images}{question}', step: '{step}<prm>', marker: '<prm>' } },
      /no input 'pixel_values' for the images of the profile|image token "[^"]+" makes/,
    ],
  ])('is refused when graph and profile disagree: %s', async (_, model, change, message) => {
    const scorer = openScorer(await copyModel(model, { profile: change }));
    const error: unknown = await scorer.score(tree(1)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toMatch(message);
  });
});
