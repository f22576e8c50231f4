import { float32, GraphWriter, int32, int64 } from './onnxGraph.js';

/** Sizes of a decoder with RMSNorm, rotary positions, grouped-query attention and a gated hidden layer. */
export interface DecoderShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly hidden: number;
  readonly vocabulary: number;
  readonly maxTokens: number;
}

/** A dynamic dimension. */
const any = undefined;
const normalize = { axis: -1, epsilon: { float: 1e-6 } };

/** Weights of the matrices, the embedding's rows included. */
export function parameterCount({ layers, width, heads, keyHeads, headSize, hidden, vocabulary }: DecoderShape): number {
  return layers * width * (2 * heads * headSize + 2 * keyHeads * headSize + 3 * hidden) + 2 * vocabulary * width;
}

/**
 * Writes a float32 graph in StepLens's own layout (`server/inference/graph/tokenMajor.ts`) with random weights: like
 * the bundled graph, but for sequences of any length. Every head has its own keys.
 */
export function writeTokenMajorDecoder(path: string, shape: DecoderShape): void {
  const { layers, width, heads, headSize, hidden, vocabulary } = shape;
  const graph = new GraphWriter(path);
  const ids = graph.input('input_ids', int64, [1, any]);
  const positions = graph.input('position_ids', int64, [1, any]);
  const bias = graph.input('attention_bias', float32, [1, 1, any, any]);
  const [cos, sin] = rotaryTables(graph, shape);
  const perHead = graph.integers('per_head', [1, -1, heads, headSize]);
  const joined = graph.integers('joined', [1, -1, heads * headSize]);
  const scale = graph.floats('scale', [1], Float32Array.of(headSize ** -0.5));
  const ones = graph.floats('ones', [width], new Float32Array(width).fill(1));
  const product = (name: string, input: string, rows: number, columns: number) =>
    graph.add('MatMul', [input, graph.randomFloats(name, rows, columns)]);
  const split = (value: string, perm: 'rows' | 'columns') => transposed(graph, graph.add('Reshape', [value, perHead]), perm);

  let x = graph.add('Gather', [graph.randomFloats('embedding', vocabulary, width), ids]);
  for (let layer = 0; layer < layers; layer++) {
    const normed = graph.add('SimplifiedLayerNormalization', [x, ones], normalize);
    const rotated = (name: string, output?: string) =>
      graph.add(
        'com.microsoft.RotaryEmbedding',
        [product(`${name}.${layer}`, normed, width, heads * headSize), positions, cos, sin],
        { num_heads: heads },
        output,
      );
    const query = rotated('query');
    const key = rotated('key', `present_key.${layer}`);
    const value = graph.add(
      'MatMul',
      [normed, graph.randomFloats(`value.${layer}`, width, heads * headSize)],
      {},
      `present_value.${layer}`,
    );
    const [keys, values] = (['key', 'value'] as const).map((part) => {
      const past = graph.input(`past_${part}.${layer}`, float32, [1, any, heads * headSize]);
      graph.output(`present_${part}.${layer}`, float32, [1, any, heads * headSize]);
      return graph.add('Concat', [past, part === 'key' ? key : value], { axis: 1 });
    });
    const scores = graph.add('Mul', [graph.add('MatMul', [split(query, 'rows'), split(keys!, 'columns')]), scale]);
    const weights = graph.add('Softmax', [graph.add('Add', [scores, bias])], { axis: -1 });
    const attended = graph.add('Reshape', [transposed(graph, graph.add('MatMul', [weights, split(values!, 'rows')]), 'rows'), joined]);
    x = graph.add('Add', [x, product(`out.${layer}`, attended, heads * headSize, width)]);
    const inner = graph.add('SimplifiedLayerNormalization', [x, ones], normalize);
    const gate = product(`gate.${layer}`, inner, width, hidden);
    const opened = graph.add('Mul', [graph.add('Mul', [gate, graph.add('Sigmoid', [gate])]), product(`up.${layer}`, inner, width, hidden)]);
    x = graph.add('Add', [x, product(`down.${layer}`, opened, hidden, width)]);
  }
  graph.output('logits', float32, [1, any, vocabulary]);
  graph.add(
    'MatMul',
    [graph.add('SimplifiedLayerNormalization', [x, ones], normalize), graph.randomFloats('head', width, vocabulary)],
    {},
    'logits',
  );
  graph.close();
}

/**
 * Writes the same decoder in the layout of Hugging Face's exports: `attention_mask` of ones and zeros, keys and values
 * per head, `present` with the whole sequence, and a mask that the graph computes and adds to every layer's scores.
 */
export function writeHuggingFaceDecoder(path: string, shape: DecoderShape): void {
  const { layers, width, heads, headSize, hidden, vocabulary } = shape;
  const graph = new GraphWriter(path);
  const ids = graph.input('input_ids', int64, [1, any]);
  const mask = graph.input('attention_mask', int64, [1, any]);
  const positions = graph.input('position_ids', int64, [1, any]);
  const [cos, sin] = rotaryTables(graph, shape);
  const perHead = graph.integers('per_head', [1, -1, heads, headSize]);
  const joined = graph.integers('joined', [1, -1, heads * headSize]);
  const scale = graph.floats('scale', [1], Float32Array.of(headSize ** -0.5));
  const ones = graph.floats('ones', [width], new Float32Array(width).fill(1));
  const bias = causalBias(graph, ids, mask);
  const product = (name: string, input: string, rows: number, columns: number) =>
    graph.add('MatMul', [input, graph.randomFloats(name, rows, columns)]);
  const byHead = (value: string) => transposed(graph, graph.add('Reshape', [value, perHead]), 'rows');

  let x = graph.add('Gather', [graph.randomFloats('embedding', vocabulary, width), ids]);
  for (let layer = 0; layer < layers; layer++) {
    const normed = graph.add('SimplifiedLayerNormalization', [x, ones], normalize);
    const rotated = (name: string) =>
      graph.add('com.microsoft.RotaryEmbedding', [product(`${name}.${layer}`, normed, width, heads * headSize), positions, cos, sin], {
        num_heads: heads,
      });
    const query = byHead(rotated('query'));
    const fresh = { key: byHead(rotated('key')), value: byHead(product(`value.${layer}`, normed, width, heads * headSize)) };
    const [keys, values] = (['key', 'value'] as const).map((part) => {
      const past = graph.input(`past_key_values.${layer}.${part}`, float32, [1, heads, any, headSize]);
      graph.output(`present.${layer}.${part}`, float32, [1, heads, any, headSize]);
      return graph.add('Concat', [past, fresh[part]], { axis: 2 }, `present.${layer}.${part}`);
    });
    const scores = graph.add('Mul', [graph.add('MatMul', [query, graph.add('Transpose', [keys!], { perm: [0, 1, 3, 2] })]), scale]);
    const weights = graph.add('Softmax', [graph.add('Add', [scores, bias])], { axis: -1 });
    const attended = graph.add('Reshape', [transposed(graph, graph.add('MatMul', [weights, values!]), 'rows'), joined]);
    x = graph.add('Add', [x, product(`out.${layer}`, attended, heads * headSize, width)]);
    const inner = graph.add('SimplifiedLayerNormalization', [x, ones], normalize);
    const gate = product(`gate.${layer}`, inner, width, hidden);
    const opened = graph.add('Mul', [graph.add('Mul', [gate, graph.add('Sigmoid', [gate])]), product(`up.${layer}`, inner, width, hidden)]);
    x = graph.add('Add', [x, product(`down.${layer}`, opened, hidden, width)]);
  }
  graph.output('logits', float32, [1, any, vocabulary]);
  graph.add(
    'MatMul',
    [graph.add('SimplifiedLayerNormalization', [x, ones], normalize), graph.randomFloats('head', width, vocabulary)],
    {},
    'logits',
  );
  graph.close();
}

/** 0 where a token is seen, -1e9 elsewhere, [1, 1, S, P+S]. */
function causalBias(graph: GraphWriter, ids: string, mask: string): string {
  const [zero, one] = [graph.integers('zero', [0]), graph.integers('one', [1])];
  const sizeOf = (value: string) =>
    graph.add('Squeeze', [graph.add('Slice', [graph.add('Shape', [value]), one, graph.integers(`end.${value}`, [2])]), zero]);
  const [count, total] = [sizeOf(ids), sizeOf(mask)];
  const step = graph.add('Squeeze', [one, zero]);
  const keys = graph.add('Range', [graph.add('Squeeze', [zero, zero]), total, step]);
  const queries = graph.add('Unsqueeze', [graph.add('Range', [graph.add('Sub', [total, count]), total, step]), one]);
  const seen = graph.add('LessOrEqual', [keys, queries]);
  const values = [graph.floats('seen', [1], Float32Array.of(0)), graph.floats('hidden', [1], Float32Array.of(-1e9))];
  return graph.add('Unsqueeze', [graph.add('Where', [seen, ...values]), graph.integers('outer', [0, 1])]);
}

/** Transposes [1, S, heads, size] to [1, heads, S, size] (`rows`, also back) or to [1, heads, size, S] (`columns`). */
function transposed(graph: GraphWriter, value: string, kind: 'rows' | 'columns'): string {
  return graph.add('Transpose', [value], { perm: kind === 'rows' ? [0, 2, 1, 3] : [0, 2, 3, 1] });
}

/** Bits per weight, and the number of weights that share a scale. */
const [bits, block] = [4, 64];
/** Bits per weight, including its share of a float32 scale. */
export const bitsPerWeight = bits + 32 / block;

/**
 * Writes a graph with random 4-bit weights (`MatMulNBits`, `GatherBlockQuantized`) in the layout of Hugging Face's
 * exports for ONNX Runtime: `GroupQueryAttention`, which computes the positions, and weights in a separate file.
 */
export function write4BitDecoder(path: string, shape: DecoderShape): void {
  const { layers, width, heads, keyHeads, headSize, hidden, vocabulary } = shape;
  const graph = new GraphWriter(path);
  const ids = graph.input('input_ids', int64, [any, any]);
  const mask = graph.input('attention_mask', int64, [any, any]);
  const [cos, sin] = rotaryTables(graph, shape);
  const one = graph.integers('one', [1]);
  // GroupQueryAttention takes the number of tokens of each row minus one, and the number of tokens of the longest row.
  const lengths = graph.add('Cast', [graph.add('Sub', [graph.add('ReduceSum', [mask, one], { keepdims: 0 }), one])], { to: int32 });
  const longest = graph.add(
    'Cast',
    [graph.add('Squeeze', [graph.add('Slice', [graph.add('Shape', [mask]), one, graph.integers('two', [2])])])],
    { to: int32 },
  );
  const ones = graph.floats('ones', [width], new Float32Array(width).fill(1));
  const quantized = (name: string, rows: number, columns: number) => [
    graph.randomBytes(`${name}.weights`, [columns, rows / block, (block * bits) / 8]),
    // Four random bits less 8 have a variance of 21.5.
    graph.constantFloats(`${name}.scales`, [columns * (rows / block)], 1 / Math.sqrt(21.5 * rows)),
  ];
  const product = (name: string, input: string, rows: number, columns: number, output?: string) =>
    graph.add(
      'com.microsoft.MatMulNBits',
      [input, ...quantized(name, rows, columns)],
      { K: rows, N: columns, bits, block_size: block, accuracy_level: 4 },
      output,
    );

  const table = [
    graph.randomBytes('embedding.weights', [vocabulary, width / 2]),
    graph.constantFloats('embedding.scales', [vocabulary, width / block], 1 / Math.sqrt(21.5)),
  ];
  let x = graph.add('com.microsoft.GatherBlockQuantized', [table[0]!, ids, table[1]!], {
    bits,
    block_size: block,
    gather_axis: 0,
    quantize_axis: 1,
  });
  for (let layer = 0; layer < layers; layer++) {
    const normed = graph.add('SimplifiedLayerNormalization', [x, ones], normalize);
    const [past, present] = [`past_key_values.${layer}`, `present.${layer}`];
    for (const part of ['key', 'value']) {
      graph.input(`${past}.${part}`, float32, [any, keyHeads, any, headSize]);
      graph.output(`${present}.${part}`, float32, [any, keyHeads, any, headSize]);
    }
    const parts = [
      product(`query.${layer}`, normed, width, heads * headSize),
      product(`key.${layer}`, normed, width, keyHeads * headSize),
      product(`value.${layer}`, normed, width, keyHeads * headSize),
    ];
    const [attended] = graph.addMany(
      'com.microsoft.GroupQueryAttention',
      [...parts, `${past}.key`, `${past}.value`, lengths, longest, cos, sin],
      [`attended.${layer}`, `${present}.key`, `${present}.value`],
      { num_heads: heads, kv_num_heads: keyHeads, do_rotary: 1 },
    );
    x = graph.add('Add', [x, product(`out.${layer}`, attended!, heads * headSize, width)]);
    const inner = graph.add('SimplifiedLayerNormalization', [x, ones], normalize);
    const gate = product(`gate.${layer}`, inner, width, hidden);
    const opened = graph.add('Mul', [graph.add('Mul', [gate, graph.add('Sigmoid', [gate])]), product(`up.${layer}`, inner, width, hidden)]);
    x = graph.add('Add', [x, product(`down.${layer}`, opened, hidden, width)]);
  }
  graph.output('logits', float32, [any, any, vocabulary]);
  product('head', graph.add('SimplifiedLayerNormalization', [x, ones], normalize), width, vocabulary, 'logits');
  graph.close();
}

/** cos and sin of the angles of every position, [maxTokens, headSize / 2]. */
function rotaryTables(graph: GraphWriter, { maxTokens, headSize }: DecoderShape): readonly [string, string] {
  const half = headSize / 2;
  const angles = Float32Array.from({ length: maxTokens * half }, (_, i) => Math.floor(i / half) * 10_000 ** (-(i % half) / half));
  return [graph.floats('cos', [maxTokens, half], angles.map(Math.cos)), graph.floats('sin', [maxTokens, half], angles.map(Math.sin))];
}
