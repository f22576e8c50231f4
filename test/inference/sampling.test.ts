import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../server/inference/engine.js';
import type { Graph, KeyValueCache } from '../../server/inference/graph/graph.js';
import { PromptCache } from '../../server/inference/promptCache.js';
import type { FromChild, SamplingRequest } from '../../server/inference/protocol.js';
import { RunLimits } from '../../server/inference/runLimits.js';
import { drawToken } from '../../server/inference/sampling.js';
import { SamplingRun } from '../../server/inference/samplingRun.js';
import { createRandom } from '../../server/reasoning/random.js';
import { fakeGraph, fakeRuntime } from './fakeRuntime.js';

const none = new Set<number>();

describe('drawToken', () => {
  it('draws each token as often as its softmax probability predicts', () => {
    const random = createRandom(5);
    for (const temperature of [0.5, 1, 2]) {
      const logits = Float32Array.of(1, -1, 0.5, 2, -30, 0);
      const weights = logits.map((logit, id) => (id === 2 ? 0 : Math.exp(logit / temperature)));
      const total = weights.reduce((a, b) => a + b);
      const counts = new Array<number>(logits.length).fill(0);
      const draws = 20_000;
      for (let i = 0; i < draws; i++) counts[drawToken(logits, temperature, new Set([2]), random)]!++;
      counts.forEach((count, id) => {
        const share = weights[id]! / total;
        // Four standard deviations; the random numbers are seeded.
        expect(Math.abs(count / draws - share)).toBeLessThanOrEqual(4 * Math.sqrt((share * (1 - share)) / draws) + 1e-12);
      });
    }
  });

  it('never draws a banned token, and draws the likeliest other token at temperature 0', () => {
    const logits = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(logits, fc.nat(11), fc.double({ min: 0, max: 0.999999999, noNaN: true }), (values, spared, number) => {
        const scores = Float32Array.from(values);
        const allowed = spared % scores.length;
        const ids = [...scores.keys()];
        const odd = new Set(ids.filter((id) => id % 2 === 1 && id !== allowed));
        expect(odd.has(drawToken(scores, 1, odd, () => number))).toBe(false);
        const likeliest = drawToken(scores, 0, odd, () => number);
        scores.forEach((score, id) =>
          expect(odd.has(id) || score < scores[likeliest]! || (score === scores[likeliest] && id >= likeliest)).toBe(true),
        );
        expect(drawToken(scores, 1, new Set(ids.filter((id) => id !== allowed)), () => number)).toBe(allowed);
      }),
    );
  });

  it('refuses scores that are not numbers', () => {
    expect(() => drawToken(Float32Array.of(1, NaN), 1, none, () => 0)).toThrow('not numbers (NaN)');
    expect(() => drawToken(Float32Array.of(-Infinity, -Infinity), 1, none, () => 0)).toThrow('no token');
  });
});

/** A graph whose next token depends on all earlier ones, with `vocabulary` columns, and a record of each run's rows. */
interface Recorded {
  readonly graph: Graph;
  readonly runs: (readonly number[])[];
  readonly batches: number[];
}

const vocabulary = 7;
const stop = 6;

function scoresAfter(tokens: readonly number[]): number[] {
  let state = 11;
  for (const token of tokens) state = (state * 31 + token + 1) % 10007;
  return Array.from({ length: vocabulary }, (_, id) => (id === stop ? ((state % 5) - 2) / 2 : Math.sin(state * (id + 1))));
}

function record(): Recorded {
  const runs: number[][] = [];
  const batches: number[] = [];
  const inner = fakeGraph('token-major', []);
  const held = (cache: KeyValueCache) => (cache as KeyValueCache & { tokens: number[] }).tokens;
  const graph: Graph = {
    ...inner,
    run(cache, ids, _pixels, reads = Int32Array.from(ids.keys())) {
      runs.push([...ids]);
      const before = [...held(cache)];
      held(cache).push(...ids);
      return Promise.resolve({
        values: Float32Array.from([...reads].flatMap((read) => scoresAfter([...before, ...ids.slice(0, read + 1)]))),
        width: vocabulary,
      });
    },
    openBatch(cache, count) {
      let rows = Array.from({ length: count }, () => [...held(cache)]);
      return {
        get rows() {
          return rows.length;
        },
        run(ids) {
          expect(ids).toHaveLength(rows.length);
          batches.push(rows.length);
          rows.forEach((row, i) => row.push(ids[i]!));
          return Promise.resolve({ values: Float32Array.from(rows.flatMap(scoresAfter)), width: vocabulary });
        },
        keep(kept) {
          rows = kept.map((row) => rows[row]!);
        },
      };
    },
  };
  return { graph, runs, batches };
}

const request: SamplingRequest = {
  prompt: Int32Array.of(1, 2, 3),
  prefix: Int32Array.of(4, 5),
  count: 8,
  maxNewTokens: 12,
  temperature: 1,
  stop: Int32Array.of(stop),
  banned: Int32Array.of(0),
  seed: 9,
  priority: 0,
};

async function sample(
  change: Partial<SamplingRequest> = {},
  { graph } = record(),
  prompts = new PromptCache(Infinity),
  limits = new RunLimits(undefined),
) {
  const run = new SamplingRun({ ...request, ...change }, graph, prompts, limits);
  while (!run.isDone) await run.step();
  run.close();
  return run.result;
}

describe('SamplingRun', () => {
  it('gives every row the tokens that sampling it alone from the whole sequence gives', async () => {
    const { rows } = await sample();
    rows.forEach(({ ids, finish }, i) => {
      const random = createRandom(request.seed, `row ${i}`);
      const drawn: number[] = [];
      let end: number | undefined;
      while (drawn.length < request.maxNewTokens && end === undefined) {
        const id = drawToken(Float32Array.from(scoresAfter([...request.prompt, ...request.prefix, ...drawn])), 1, new Set([0]), random);
        if (id === stop) end = id;
        else drawn.push(id);
      }
      expect([[...ids], finish]).toEqual([drawn, end === undefined ? 'length' : 'stop']);
    });
    expect(new Set(rows.map(({ ids }) => ids.join())).size).toBeGreaterThan(4);
    expect(new Set(rows.map(({ finish }) => finish))).toEqual(new Set(['stop', 'length']));
  });

  it('runs prompt and prefix separately, each in one pass, and the prompt once for several requests', async () => {
    const [recorded, prompts] = [record(), new PromptCache(Infinity)];
    const first = await sample({}, recorded, prompts);
    expect(recorded.runs).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    const again = await sample({}, recorded, prompts);
    expect(recorded.runs).toEqual([
      [1, 2, 3],
      [4, 5],
      [4, 5],
    ]);
    expect(again.rows).toEqual(first.rows);
    expect(again.tokens).toBe(first.tokens - 3);
    await sample({ prefix: new Int32Array(0) }, recorded, prompts);
    expect(recorded.runs).toHaveLength(3);
    const pixels = { values: new Float32Array(1), shape: [1, 1, 1, 1], digest: 'other', end: 1 };
    await sample({ pixels }, recorded, prompts);
    expect(recorded.runs.slice(3)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('keeps no more prompts than fit into its cache', async () => {
    const [recorded, prompts] = [record(), new PromptCache(6500)];
    for (const first of [1, 2, 1, 3, 1, 2])
      await sample({ prompt: Int32Array.of(first, 2, 3), prefix: new Int32Array(0) }, recorded, prompts);
    expect(recorded.runs.map(([first]) => first)).toEqual([1, 2, 3, 2]);
  });

  it('removes ended rows from the batch, at least a quarter of it at a time', async () => {
    const recorded = record();
    await sample({ count: 16, maxNewTokens: 40 }, recorded);
    expect(recorded.batches).toEqual([...recorded.batches].sort((a, b) => b - a));
    const sizes = [...new Set(recorded.batches)];
    expect(sizes.length).toBeGreaterThan(3);
    sizes.slice(1).forEach((size, i) => expect(size).toBeLessThanOrEqual(sizes[i]! * 0.75));
  });

  it('ends at the first token if it is the end token, or if only one new token is allowed', async () => {
    const recorded = record();
    const ended = await sample({ banned: Int32Array.of(0, 1, 2, 3, 4, 5) }, recorded);
    expect(ended.rows.every(({ ids, finish }) => ids.length === 0 && finish === 'stop')).toBe(true);
    const one = await sample({ maxNewTokens: 1, stop: new Int32Array(0) }, recorded);
    expect(one.rows.every(({ ids, finish }) => ids.length === 1 && finish === 'length')).toBe(true);
    expect(recorded.batches).toEqual([]);
  });

  it('draws the same rows when memory holds only some of them, or only part of the prompt', async () => {
    const whole = await sample({ count: 11, prompt: Int32Array.from({ length: 70 }, (_, i) => i % 5) });
    const recorded = record();
    const limits = new RunLimits(undefined);
    const { graph } = recorded;
    const full = () => Promise.reject(new Error('std::bad_alloc'));
    const small: Graph = {
      ...graph,
      run: (cache, ids, ...rest) => (ids.length > 20 ? full() : graph.run(cache, ids, ...rest)),
      openBatch: (cache, count) => {
        const batch = graph.openBatch!(cache, count);
        return {
          get rows() {
            return batch.rows;
          },
          keep: (kept) => batch.keep(kept),
          run: (ids) => (ids.length > 3 ? full() : batch.run(ids)),
        };
      },
    };
    const run = new SamplingRun(
      { ...request, count: 11, prompt: Int32Array.from({ length: 70 }, (_, i) => i % 5) },
      small,
      new PromptCache(Infinity),
      limits,
    );
    while (!run.isDone) {
      await run.step().catch((error: unknown) => {
        if (!run.shrink()) throw error;
      });
    }
    expect(run.result.rows).toEqual(whole.rows);
    expect([limits.tokens, limits.rows <= 3]).toEqual([17, true]);
    expect(recorded.runs.map((ids) => ids.length)).toEqual([17, 17, 17, 17, 2, 2]);
  });

  it('gives the same rows on a graph without a batch axis, where it samples row by row', async () => {
    const rowsOf = async (graph: Graph) => {
      const run = new SamplingRun({ ...request, count: 5 }, graph, new PromptCache(Infinity), new RunLimits(undefined));
      while (!run.isDone) await run.step();
      return run.result;
    };
    const single = Object.fromEntries(Object.entries(record().graph).filter(([key]) => key !== 'openBatch')) as unknown as Graph;
    expect(await rowsOf(single)).toEqual(await rowsOf(record().graph));
  });

  it('refuses a graph without a cache', () => {
    expect(() => new SamplingRun(request, fakeGraph('none', []), new PromptCache(1), new RunLimits(undefined))).toThrow(
      'the graph cannot sample: it takes no keys and values of earlier tokens',
    );
  });
});

describe('Engine', () => {
  it('reports why a graph cannot sample, and continues', async () => {
    const messages: FromChild[] = [];
    const engine = new Engine(
      () => Promise.resolve(fakeRuntime({ cpu: {} })),
      (message) => void messages.push(message),
    );
    engine.receive({
      kind: 'load',
      id: 1,
      session: 1,
      request: { graphPath: 'm', device: 'cpu', threads: 1, warmup: Int32Array.of(1, 2, 3, 4), columns: new Int32Array(0) },
    });
    engine.receive({ kind: 'sample', id: 2, session: 1, request });
    engine.receive({ kind: 'sample', id: 3, session: 9, request });
    await expect.poll(() => messages.filter(({ kind }) => kind === 'failed').length).toBe(2);
    const failed = new Map(messages.flatMap((message) => (message.kind === 'failed' ? [[message.id, message.message]] : [])));
    expect(failed.get(2)).toContain('the graph cannot sample');
    expect(failed.get(3)).toBe('The model is not loaded.');
  });
});
