import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openGraph } from '../../server/inference/graph/openGraph.js';
import { treeVectors, withMatrix } from '../../server/inference/graph/treeFeeds.js';
import { loadRuntime } from '../../server/inference/runtime.js';
import { fuseDecoder } from '../../server/onnx/fuseDecoder.js';
import { type OnnxModel, writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import { toTokenMajor } from '../../server/onnx/tokenMajor.js';

const root = fileURLToPath(new URL('../fixtures/models', import.meta.url));

async function both(family: string) {
  const whole = await readModel(join(root, 'families', family, 'model.onnx'), Infinity);
  const plain = toTokenMajor(whole);
  if (typeof plain === 'string') throw new Error(plain);
  const fused = fuseDecoder(plain.model);
  if (typeof fused === 'string') throw new Error(fused);
  const runtime = await loadRuntime();
  const open = async (model: OnnxModel) =>
    openGraph(await runtime.createSession({ bytes: writeModel(model, () => ''), folder: root }, 'cpu', 1));
  return { fused, graphs: [await open(plain.model), await open(fused)] as const };
}

/** Three branches of eight tokens after a common prompt of twenty. */
const prompt = Array.from({ length: 20 }, (_, i) => 5 + ((i * 7) % 60));
const branches = [0, 1, 2].map((branch) => Array.from({ length: 8 }, (_, i) => 6 + ((i * 11 + branch * 17) % 60)));
const ids = Int32Array.from(branches.flat());
const parentsAfter = (last: number, offset: number) =>
  Int32Array.from(branches.flatMap((branch, b) => branch.map((_, i) => (i === 0 ? last : offset + b * 8 + i - 1))));

describe('a decoder whose small nodes are fused into few large ones for CUDA', () => {
  it.each(['math-shepherd', 'qwen2.5-math-prm', 'rlhflow', 'skywork-o1-open-prm', 'ursa-rm'])(
    'of %s gives the same scores',
    async (family) => {
      const { fused, graphs } = await both(family);
      const kinds = fused.graph.nodes.map(({ opType }) => opType);
      expect(kinds).toContain('MultiHeadAttention');
      expect(kinds).toContain('SimplifiedLayerNormalization');
      expect(kinds).toContain('RotaryEmbedding');
      for (const gone of ['Softmax', 'ReduceMean', 'Neg', 'Shape']) expect(kinds).not.toContain(gone);

      const afterPrompt = [];
      const inOnePass = [];
      for (const graph of graphs) {
        const cache = graph.createCache();
        await graph.run(cache, Int32Array.from(prompt));
        afterPrompt.push((await graph.runTree!(cache, { ids, parents: parentsAfter(~prompt.length, 0) })).values);
        const whole = {
          ids: Int32Array.from([...prompt, ...ids]),
          parents: Int32Array.from([...prompt.map((_, i) => (i === 0 ? ~0 : i - 1)), ...parentsAfter(prompt.length - 1, prompt.length)]),
        };
        const { values, width } = await graph.scoreTree!(
          whole,
          Int32Array.from(ids, (_, i) => prompt.length + i),
        );
        inOnePass.push(values);
        expect(values).toHaveLength(ids.length * width);
      }
      for (const [expected, found] of [afterPrompt, inOnePass, [afterPrompt[0]!, inOnePass[1]!]])
        found!.forEach((value, i) => expect(Math.abs(value - expected![i]!)).toBeLessThan(1e-4));
      await Promise.all(graphs.map((graph) => graph.release()));
    },
  );

  it('gets its tree mask as five vectors that expand to the mask matrix', () => {
    // The second root and its descendants see only the first token of the cache.
    const vectors = treeVectors(2, { ids: new Int32Array(5), parents: Int32Array.of(~2, 0, 0, ~1, 3) });
    const { data, dims } = withMatrix(vectors)['attention_bias']!;
    const seen = Array.from(data as Float32Array, (value) => (value === 0 ? '1' : '.'));
    expect(dims).toEqual([1, 1, 5, 7]);
    expect([0, 1, 2, 3, 4].map((row) => seen.slice(row * 7, row * 7 + 7).join(''))).toEqual([
      '111....',
      '1111...',
      '111.1..',
      '1....1.',
      '1....11',
    ]);
    expect(() => treeVectors(0, { ids: new Int32Array(4), parents: Int32Array.of(~0, 0, 0, 1) })).toThrow('depth-first');
  });
});
