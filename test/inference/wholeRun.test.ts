import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../server/inference/engine.js';
import type { Graph } from '../../server/inference/graph/graph.js';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import { PrefixCache } from '../../server/inference/prefixCache.js';
import type { FromChild, RunRequest } from '../../server/inference/protocol.js';
import { RunLimits } from '../../server/inference/runLimits.js';
import { loadRuntime, type Runtime } from '../../server/inference/runtime.js';
import { mostTogether, WholeRun } from '../../server/inference/wholeRun.js';
import { fakeGraph, fakeScores } from './fakeRuntime.js';
import { forest, type Segment, toRequest } from './segments.js';

function pathOf(segments: readonly Segment[], segment: number): number[] {
  const path: number[] = [];
  for (let at = segment; at >= 0; at = segments[at]!.parent) path.unshift(...segments[at]!.ids);
  return path;
}

/** Scores from a full pass of each path. */
function expected(segments: readonly Segment[]): number[][] {
  return segments.flatMap(({ ids, reads }, i) => {
    const path = pathOf(segments, i);
    const scores = Float32Array.from(fakeScores(path));
    return reads.map((read) => [...scores.subarray((path.length - ids.length + read) * 2).subarray(0, 2)]);
  });
}

/** A graph that scores trees of at most `fits` tokens, and sequences of any length with a cache. */
function fakeTreeGraph(runs: number[], fits = Infinity): Graph {
  const graph = fakeGraph('token-major', []);
  const score = (paths: number[][], reads: Int32Array) => ({
    values: Float32Array.from([...reads].flatMap((token) => fakeScores(paths[token]!).slice(-2))),
    width: 2,
  });
  const pathsOf = (ids: Int32Array, parents: Int32Array, held: readonly number[]) => {
    const paths: number[][] = [];
    ids.forEach((id, i) => paths.push([...(parents[i]! < 0 ? held.slice(0, ~parents[i]!) : paths[parents[i]!]!), id]));
    return paths;
  };
  return {
    ...graph,
    scoreTree({ ids, parents }, reads) {
      if (ids.length > fits) return Promise.reject(new Error('CUDA failure 2: out of memory'));
      runs.push(ids.length);
      return Promise.resolve(score(pathsOf(ids, parents, []), reads));
    },
    runTree(cache, { ids, parents }, reads = Int32Array.from(ids.keys())) {
      if (ids.length > fits) return Promise.reject(new Error('CUDA failure 2: out of memory'));
      const held = (cache as typeof cache & { tokens: number[] }).tokens;
      const paths = pathsOf(ids, parents, held);
      held.splice(0, held.length, ...paths.at(-1)!);
      return Promise.resolve(score(paths, reads));
    },
  };
}

async function run(request: RunRequest, graph: Graph, most = Infinity) {
  const whole = new WholeRun(request, graph, new PrefixCache(graph, Infinity), new RunLimits({ tokens: most, rows: 1 }), 2);
  const values: number[][] = [];
  let told = 0;
  while (!whole.isDone) {
    try {
      await whole.step(({ first, values: found }) => {
        const width = request.columns.length || 2;
        for (let r = 0; r * width < found.length; r++, told++) values[first + r] = [...found.subarray(r * width, (r + 1) * width)];
      });
    } catch (error) {
      if (!whole.shrink()) throw error;
    }
  }
  whole.close();
  return { values, told, tokens: whole.result.tokens };
}

describe('a run that fetches only scores from the device', () => {
  it('gives the scores of a full pass over each path, each once, however little fits into memory', async () => {
    await fc.assert(
      fc.asyncProperty(forest, fc.integer({ min: 16, max: 90 }), fc.integer({ min: 16, max: 200 }), async (segments, most, fits) => {
        const { values, told } = await run(toRequest(segments), fakeTreeGraph([], fits), most);
        expect(values).toEqual(expected(segments));
        expect(told).toBe(values.length);
      }),
      { numRuns: 150 },
    );
  });

  it('takes one run for a tree of at most 2048 tokens, and starts again at the root for further branches', async () => {
    const line = (length: number, seed: number) => Array.from({ length }, (_, i) => 1 + ((i * 7 + seed) % 50));
    const prompt = { parent: -1, ids: line(100, 0), reads: [] };
    const branch = (length: number, seed: number): Segment => ({
      parent: 0,
      ids: [60 + seed, ...line(length - 1, seed)],
      reads: [length - 1],
    });
    const runs: number[] = [];
    const small = [prompt, branch(900, 1), branch(900, 2)];
    expect((await run(toRequest(small), fakeTreeGraph(runs))).tokens).toBe(1900);
    expect(runs).toEqual([1900]);
    runs.length = 0;
    const large = [...small, branch(900, 3), branch(50, 4)];
    expect((await run(toRequest(large), fakeTreeGraph(runs))).values).toEqual(expected(large));
    expect(runs).toEqual([1900, 1050]);
    expect(mostTogether).toBe(2048);
  });

  it('runs a path of more than 2048 tokens in one piece, and in smaller pieces if memory does not hold it', async () => {
    const long = [{ parent: -1, ids: Array.from({ length: 3000 }, (_, i) => 1 + (i % 50)), reads: [10, 2999] }];
    const runs: number[] = [];
    expect((await run(toRequest(long), fakeTreeGraph(runs))).values).toEqual(expected(long));
    expect(runs).toEqual([3000]);
    runs.length = 0;
    expect(await run(toRequest(long), fakeTreeGraph(runs, 500))).toMatchObject({ values: expected(long), told: 2 });
    expect(runs).toEqual([]);
  });

  it('gives the scores of a real graph, and fetches nothing else from it', async () => {
    const session = await (await loadRuntime()).createSession('media/models/mini/model.onnx', 'cpu', 1);
    const fetched = new Set<string>();
    const graph = openGraph({
      ...session,
      run(feeds, fetches) {
        for (const name of fetches) fetched.add(name);
        return session.run(feeds, fetches);
      },
    });
    const ids = (length: number, seed: number) => Array.from({ length }, (_, i) => 100 + ((i * 31 + seed * 7) % 800));
    const segments: Segment[] = [{ parent: -1, ids: ids(40, 0), reads: [] }];
    for (let i = 1; i < 24; i++) segments.push({ parent: i >> 2, ids: ids(5 + (i % 13), i), reads: [4] });
    const columns = Int32Array.of(5, 9);
    const { values } = await run(toRequest(segments, { columns }), graph, 150);
    expect([...fetched]).toEqual(['logits']);
    const width = (await graph.run(graph.createCache(), Int32Array.of(5))).width;
    for (const [read, segment] of segments.flatMap(({ reads }, i) => (reads.length > 0 ? [i] : [])).entries()) {
      const path = pathOf(segments, segment);
      const alone = await graph.run(graph.createCache(), Int32Array.from(path));
      const at = (path.length - segments[segment]!.ids.length + 4) * width;
      expect(values[read]![0]).toBeCloseTo(alone.values[at + 5]!, 3);
      expect(values[read]![1]).toBeCloseTo(alone.values[at + 9]!, 3);
    }
    await graph.release();
  });
});

describe('the engine on CUDA', () => {
  /** The CPU replaces CUDA here, without memory for a second whole model. */
  it("admits a model in Hugging Face's layout by its first layers, and does not fetch keys and values", async () => {
    const real = await loadRuntime();
    const runs: string[][] = [];
    const runtime: Runtime = {
      version: 'test',
      missing: () => undefined,
      freeMemory: () => 1000,
      async createSession(graph, provider, threads) {
        const session = await real.createSession(graph, 'cpu', threads);
        if (provider === 'cpu') return session;
        return {
          ...session,
          run(feeds, fetches) {
            runs.push([...fetches]);
            return session.run(feeds, fetches);
          },
        };
      },
    };
    const answers: FromChild[] = [];
    let answered: () => void = () => undefined;
    const engine = new Engine(
      () => Promise.resolve(runtime),
      (message) => {
        answers.push(message);
        if (message.kind === 'done' || message.kind === 'failed') answered();
      },
    );
    const next = () => new Promise<void>((resolve) => (answered = resolve));
    const graphPath = join(import.meta.dirname, '../fixtures/models/families/rlhflow/model.onnx');
    const columns = Int32Array.of(10, 12);
    const warmup = Int32Array.from({ length: 40 }, (_, i) => 5 + (i % 90));
    let done = next();
    engine.receive({ kind: 'load', id: 1, session: 1, request: { graphPath, device: 'cuda', threads: 1, warmup, columns } });
    await done;
    const loaded = answers.at(-1);
    expect(loaded).toMatchObject({ kind: 'done', result: { device: { provider: 'cuda', passedOver: [] } } });
    expect((loaded as { result: { device: { note?: string }; cannotBranch?: string } }).result).not.toHaveProperty('cannotBranch');
    expect((loaded as { result: { device: { note?: string } } }).result.device.note).toMatch(/in its first layers alone/);
    runs.length = 0;
    done = next();
    const segments = [
      { parent: -1, ids: [...warmup], reads: [39] },
      { parent: 0, ids: [7, 8, 9], reads: [2] },
      { parent: 0, ids: [17, 18, 19], reads: [2] },
    ];
    engine.receive({ kind: 'run', id: 2, session: 1, request: toRequest(segments, { columns }) });
    await done;
    expect(answers.at(-1)).toMatchObject({ kind: 'done', result: { tokens: 46 } });
    expect(runs).toEqual([['logits']]);
  });
});
