import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEarly } from '../../server/inference/childProcess.js';
import { readPreparedFacts } from '../../server/inference/preparedGraph.js';
import { writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import { copyModel, inferenceEntry, mini, modelFolders, openScorer, tree } from './models.js';

/** Copies the bundled model with its prepared graph to a new folder. */
async function prepared(): Promise<string> {
  const folder = await copyModel(modelFolders['token-major']);
  await copyFile(join(mini, 'model.cpu.onnx'), join(folder, 'model.cpu.onnx'));
  return folder;
}

/** Creates a scorer whose child has already started to open the model. */
function openEarly(folder: string) {
  startEarly(inferenceEntry, join(folder, 'model.onnx'));
  const log = { info: () => undefined, warn: () => undefined };
  const scorer = createScorer({ modelFolder: folder, device: 'cpu', threads: 0, inferenceEntry, log });
  onTestFinished(() => scorer.dispose());
  return scorer;
}

/** Inverts the signs of a model's largest weights. */
async function changeWeights(path: string): Promise<void> {
  const model = await readModel(path, Infinity);
  const initializers = model.graph.initializers.map((tensor) => {
    if (!Buffer.isBuffer(tensor.data) || tensor.data.length < 100_000) return tensor;
    const data = Buffer.from(tensor.data);
    for (let at = 1; at < data.length; at += 2) data[at]! ^= 0x80;
    return { ...tensor, data };
  });
  await writeFile(
    path,
    writeModel({ ...model, graph: { ...model.graph, initializers } }, () => ''),
  );
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('the prepared graph of the bundled model, which is opened early', () => {
  it('gives the scores of the model, has about half of its nodes, and is made from its current version', async () => {
    const folder = await prepared();
    const job = tree(31);
    const { scores } = await openEarly(folder).score(job, { ignoreCache: true });
    const alone = await openScorer(folder).score(job, { ignoreCache: true });
    expect(largest(scores, alone.scores)).toBeLessThan(1e-5);
    const [whole, small] = [await readModel(join(mini, 'model.onnx')), await readModel(join(mini, 'model.cpu.onnx'))];
    expect(small.graph.nodes.length).toBeLessThan(0.55 * whole.graph.nodes.length);
    const facts = readPreparedFacts(await readFile(join(mini, 'model.cpu.onnx')));
    const source = createHash('sha256')
      .update(await readFile(join(mini, 'model.onnx')))
      .digest('hex');
    expect(facts?.source, 'media/models/mini/model.onnx changed: run "npm run model:prepare".').toBe(source);
    const { version } = JSON.parse(await readFile('node_modules/onnxruntime-node/package.json', 'utf8')) as { version: string };
    expect(facts?.runtime, 'onnxruntime-node changed: run "npm run model:prepare".').toBe(version);
  });

  it('is not used if the weights of the model changed, before or after it was opened', async () => {
    const job = tree(15);
    const original = await openScorer(await prepared()).score(job, { ignoreCache: true });
    for (const when of ['before', 'after']) {
      const folder = await prepared();
      const path = join(folder, 'model.onnx');
      if (when === 'before') await changeWeights(path);
      const scorer = openEarly(folder);
      if (when === 'after') await changeWeights(path);
      const { scores } = await scorer.score(job, { ignoreCache: true });
      const expected = await openScorer(folder).score(job, { ignoreCache: true });
      expect(largest(scores, expected.scores), when).toBeLessThan(1e-5);
      expect(largest(scores, original.scores), when).toBeGreaterThan(1e-3);
    }
  });

  it('does not prevent another model from opening, and is ignored if its file is damaged', async () => {
    const folder = await prepared();
    await writeFile(join(folder, 'model.cpu.onnx'), 'no graph');
    const job = tree(3);
    const expected = await openScorer(folder).score(job, { ignoreCache: true });
    expect(largest((await openEarly(folder).score(job, { ignoreCache: true })).scores, expected.scores)).toBe(0);
    startEarly(inferenceEntry, join(mini, 'model.onnx'));
    const other = openScorer(modelFolders['hugging-face']);
    expect((await other.score(job)).scores.every((score) => score > 0 && score < 1)).toBe(true);
  });
});
