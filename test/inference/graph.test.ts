import { describe, expect, it } from 'vitest';
import { fromFloat16, GraphError, readScores } from '../../server/inference/graph/graph.js';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import type { RuntimeSession, TensorInfo, TensorValue } from '../../server/inference/runtime.js';

const info = (name: string, type: string, ...shape: (number | string)[]): TensorInfo => ({ name, type, shape });
const logits = info('logits', 'float32', 1, 'S', 2);
const ids = info('input_ids', 'int64', 1, 'S');
const session = (inputs: TensorInfo[], outputs: TensorInfo[], run?: RuntimeSession['run']): RuntimeSession => ({
  inputs,
  outputs,
  run: run ?? (() => Promise.reject(new Error('not run'))),
  release: () => Promise.resolve(),
});

const heads = 2;
const size = 3;

/** The number in the key or value cache for one token, head and place. */
const cell = (part: string, token: number, head: number, place: number) =>
  token * 100 + (part.includes('value') ? 50 : 0) + head * 10 + place;

type Cells = Float32Array | Uint16Array;

/** Sessions that keep the cells of each token in their cache, and check the past in every run. */
function huggingFace(type: 'float32' | 'float16', seen: number[][]): RuntimeSession {
  const Data = type === 'float32' ? Float32Array : Uint16Array;
  const names = ['0.key', '0.value'];
  return session(
    [
      ids,
      info('attention_mask', 'int64', 1, 'T'),
      info('position_ids', 'int64', 1, 'S'),
      ...names.map((name) => info(`past_key_values.${name}`, type, 'B', heads, 'P', size)),
    ],
    [logits, ...names.map((name) => info(`present.${name}`, type, 'B', heads, 'T', size))],
    (feeds) => {
      const added = numbers(feeds['input_ids']!);
      const past = feeds['past_key_values.0.key']!.dims[2]!;
      expect(numbers(feeds['position_ids']!)).toEqual(added.map((_, i) => past + i));
      expect(feeds['attention_mask']!.dims).toEqual([1, past + added.length]);
      const outputs: Record<string, TensorValue> = {};
      for (const name of names) {
        const held = feeds[`past_key_values.${name}`]!;
        const before = Array.from({ length: past }, (_, i) => Math.floor((held.data as Cells)[i * size]! / 100));
        const all = [...before, ...added];
        const data = Data.from(
          Array.from({ length: heads * all.length * size }, (_, i) =>
            cell(name, all[Math.floor(i / size) % all.length]!, Math.floor(i / size / all.length), i % size),
          ),
        );
        for (let head = 0; head < heads; head++) {
          const start = head * past * size;
          expect((held.data as Cells).subarray(start, start + past * size)).toEqual(
            data.subarray(head * all.length * size, (head * all.length + past) * size),
          );
        }
        outputs[`present.${name}`] = { type, data, dims: [1, heads, all.length, size] };
        if (name === '0.key') seen.push(all);
      }
      return Promise.resolve({
        ...outputs,
        logits: { type: 'float32', data: new Float32Array(added.length * 2), dims: [1, added.length, 2] },
      });
    },
  );
}

function tokenMajor(seen: number[][]): RuntimeSession {
  const names = ['key.0', 'value.0'];
  return session(
    [
      ids,
      info('position_ids', 'int64', 1, 'S'),
      info('attention_bias', 'float32', 1, 1, 'S', 'T'),
      ...names.map((name) => info(`past_${name}`, 'float32', 1, 'P', size)),
    ],
    [logits, ...names.map((name) => info(`present_${name}`, 'float32', 1, 'S', size))],
    (feeds) => {
      const added = numbers(feeds['input_ids']!);
      const past = feeds['past_key.0']!.dims[1]!;
      const bias = feeds['attention_bias']!.data as Float32Array;
      const width = past + added.length;
      const expected = Float32Array.from({ length: added.length * width }, (_, i) =>
        i % width <= past + Math.floor(i / width) ? 0 : -1e9,
      );
      expect(Buffer.from(bias.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
      const outputs: Record<string, TensorValue> = {};
      for (const name of names) {
        const held = feeds[`past_${name}`]!.data as Float32Array;
        const before = Array.from({ length: past }, (_, i) => Math.floor(held[i * size]! / 100));
        expect([...held]).toEqual(Array.from({ length: past * size }, (_, i) => cell(name, before[Math.floor(i / size)]!, 0, i % size)));
        outputs[`present_${name}`] = {
          type: 'float32',
          data: Float32Array.from({ length: added.length * size }, (_, i) => cell(name, added[Math.floor(i / size)]!, 0, i % size)),
          dims: [1, added.length, size],
        };
        if (name === 'key.0') seen.push([...before, ...added]);
      }
      return Promise.resolve({
        ...outputs,
        logits: { type: 'float32', data: new Float32Array(added.length * 2), dims: [1, added.length, 2] },
      });
    },
  );
}

function numbers(tensor: TensorValue): number[] {
  return [...(tensor.data as BigInt64Array)].map(Number);
}

describe.each<[string, (seen: number[][]) => RuntimeSession]>([
  ['token-major', tokenMajor],
  ['hugging-face float32', (seen) => huggingFace('float32', seen)],
  ['hugging-face float16', (seen) => huggingFace('float16', seen)],
])('the key/value cache of a graph: %s', (_name, open) => {
  it('holds the tokens that were run, through cuts, copies and growth', async () => {
    const seen: number[][] = [];
    const graph = openGraph(open(seen));
    const cache = graph.createCache();
    await graph.run(cache, Int32Array.of(1, 2, 3, 4));
    cache.cut(2);
    const copy = cache.copy();
    const start = cache.copy(1);
    await graph.run(cache, Int32Array.of(5));
    await graph.run(copy, Int32Array.of(6, 7));
    await graph.run(start, Int32Array.of(8));
    const long = Int32Array.from({ length: 500 }, (_, i) => 8 + (i % 90));
    await graph.run(cache, long);
    cache.cut(0);
    await graph.run(cache, Int32Array.of(9));
    expect(seen).toEqual([[1, 2, 3, 4], [1, 2, 5], [1, 2, 6, 7], [1, 8], [1, 2, 5, ...long], [9]]);
    expect([cache.length, copy.length]).toEqual([1, 4]);
    expect(copy.bytes).toBeGreaterThan(0);
  });
});

describe('openGraph', () => {
  const pastOf = (type: string, ...shape: (number | string)[]) =>
    ['key', 'value'].map((part) => info(`past_key_values.0.${part}`, type, ...shape));
  const mask = info('attention_mask', 'int64', 1, 'T');

  it.each<[string, TensorInfo[], TensorInfo[]]>([
    ["no output 'present.0.key'; it has logits", [ids, mask, ...pastOf('float32', 1, 2, 'P', 4)], [logits]],
    [
      'past_key_values.0.key is not [batch, heads, past, size]',
      [ids, mask, ...pastOf('float32', 1, 'H', 'P', 4)],
      [logits, info('present.0.key', 'float32')],
    ],
    ['past_key_values.0.key (bfloat16 [1, 2, P, 4]) is not float32 or float16', [ids, mask, ...pastOf('bfloat16', 1, 2, 'P', 4)], [logits]],
    [
      'past_key.0 is not [batch, past, size]',
      [ids, info('past_key.0', 'float32', 1, 'P', 'D'), info('past_value.0', 'float32', 1, 'P', 'D')],
      [logits, info('present_key.0', 'float32')],
    ],
    ["no output 'logits'; it has last_hidden_state", [ids, mask], [info('last_hidden_state', 'float32', 1, 'S', 8)]],
    ['does not know: use_cache_branch (bool [1])', [ids, mask, info('use_cache_branch', 'bool', 1)], [logits]],
  ])('refuses a graph that it cannot run: %s', (message, inputs, outputs) => {
    expect(() => openGraph(session(inputs, outputs))).toThrow(GraphError);
    expect(() => openGraph(session(inputs, outputs))).toThrow(message);
  });
});

describe('readScores', () => {
  it('reads float16 bits', () => {
    expect([...fromFloat16(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x3555))]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      -0,
      Infinity,
      0.333251953125,
    ]);
    expect(fromFloat16(Uint16Array.of(0x7e00))[0]).toBeNaN();
    const scores = readScores({ type: 'float16', data: Uint16Array.of(0x3c00, 0) as never, dims: [1, 1, 2] }, 1);
    expect([[...scores.values], scores.width]).toEqual([[1, 0], 2]);
  });

  it('refuses an output that does not have one row per token', () => {
    expect(() => readScores({ type: 'float32', data: new Float32Array(8), dims: [1, 1, 8] }, 4)).toThrow(
      "'logits' is [1, 1, 8] for 4 tokens",
    );
    expect(() => readScores(undefined, 4)).toThrow('nothing');
  });
});
