import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { branchingModel } from '../../server/inference/branching.js';
import { ForestRun } from '../../server/inference/forestRun.js';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import { keptBytes } from '../../server/inference/keptMemory.js';
import { PrefixCache } from '../../server/inference/prefixCache.js';
import type { LoadRequest, RunRequest } from '../../server/inference/protocol.js';
import { RunLimits } from '../../server/inference/runLimits.js';
import { loadRuntime } from '../../server/inference/runtime.js';
import { type OnnxModel, writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { fakeGraph, type RecordedRun } from './fakeRuntime.js';
import { childPids, openClient, openScorer } from './models.js';

const root = fileURLToPath(new URL('../fixtures/models', import.meta.url));
const load = (graphPath: string): LoadRequest => ({
  graphPath,
  device: 'cpu',
  threads: 1,
  warmup: Int32Array.from({ length: 24 }, (_, i) => 5 + i),
  columns: new Int32Array(0),
  longest: 2048,
});

describe("a graph in Hugging Face's cache layout", () => {
  it.each(['math-shepherd', 'qwen2.5-math-prm', 'rlhflow', 'skywork-o1-open-prm', 'ursa-rm'])(
    'of %s gives the same scores when rewritten to take a tree mask and return only new tokens',
    async (family) => {
      const path = join(root, 'families', family, 'model.onnx');
      const runtime = await loadRuntime();
      const whole = await readModel(path, Infinity);
      const rewritten = (await branchingModel(runtime, load(path), whole)) as OnnxModel;
      expect(rewritten).toBeTypeOf('object');
      const open = async (graph: string | Buffer) =>
        openGraph(await runtime.createSession(typeof graph === 'string' ? graph : { bytes: graph, folder: root }, 'cpu', 1));
      const [before, after] = [await open(path), await open(writeModel(rewritten, () => ''))];
      expect([before.cacheLayout, after.cacheLayout]).toEqual(['hugging-face', 'token-major']);
      // Three branches of eight tokens after a common prompt.
      const prompt = Array.from({ length: 20 }, (_, i) => 5 + ((i * 7) % 60));
      const branches = [0, 1, 2].map((branch) => Array.from({ length: 8 }, (_, i) => 6 + ((i * 11 + branch * 17) % 60)));
      const expected: number[] = [];
      for (const branch of branches) {
        const { values, width } = await before.run(before.createCache(), Int32Array.from([...prompt, ...branch]));
        expected.push(...values.subarray(prompt.length * width));
      }
      const cache = after.createCache();
      await after.run(cache, Int32Array.from(prompt));
      const tree = {
        ids: Int32Array.from(branches.flat()),
        parents: Int32Array.from(branches.flatMap((branch, b) => branch.map((_, i) => (i === 0 ? ~prompt.length : b * 8 + i - 1)))),
      };
      const { values } = await after.runTree!(cache, tree);
      expect(values).toHaveLength(expected.length);
      values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4));
      await Promise.all([before.release(), after.release()]);
    },
  );

  it('needs less than half as many tokens in a scorer for a tree as for its paths one by one', async () => {
    const scorer = openScorer(join(root, 'families/math-shepherd'));
    const steps = Array.from({ length: 6 }, (_, i) => ({ text: `Step ${i + 1}: 3 + ${i} = ${3 + i}.`, ...(i > 0 && { parent: 0 }) }));
    const { tokens } = await scorer.score({ question: 'How many eggs?', images: [], steps });
    const alone = await Promise.all(
      steps.slice(1).map(
        async ({ text }) =>
          (
            await openScorer(join(root, 'families/math-shepherd')).score({
              question: 'How many eggs?',
              images: [],
              steps: [steps[0]!, { text, parent: 0 }],
            })
          ).tokens,
      ),
    );
    expect(tokens).toBeLessThan(alone.reduce((a, b) => a + b, 0) / 2);
    expect(childPids(scorer.log)).toHaveLength(1);
    expect(scorer.log.join('\n')).not.toContain('one after the other');
  });

  it('is not rewritten if its attention has a sliding window or another form, and the reason is reported', async () => {
    const client = openClient();
    const reason = async (...path: string[]) => (await client.load(load(join(root, ...path, 'model.onnx')))).result.cannotBranch;
    expect(await reason('sliding-window', 'qwen2')).toBe('its layers do not look back over the whole sequence');
    expect(await reason('token-pair-hf')).toBe('an attention of it adds no mask to its scores');
    expect(await reason('families', 'math-shepherd')).toBeUndefined();
    expect(await reason('label-head')).toBeUndefined();
  });
});

describe('the memory for past sequences', () => {
  it('has room for two sequences of the longest length, but uses at most a sixth of the free memory', () => {
    const gigabyte = 2 ** 30;
    expect(keptBytes(8_000, 512, 16 * gigabyte)).toBe(64 * 2 ** 20);
    // Bytes per token of an 8 B model: 32 layers, 8 heads of size 128, float32.
    expect(keptBytes(262_144, 4096, 32 * gigabyte)).toBe(2 * 4096 * 262_144);
    expect(keptBytes(262_144, 8192, 12 * gigabyte)).toBe(2 * gigabyte);
    expect(keptBytes(262_144, 8192, 0)).toBe(16 * 2 ** 20);
    expect(keptBytes(262_144, undefined, 64 * gigabyte)).toBe(2 * 4096 * 262_144);
  });

  it.each(['token-major', 'hugging-face'] as const)('lets an edited last step run alone for an 8B model: %s', async (layout) => {
    const runs: RecordedRun[] = [];
    const graph = { ...fakeGraph(layout, runs), bytesPerToken: 262_144 };
    // The fake cache counts 1,000 bytes per token, which is 262 times less than an 8 B model's cache.
    const prefixes = new PrefixCache(graph, keptBytes(262_144, 4096, 24 * 2 ** 30) / 262.144);
    const request = (last: number): RunRequest => {
      const ids = Int32Array.from({ length: 1520 }, (_, i) => (i < 1490 ? i % 290 : last));
      return {
        parents: Int32Array.of(-1),
        ids,
        offsets: Int32Array.of(0, 1520),
        reads: last === 1 ? Int32Array.of(700, 1519) : Int32Array.of(1519),
        columns: new Int32Array(0),
        priority: 0,
      };
    };
    const tokens: number[] = [];
    for (const last of [1, 2, 3]) {
      const run = new ForestRun(request(last), graph, prefixes, new RunLimits(undefined));
      while (!run.isDone) await run.step(() => undefined);
      run.close();
      tokens.push(run.result.tokens);
    }
    expect(tokens[0]).toBe(1520);
    for (const edited of tokens.slice(1)) expect(edited / 1520).toBeLessThanOrEqual(0.15);
  });
});
