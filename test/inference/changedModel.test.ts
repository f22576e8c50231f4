import { copyFileSync } from 'node:fs';
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelChangedError } from '../../server/models/modelError.js';
import { writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { childPids, copyModel, modelFolders, openScorer, temporaryFolder, tree } from './models.js';

/** Two models of the same shape: the second has its largest weights changed. */
async function twoModels(layout: keyof typeof modelFolders): Promise<{ folder: string; first: string; second: string }> {
  const folder = await copyModel(modelFolders[layout]);
  const [store, graph] = [await temporaryFolder(), join(folder, 'model.onnx')];
  const model = await readModel(graph, Infinity);
  const sizes = model.graph.initializers.map(({ data }) => data?.length ?? 0);
  const large = [...sizes].sort((a, b) => b - a)[8] ?? 0;
  const initializers = model.graph.initializers.map((tensor, i) => {
    if (sizes[i]! < large || !Buffer.isBuffer(tensor.data)) return tensor;
    const data = Buffer.from(tensor.data);
    for (let at = 3; at < data.length; at += 4) data[at]! ^= 0x80;
    return { ...tensor, data };
  });
  const [first, second] = [join(store, 'first.onnx'), join(store, 'second.onnx')];
  await copyFile(graph, first);
  await writeFile(
    second,
    writeModel({ ...model, graph: { ...model.graph, initializers } }, () => ''),
  );
  return { folder, first, second };
}

const failure = (work: Promise<unknown>) => work.then(() => 'no error').catch((error: unknown) => error);

describe.each(['hugging-face', 'token-major'] as const)('a %s model whose file changes', (layout) => {
  it('during a run makes it fail with a message and store no scores, and the next call uses the new file', async () => {
    const { folder, first, second } = await twoModels(layout);
    const cacheFolder = await temporaryFolder();
    const scorer = openScorer(folder, { cacheFolder });
    const before = await scorer.score(tree(3));
    let isChanged = false;
    const onProgress = (done: number) => {
      if (done < 20 || isChanged) return;
      isChanged = true;
      // Overwrites the file in place, as `cp new.onnx model.onnx` does, while its weights are memory-mapped.
      copyFileSync(second, join(folder, 'model.onnx'));
    };
    const error = await failure(scorer.score(tree(121), { onProgress }));
    expect(error).toBeInstanceOf(ModelChangedError);
    expect((error as Error).message).toMatch(/model\.onnx changed while the model was in use.*Score again/s);

    const after = await scorer.score(tree(63));
    expect(after.cached).toBe(0);
    const expected = await openScorer(folder).score(tree(63));
    after.scores.forEach((score, i) => expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(1e-5));
    expect(Math.max(...before.scores.map((score, i) => Math.abs(score - after.scores[i]!)))).toBeGreaterThan(1e-3);

    // The scores stored for the first model are its own: the failed run stored nothing.
    copyFileSync(first, join(folder, 'model.onnx'));
    const again = openScorer(folder, { cacheFolder });
    const known = await again.score(tree(121));
    expect(known.cached).toBe(3);
    const alone = await openScorer(folder).score(tree(121));
    known.scores.forEach((score, i) => expect(Math.abs(score - alone.scores[i]!)).toBeLessThan(1e-5));
  });

  it('while its process is replaced makes the run fail, so that it does not continue with the new file', async () => {
    const { folder, second } = await twoModels(layout);
    const scorer = openScorer(folder);
    await scorer.describe();
    let changed: () => void = () => undefined;
    const isChanged = new Promise<void>((resolve) => (changed = resolve));
    let isUnderWay = false;
    const onProgress = (done: number) => {
      if (done < 20 || isUnderWay) return;
      isUnderWay = true;
      copyFileSync(second, join(folder, 'next.onnx'));
      process.kill(childPids(scorer.log).at(-1)!, 'SIGKILL');
      changed();
    };
    const scoring = failure(scorer.score(tree(121), { onProgress }));
    await isChanged;
    await rename(join(folder, 'next.onnx'), join(folder, 'model.onnx'));
    const error = await scoring;
    expect(error).toBeInstanceOf(ModelChangedError);
  });
});

it('a model that changes between two problems makes the second one fail with ModelChangedError', async () => {
  const { folder, second } = await twoModels('hugging-face');
  const scorer = openScorer(folder);
  await scorer.score(tree(3));
  await copyFile(second, join(folder, 'model.onnx'));
  expect(await failure(scorer.score(tree(3)))).toBeInstanceOf(ModelChangedError);
  expect((await scorer.score(tree(3))).cached).toBe(0);
});

it('a model file that is written again with the same content keeps its cached scores', async () => {
  const folder = await copyModel(modelFolders['hugging-face']);
  const scorer = openScorer(folder);
  await scorer.score(tree(3));
  await writeFile(join(folder, 'new.onnx'), await readFile(join(folder, 'model.onnx')));
  await rename(join(folder, 'new.onnx'), join(folder, 'model.onnx'));
  expect((await scorer.score(tree(3))).cached).toBe(3);
});
