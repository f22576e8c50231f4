import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../server/inference/engine.js';
import { failureOf } from '../../server/inference/failures.js';
import { ForestRun } from '../../server/inference/forestRun.js';
import type { Graph } from '../../server/inference/graph/graph.js';
import { PrefixCache } from '../../server/inference/prefixCache.js';
import type { FromChild, ReadValues, RunRequest } from '../../server/inference/protocol.js';
import { RunLimits } from '../../server/inference/runLimits.js';
import { fakeGraph, fakeRuntime, fakeScores, type RecordedRun } from './fakeRuntime.js';
import { toRequest } from './segments.js';

/** @param most Runs with more tokens than this run out of memory. */
async function run(request: RunRequest, layout: 'token-major' | 'none', prefixes?: PrefixCache, runs: RecordedRun[] = [], most = Infinity) {
  const inner = fakeGraph(layout, runs);
  const graph: Graph = {
    ...inner,
    run: (cache, ids, ...rest) => (ids.length > most ? Promise.reject(new Error('std::bad_alloc')) : inner.run(cache, ids, ...rest)),
  };
  const limits = new RunLimits(undefined);
  const forest = new ForestRun(request, graph, prefixes ?? new PrefixCache(graph, Infinity), limits);
  const values: number[][] = [];
  while (!forest.isDone) {
    const onRead = (reads: ReadValues) => {
      const width = request.columns.length || 2;
      for (let r = 0; r * width < reads.values.length; r++) {
        expect(values[reads.first + r], 'reported twice').toBeUndefined();
        values[reads.first + r] = [...reads.values.subarray(r * width, (r + 1) * width)];
      }
    };
    await forest.step(onRead).catch((error: unknown) => {
      if (failureOf(error) !== 'memory' || !forest.shrink()) throw error;
    });
  }
  forest.close();
  return { values, tokens: forest.result.tokens, runs, limits };
}

describe('ForestRun', () => {
  const tree = [
    { parent: -1, ids: [1, 2, 3], reads: [] },
    { parent: 0, ids: [4, 5, 6], reads: [1, 2] },
    { parent: 1, ids: [7, 8], reads: [1] },
    { parent: 0, ids: [4, 9], reads: [1] },
  ];

  it('runs every token once, also a first token that two segments have in common', async () => {
    const { tokens, runs } = await run(toRequest(tree), 'token-major');
    expect(runs).toEqual([
      { past: 0, ids: [1, 2, 3, 4, 5, 6] },
      { past: 6, ids: [7, 8] },
      { past: 4, ids: [9] },
    ]);
    expect(tokens).toBe(9);
  });

  it('runs the whole path of each leaf once if the graph has no cache', async () => {
    const { tokens, runs } = await run(toRequest(tree), 'none');
    expect(runs.map(({ ids }) => ids)).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [1, 2, 3, 4, 9],
    ]);
    expect(tokens).toBe(13);
  });

  it('gives the scores of a full pass over each path, with and without a cache', async () => {
    const segment = fc.record({
      up: fc.nat(5),
      ids: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
      reads: fc.uniqueArray(fc.nat(3)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 12 }), fc.boolean(), async (list, oneColumn) => {
        const segments = list.map(({ up, ids, reads }, i) => ({
          parent: up === 0 || i - up < 0 ? -1 : i - up,
          ids,
          reads: reads.filter((read) => read < ids.length).sort((a, b) => a - b),
        }));
        const request = toRequest(segments, { columns: Int32Array.from(oneColumn ? [0] : []) });
        const expected: number[][] = [];
        segments.forEach(({ reads }, i) => {
          const path: number[] = [];
          for (let at = i; at >= 0; at = segments[at]!.parent) path.unshift(...segments[at]!.ids);
          const scores = Float32Array.from(fakeScores(path));
          const start = path.length - segments[i]!.ids.length;
          for (const read of reads) expected.push([...scores.subarray((start + read) * 2, (start + read) * 2 + (oneColumn ? 1 : 2))]);
        });
        for (const layout of ['token-major', 'none'] as const) expect((await run(request, layout)).values).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('continues from the cache that an earlier request left', async () => {
    const runs: RecordedRun[] = [];
    const prefixes = new PrefixCache(fakeGraph('token-major', runs), Infinity);
    const line = (...ids: number[]) => toRequest([{ parent: -1, ids, reads: [ids.length - 1] }]);
    await run(line(1, 2, 3, 4, 5, 6), 'token-major', prefixes, runs);
    await run(line(1, 2, 3, 4, 9), 'token-major', prefixes, runs);
    // This line shares little: the shared part is copied, and the first line stays in the cache.
    await run(line(1, 7, 7, 7), 'token-major', prefixes, runs);
    await run(line(1, 2, 3, 4, 9, 8), 'token-major', prefixes, runs);
    expect(runs.map(({ past }) => past)).toEqual([0, 4, 1, 5]);
  });

  describe('when memory is short', () => {
    const long = (length: number, reads: number[]) =>
      toRequest([{ parent: -1, ids: Array.from({ length }, (_, i) => 1 + (i % 90)), reads }]);

    it('runs a sequence in halves, or halves of those, and reads the same scores', async () => {
      const request = long(300, [0, 3, 150, 151, 152, 299]);
      const { values, runs, limits, tokens } = await run(request, 'token-major', undefined, [], 60);
      expect(values).toEqual((await run(request, 'token-major')).values);
      expect([limits.tokens, Math.max(...runs.map(({ ids }) => ids.length)), tokens]).toEqual([37, 37, 300]);
    });

    it('gives the scores of an undivided run for any tree', async () => {
      const tree = fc.array(fc.record({ parent: fc.nat(3), length: fc.integer({ min: 1, max: 60 }) }), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(tree, fc.integer({ min: 16, max: 40 }), async (list, most) => {
          const segments = list.map(({ parent, length }, i) => ({
            parent: Math.min(parent, i) - 1,
            ids: Array.from({ length }, (_, at) => 1 + ((at * 7 + i) % 50)),
            reads: [0, length >> 1, length - 1].filter((read, at, all) => all.indexOf(read) === at),
          }));
          const request = toRequest(segments);
          expect((await run(request, 'token-major', undefined, [], most)).values).toEqual((await run(request, 'token-major')).values);
        }),
        { numRuns: 60 },
      );
    });

    it('still runs the tokens of images in one pass', async () => {
      const pixels = { values: new Float32Array(1), shape: [1, 1, 1, 1], digest: 'figure', end: 50 };
      const { runs } = await run({ ...long(200, [199]), pixels }, 'token-major', undefined, [], 60);
      expect(runs.map(({ ids }) => ids.length)).toEqual([50, 50, 50, 50]);
      await expect(run({ ...long(200, [199]), pixels }, 'token-major', undefined, [], 40)).rejects.toThrow('std::bad_alloc');
    });

    it('fails if the smallest run does not fit, or if the graph has no cache and needs the whole sequence', async () => {
      await expect(run(long(300, [299]), 'token-major', undefined, [], 10)).rejects.toThrow('std::bad_alloc');
      await expect(run(long(300, [299]), 'none', undefined, [], 200)).rejects.toThrow('std::bad_alloc');
    });
  });

  it('forgets old sequences beyond the limit of its cache', async () => {
    const runs: RecordedRun[] = [];
    const prefixes = new PrefixCache(fakeGraph('token-major', runs), 5000);
    for (const first of [1, 2, 1]) await run(toRequest([{ parent: -1, ids: [first, 5, 6, 7], reads: [3] }]), 'token-major', prefixes, runs);
    expect(runs.map(({ past }) => past)).toEqual([0, 0, 0]);
  });
});

describe('Engine', () => {
  const load = {
    graphPath: 'm',
    device: 'cpu' as const,
    threads: 1,
    warmup: Int32Array.from({ length: 8 }, (_, i) => i),
    columns: new Int32Array(0),
  };
  const leaves = (count: number, first: number, priority: number) =>
    toRequest(
      Array.from({ length: count }, (_, i) => ({ parent: -1, ids: [first, i], reads: [1] })),
      { priority },
    );

  function start() {
    const messages: FromChild[] = [];
    let wake = () => {};
    const engine = new Engine(
      () => Promise.resolve(fakeRuntime({ cpu: {} })),
      (message) => {
        messages.push(message);
        wake();
      },
    );
    const until = async (isThere: () => boolean) => {
      while (!isThere()) await new Promise<void>((resolve) => (wake = resolve));
    };
    const answered = (id: number) =>
      messages.some((message) => message.id === id && (message.kind === 'done' || message.kind === 'failed'));
    return { engine, messages, until, answered };
  }

  it('alternates between requests of equal priority, and runs one of higher priority first', async () => {
    const { engine, messages, until, answered } = start();
    engine.receive({ kind: 'load', id: 1, session: 1, request: load });
    engine.receive({ kind: 'run', id: 2, session: 1, request: leaves(3, 1, 0) });
    engine.receive({ kind: 'run', id: 3, session: 1, request: leaves(3, 2, 0) });
    engine.receive({ kind: 'run', id: 4, session: 1, request: leaves(2, 3, 1) });
    await until(() => answered(2) && answered(3));
    const reads = messages.filter((message) => message.kind === 'read').map((message) => message.id);
    expect(reads).toEqual([4, 4, 2, 3, 2, 3, 2, 3]);
  });

  it('stops a cancelled request between two runs and answers it once', async () => {
    const { engine, messages, until, answered } = start();
    engine.receive({ kind: 'load', id: 1, session: 1, request: load });
    engine.receive({ kind: 'run', id: 2, session: 1, request: leaves(50, 1, 0) });
    await until(() => messages.some((message) => message.kind === 'read'));
    engine.receive({ kind: 'cancel', id: 2 });
    engine.receive({ kind: 'cancel', id: 77 });
    engine.receive({ kind: 'run', id: 3, session: 1, request: leaves(2, 2, 0) });
    await until(() => answered(3));
    expect(messages.filter((message) => message.id === 2 && message.kind === 'failed')).toHaveLength(1);
    expect(messages.filter((message) => message.id === 2 && message.kind === 'read').length).toBeLessThan(4);
  });

  it('fails a run whose model is not loaded, and continues', async () => {
    const { engine, messages, until, answered } = start();
    engine.receive({ kind: 'run', id: 1, session: 9, request: leaves(1, 1, 0) });
    engine.receive({ kind: 'load', id: 2, session: 1, request: load });
    await until(() => answered(1) && answered(2));
    expect(messages.find((message) => message.id === 1 && message.kind === 'failed')).toMatchObject({
      reason: 'error',
      message: 'The model is not loaded.',
    });
    expect(messages.find((message) => message.id === 2 && message.kind === 'done')).toBeDefined();
  });
});
