import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe } from 'vitest';
import { createRemoteScorer } from '../../server/scoring/backends/remoteScorer.js';
import type { ScoreJob, Scorer } from '../../server/scoring/scorer.js';
import { type Bench, describeScorerContract } from '../scoring/backends/contract.js';
import { type DecodedInput, inferenceHandler, type ServedGraph } from '../scoring/backends/handlers.js';
import { LoopbackServer } from '../scoring/backends/loopbackServer.js';
import { chain, childPids, modelFolders, openScorer, temporaryFolder, tree } from './models.js';

const quiet = { info: () => undefined, warn: () => undefined };

/** Scores each path alone, without a shared prefix. */
async function pathByPath(folder: string, job: ScoreJob): Promise<number[]> {
  const scorer = openScorer(folder);
  const scores: number[] = [];
  for (let step = 0; step < job.steps.length; step++) {
    const path: string[] = [];
    for (let at: number | undefined = step; at !== undefined; at = job.steps[at]!.parent) path.unshift(job.steps[at]!.text);
    const steps = path.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) }));
    scores.push((await scorer.score({ ...job, steps }, { ignoreCache: true })).scores.at(-1)!);
  }
  await scorer.dispose();
  return scores;
}

async function localBench(folder: string): Promise<Bench> {
  const cacheFolder = await temporaryFolder();
  const logs = new Map<Scorer, readonly string[]>();
  return {
    open({ keeps } = {}) {
      const scorer = openScorer(folder, keeps ? { cacheFolder } : {});
      logs.set(scorer, scorer.log);
      return scorer;
    },
    goAway(scorer) {
      process.kill(childPids(logs.get(scorer)!).at(-1)!, 'SIGKILL');
      return Promise.resolve();
    },
    comeBack: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

const datatypes: Readonly<Record<string, string>> = { int64: 'INT64', int32: 'INT32', float32: 'FP32', float16: 'FP16' };

/** Serves a graph of the fixtures as Triton's ONNX Runtime backend does. */
async function serve(folder: string): Promise<ServedGraph> {
  const session = await InferenceSession.create(join(folder, 'model.onnx'), { intraOpNumThreads: 1 });
  const toTensor = ({ datatype, values, shape }: DecodedInput) =>
    datatype === 'INT64'
      ? new Tensor('int64', BigInt64Array.from(values, BigInt), shape)
      : datatype === 'INT32'
        ? new Tensor('int32', Int32Array.from(values), shape)
        : new Tensor('float32', Float32Array.from(values), shape);
  return {
    datatype: 'FP32',
    inputs: session.inputMetadata.flatMap((input) =>
      input.isTensor
        ? [{ name: input.name, datatype: datatypes[input.type]!, shape: input.shape.map((size) => (typeof size === 'number' ? size : -1)) }]
        : [],
    ),
    async run(feeds) {
      const { logits } = await session.run(Object.fromEntries([...feeds].map(([name, input]) => [name, toTensor(input)])), ['logits']);
      return { values: Float32Array.from(logits!.data as Float32Array), shape: logits!.dims };
    },
  };
}

async function servedBench(folder: string, binary: boolean): Promise<Bench> {
  const server = await new LoopbackServer(inferenceHandler(await serve(folder), binary)).start();
  const modelFolder = await temporaryFolder();
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    if (existsSync(join(folder, name))) await cp(join(folder, name), join(modelFolder, name));
  const { graph: _, ...profile } = JSON.parse(await readFile(join(folder, 'prm.json'), 'utf8')) as { graph: string };
  await writeFile(
    join(modelFolder, 'prm.json'),
    JSON.stringify({ ...profile, backend: { kind: 'open-inference', url: server.url, model: 'tiny' } }),
  );
  const cacheFolder = await temporaryFolder();
  return {
    open: ({ keeps } = {}) =>
      createRemoteScorer({
        modelFolder,
        ...(keeps && { cacheFolder }),
        apiKey: () => Promise.resolve(undefined),
        allows: () => true,
        log: quiet,
        backOff: 1,
      }),
    goAway: () => server.stop(),
    async comeBack() {
      await server.start();
    },
    close: () => server.stop(),
  };
}

const subject = { job: tree, chain: (count: number) => chain(count), tolerance: 1e-5 };

describe.each(Object.entries(modelFolders))('a scorer with a graph on this machine: %s', (_layout, folder) => {
  describeScorerContract({ ...subject, start: () => localBench(folder), expected: (job) => pathByPath(folder, job) });
});

describe.each(Object.entries(modelFolders))('a scorer with the same graph behind the Open Inference Protocol: %s', (layout, folder) => {
  describeScorerContract({
    ...subject,
    start: () => servedBench(folder, layout !== 'none'),
    expected: async (job) => [...(await openScorer(folder).score(job)).scores],
  });
});
