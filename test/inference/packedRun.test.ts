import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Graph, KeyValueCache, TokenTree } from '../../server/inference/graph/graph.js';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import { PackedRun } from '../../server/inference/packedRun.js';
import { PrefixCache } from '../../server/inference/prefixCache.js';
import type { RunRequest } from '../../server/inference/protocol.js';
import { RunLimits } from '../../server/inference/runLimits.js';
import { loadRuntime } from '../../server/inference/runtime.js';
import { fakeGraph, fakeScores } from './fakeRuntime.js';
import { forest, type Segment, toRequest } from './segments.js';

interface RecordedTree {
  readonly past: number;
  readonly ids: readonly number[];
  readonly parents: readonly number[];
}

/** A graph whose tokens attend to their path in the tree. Its cache has the tokens on the path to the last token. */
function fakeTreeGraph(runs: RecordedTree[]): Graph {
  const graph = fakeGraph('token-major', []);
  return {
    ...graph,
    runTree(cache: KeyValueCache, { ids, parents }: TokenTree, reads = Int32Array.from(ids.keys())) {
      const held = (cache as KeyValueCache & { tokens: number[] }).tokens;
      runs.push({ past: held.length, ids: [...ids], parents: [...parents] });
      const paths: number[][] = [];
      ids.forEach((id, i) => {
        const parent = parents[i]!;
        if (parent < 0 && ~parent > held.length) throw new RangeError(`Token ${i} follows ${~parent} tokens, but ${held.length} are held.`);
        if (parent >= i) throw new RangeError(`Token ${i} comes before its parent.`);
        paths.push([...(parent < 0 ? held.slice(0, ~parent) : paths[parent]!), id]);
      });
      held.splice(0, held.length, ...paths.at(-1)!);
      return Promise.resolve({ values: Float32Array.from([...reads].flatMap((token) => fakeScores(paths[token]!).slice(-2))), width: 2 });
    },
  };
}

async function run(request: RunRequest, graph: Graph, { prefixes = new PrefixCache(graph, Infinity), most = Infinity } = {}) {
  const packed = new PackedRun(request, graph, prefixes, new RunLimits({ tokens: most, rows: 1 }));
  const values: number[][] = [];
  while (!packed.isDone) {
    await packed.step(({ first, values: found }) => {
      const width = request.columns.length || 2;
      for (let r = 0; r * width < found.length; r++) values[first + r] = [...found.subarray(r * width, (r + 1) * width)];
    });
  }
  packed.close();
  return { values, tokens: packed.result.tokens };
}

/** Scores from a full pass of each path. */
function expected(segments: readonly Segment[]): number[][] {
  return segments.flatMap(({ ids, reads }, i) => {
    const path: number[] = [];
    for (let at = i; at >= 0; at = segments[at]!.parent) path.unshift(...segments[at]!.ids);
    const scores = Float32Array.from(fakeScores(path));
    return reads.map((read) => [...scores.subarray((path.length - ids.length + read) * 2).subarray(0, 2)]);
  });
}

describe('PackedRun', () => {
  const tree = [
    { parent: -1, ids: [1, 2, 3], reads: [] },
    { parent: 0, ids: [4, 5, 6], reads: [1, 2] },
    { parent: 1, ids: [7, 8], reads: [0] },
    { parent: 0, ids: [4, 9], reads: [1] },
  ];

  it('runs branches together, each distinct token once and no token after the last read', async () => {
    const runs: RecordedTree[] = [];
    const { values, tokens } = await run(toRequest(tree), fakeTreeGraph(runs));
    expect(runs).toEqual([{ past: 0, ids: [1, 2, 3, 4, 5, 6, 7, 9], parents: [-1, 0, 1, 2, 3, 4, 5, 3] }]);
    expect(tokens).toBe(8);
    expect(values).toEqual(expected(tree));
  });

  it('gives the scores of a full pass over each path, for any run size and after any earlier request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(forest, { minLength: 1, maxLength: 3 }), fc.integer({ min: 16, max: 60 }), async (forests, most) => {
        const graph = fakeTreeGraph([]);
        const prefixes = new PrefixCache(graph, Infinity);
        for (const segments of forests)
          expect((await run(toRequest(segments), graph, { prefixes, most })).values).toEqual(expected(segments));
      }),
      { numRuns: 100 },
    );
  });

  it('runs only the changed end of a sequence', async () => {
    const runs: RecordedTree[] = [];
    const graph = fakeTreeGraph(runs);
    const prefixes = new PrefixCache(graph, Infinity);
    const line = (...ids: number[]) => toRequest([{ parent: -1, ids, reads: [ids.length - 1] }]);
    await run(line(1, 2, 3, 4, 5, 6), graph, { prefixes });
    await run(line(1, 2, 3, 4, 9), graph, { prefixes });
    await run(line(1, 2, 3, 4, 9), graph, { prefixes });
    expect(runs.map(({ ids }) => ids)).toEqual([[1, 2, 3, 4, 5, 6], [9], [9]]);
  });

  it('makes smaller runs after one that does not fit into memory', async () => {
    const runs: RecordedTree[] = [];
    const fake = fakeTreeGraph(runs);
    const graph: Graph = {
      ...fake,
      runTree: (cache, given, reads) =>
        given.ids.length > 20 ? Promise.reject(new Error('std::bad_alloc')) : fake.runTree!(cache, given, reads),
    };
    const segments = [
      { parent: -1, ids: Array.from({ length: 70 }, (_, i) => i), reads: [69] },
      { parent: 0, ids: [1, 2], reads: [1] },
      { parent: 0, ids: [3], reads: [0] },
    ];
    const packed = new PackedRun(toRequest(segments), graph, new PrefixCache(graph, Infinity), new RunLimits(undefined));
    const values: number[][] = [];
    while (!packed.isDone) {
      try {
        await packed.step(({ first, values: found }) => {
          for (let r = 0; r * 2 < found.length; r++) values[first + r] = [...found.subarray(r * 2, r * 2 + 2)];
        });
      } catch {
        if (!packed.shrink()) throw new Error('A run of 20 tokens fits.');
      }
    }
    expect(values).toEqual(expected(segments));
    expect(Math.max(...runs.map(({ ids }) => ids.length))).toBeLessThanOrEqual(20);
  });

  it('gives the scores that the bundled graph gives for each path alone', async () => {
    const graph = openGraph(await (await loadRuntime()).createSession('media/models/mini/model.onnx', 'cpu', 1));
    const ids = (length: number, seed: number) => Array.from({ length }, (_, i) => 100 + ((i * 31 + seed * 7) % 800));
    const segments: Segment[] = [{ parent: -1, ids: ids(40, 0), reads: [] }];
    for (let i = 1; i < 40; i++) segments.push({ parent: i % 3 === 0 ? (i / 3) >> 1 : i >> 2, ids: ids(5 + (i % 13), i), reads: [4] });
    const { values } = await run(toRequest(segments, { columns: Int32Array.of(5, 9) }), graph, { most: 100 });
    let read = 0;
    for (const [i, { reads }] of segments.entries()) {
      if (reads.length === 0) continue;
      const path: number[] = [];
      for (let at = i; at >= 0; at = segments[at]!.parent) path.unshift(...segments[at]!.ids);
      const end = path.length - segments[i]!.ids.length + reads[0]! + 1;
      const alone = await graph.run(graph.createCache(), Int32Array.from(path.slice(0, end)), undefined, Int32Array.of(end - 1));
      const [first, second] = values[read++]!;
      expect(first).toBeCloseTo(alone.values[5]!, 3);
      expect(second).toBeCloseTo(alone.values[9]!, 3);
    }
    await graph.release();
  });
});
