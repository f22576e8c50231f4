import { describe, expect, it } from 'vitest';
import { cutGraph } from '../../server/onnx/cutGraph.js';
import { embeddingRows } from '../../server/onnx/embeddingRows.js';
import { fuseAttentions } from '../../server/onnx/fuseAttention.js';
import { fuseDecoder } from '../../server/onnx/fuseDecoder.js';
import { fuseNorms } from '../../server/onnx/fuseNorm.js';
import { fuseRotary } from '../../server/onnx/fuseRotary.js';
import { dataTypes, makeNode, makeTensor, makeValueInfo, type Node, type OnnxModel, type Tensor } from '../../server/onnx/model.js';
import { positionRows } from '../../server/onnx/positionRows.js';
import { quantiseModel } from '../../server/onnx/quantise.js';
import { readModel } from '../../server/onnx/readModel.js';
import { sliceHead } from '../../server/onnx/sliceHead.js';
import { maskGraph, toTokenMajor } from '../../server/onnx/tokenMajor.js';
import { linkGraph } from '../../server/onnx/weights.js';

const weight = (name: string, dims: readonly number[]) =>
  makeTensor(name, dims, dataTypes.float32, Buffer.alloc(4 * dims.reduce((a, b) => a * b, 1), Buffer.from(Float32Array.of(2).buffer)));
/** Builds a graph of these nodes. It is only read, never run, so most nodes need no meaningful inputs. */
const graphOf = (nodes: readonly Node[], initializers: readonly Tensor[] = [weight('table', [6, 4])]): OnnxModel => ({
  graph: {
    nodes,
    initializers,
    inputs: [],
    outputs: [makeValueInfo('logits', dataTypes.float32, [1, undefined, 4])],
    values: [],
    fields: [],
  },
  fields: [],
});

describe('a graph with a cycle', () => {
  const ofTokens = (name: string) => makeNode('Gather', ['table', name], ['x']);
  it.each<[string, Node[], number | undefined]>([
    ['beside the tokens', [makeNode('Identity', ['a'], ['a']), ofTokens('input_ids')], 6],
    ['of the tokens', [makeNode('Identity', ['input_ids', 'b'], ['a']), makeNode('Cast', ['a'], ['b']), ofTokens('b')], undefined],
    [
      'that gives a value a second time',
      [makeNode('Identity', ['input_ids'], ['a']), makeNode('Identity', ['a'], ['a']), ofTokens('a')],
      undefined,
    ],
    ['of their table', [makeNode('Identity', ['t'], ['t']), makeNode('Gather', ['t', 'input_ids'], ['x'])], undefined],
    [
      'of two nodes for their table',
      [makeNode('Cast', ['u'], ['t']), makeNode('Mul', ['t', 'scale'], ['u']), makeNode('Gather', ['t', 'input_ids'], ['x'])],
      undefined,
    ],
  ])('%s lets the search for the size of the vocabulary end', (_, nodes, expected) => {
    expect(embeddingRows(graphOf(nodes))).toBe(expected);
  });

  it.each<[string, Node[]]>([
    ['the positions', [makeNode('Cast', ['position_ids', 'b'], ['a']), makeNode('Cast', ['a'], ['b'])]],
    ['their table', [makeNode('Gather', ['t', 'position_ids'], ['x']), makeNode('Cast', ['u'], ['t']), makeNode('Slice', ['t'], ['u'])]],
    [
      "a rotary embedding's table",
      [makeNode('RotaryEmbedding', ['q', 'position_ids', 't', 't'], ['x'], {}, 'com.microsoft'), makeNode('Cast', ['t'], ['t'])],
    ],
    [
      'the table of grouped attention',
      [makeNode('GroupQueryAttention', ['', '', '', '', '', '', '', 't'], ['x'], {}, 'com.microsoft'), makeNode('Squeeze', ['t'], ['t'])],
    ],
  ])('in %s lets the search for the number of positions end', (_, nodes) => {
    expect(positionRows(graphOf(nodes))).toBeUndefined();
  });

  it.each<[string, Node[]]>([
    ['the scores themselves', [makeNode('Identity', ['logits'], ['logits'])]],
    [
      'what the scores come from',
      [makeNode('Cast', ['a'], ['logits']), makeNode('Add', ['b', 'bias'], ['a']), makeNode('Cast', ['a'], ['b'])],
    ],
    [
      "the head's weights",
      [makeNode('MatMul', ['x', 't'], ['logits']), makeNode('Transpose', ['u'], ['t'], { perm: [1, 0] }), makeNode('Cast', ['t'], ['u'])],
    ],
    [
      'a scale behind the head',
      [makeNode('Mul', ['a', 's'], ['logits']), makeNode('MatMul', ['x', 'table'], ['a']), makeNode('Mul', ['s', 's'], ['s'])],
    ],
  ])('in %s leaves the head and the matrix products unchanged', async (_, nodes) => {
    const model = graphOf(nodes, [weight('table', [6, 4]), weight('bias', [4])]);
    expect(await sliceHead(model, Int32Array.of(0))).toMatch(/'logits' (comes from|is also used)|weights of the product/);
    const none = { store: () => Promise.reject(new Error('stored')), signal: new AbortController().signal, onProgress: () => undefined };
    expect(await quantiseModel(model, none)).toMatchObject({ model, products: 0 });
  });

  it('is cut like any other, and keeps every node that does not depend on the cycle', () => {
    const [a, b, c, d] = [
      makeNode('Cast', ['c'], ['b']),
      makeNode('Cast', ['b'], ['c']),
      makeNode('Cast', ['table'], ['y']),
      makeNode('Add', ['y', 'c'], ['z']),
    ];
    expect(cutGraph(graphOf([a, b, c, d]), ['y']).graph.nodes).toEqual([c]);
    expect(cutGraph(graphOf([a, b, c, d]), ['z']).graph.nodes).toContain(d);
  });

  it.each<[string, Node[]]>([
    ['a weight', [makeNode('Identity', ['w'], ['w'])]],
    ['two weights', [makeNode('Identity', ['v'], ['w']), makeNode('Identity', ['w'], ['v'])]],
  ])('in %s leaves a norm unfused', (_, circle) => {
    const norm = (by: string) => [
      makeNode('Pow', ['x', 'two'], ['p']),
      makeNode('ReduceMean', ['p'], ['m'], { axes: [-1] }),
      makeNode('Add', ['m', 'two'], ['e']),
      makeNode('Sqrt', ['e'], ['r']),
      makeNode('Div', ['x', 'r'], ['n']),
      makeNode('Mul', [by, 'n'], ['y']),
    ];
    const fused = (nodes: Node[]) => fuseNorms(nodes, linkGraph(graphOf(nodes, [weight('two', []), weight('ones', [4])]).graph)).size;
    expect(fused(norm('ones'))).toBe(1);
    expect(fused([...norm('w'), ...circle])).toBe(0);
  });

  /** softmax(q k^T + bias) v as [B, S, heads * size]. `names` replaces values by others, to insert nodes in between. */
  const attention = (names: Record<string, string> = {}) => {
    const at = (name: string) => names[name] ?? name;
    return [
      makeNode('Transpose', [at('k')], ['kt'], { perm: [0, 1, 3, 2] }),
      makeNode('MatMul', [at('q'), at('kt')], ['scores']),
      makeNode('Add', [at('scores'), 'bias'], ['sum']),
      makeNode('Softmax', [at('sum')], ['soft']),
      makeNode('MatMul', [at('soft'), 'v'], ['o']),
      makeNode('Transpose', [at('o')], ['swapped'], { perm: [0, 2, 1, 3] }),
      makeNode('Reshape', [at('swapped'), 'shape'], ['joined']),
      makeNode('MatMul', ['joined', 'table'], ['y']),
    ];
  };
  const fusedOf = (nodes: readonly Node[]) =>
    fuseAttentions(nodes, linkGraph(graphOf(nodes, [weight('table', [4, 4]), weight('two', [])]).graph), 'bias', 2).replaced.size;

  it.each(['k', 'q', 'kt', 'scores', 'sum', 'soft', 'o', 'swapped'])('at the value %s of an attention lets the fusion end', (value) => {
    expect(fusedOf(attention())).toBe(1);
    for (const kind of ['Cast', 'Identity', 'Mul']) {
      const inputs = (name: string) => (kind === 'Mul' ? [name, 'two'] : [name]);
      const circles = [
        [makeNode(kind, inputs('c'), ['c'])],
        [makeNode(kind, [...inputs('d'), value], ['c']), makeNode(kind, inputs('c'), ['d'])],
        [makeNode(kind, inputs(value), ['c']), makeNode(kind, inputs('c'), ['c'])],
      ];
      for (const circle of circles) {
        const nodes = [...attention({ [value]: 'c' }), ...circle];
        expect(() => fusedOf(nodes)).not.toThrow();
        expect(fuseRotary(nodes, linkGraph(graphOf(nodes).graph)).size).toBe(0);
      }
    }
  });

  it('or a chain of 100,000 nodes is followed without a stack overflow', () => {
    const count = 100_000;
    const chainOf = (opType: string, first: string, ...others: string[]): Node[] =>
      Array.from({ length: count }, (_, i) => ({
        opType,
        domain: '',
        inputs: [i === 0 ? first : `c${i - 1}`, ...others],
        outputs: [i === count - 1 ? 'end' : `c${i}`],
        fields: [],
      }));
    expect(fusedOf([...attention({ scores: 'end' }), ...chainOf('Mul', 'scores', 'two').reverse()])).toBe(1);
    expect(embeddingRows(graphOf([...chainOf('Identity', 'input_ids').reverse(), ofTokens('end')]))).toBe(6);
  });

  it('or many paths to the same value is searched once per value', () => {
    const doubled = Array.from({ length: 60 }, (_, i) => {
      const from = i === 0 ? 'input_ids' : `c${i - 1}`;
      return makeNode('Identity', [from, from], [`c${i}`]);
    });
    expect(embeddingRows(graphOf([...doubled, makeNode('Gather', ['table', 'c59'], ['x'])]))).toBe(6);
    const wide = (from: string, to: string) => makeNode('Mul', Array<string>(200).fill(from), [to]);
    const scales = [wide('bias', 's0'), wide('s0', 's1'), wide('s1', 's2'), wide('s2', 's3')];
    const nodes = [makeNode('MatMul', ['x', 'table'], ['a']), ...scales, makeNode('Mul', ['a', 's3'], ['logits'])];
    return expect(sliceHead(graphOf(nodes, [weight('table', [6, 4]), weight('bias', [4])]), Int32Array.of(0))).resolves.toMatch(
      /may differ/,
    );
  });
});

describe('a real graph with a cycle', () => {
  it('at any of its values is read and rewritten without an endless loop', async () => {
    const model = await readModel('test/fixtures/models/families/math-shepherd/model.onnx', Infinity);
    const major = toTokenMajor(model);
    if (typeof major === 'string') throw new Error(major);
    let unfused = 0;
    for (const { graph, fields } of [model, major.model]) {
      for (const kind of new Set(graph.nodes.map(({ opType }) => opType))) {
        const changed = graph.nodes.find(({ opType }) => opType === kind)!;
        for (const [place, value] of changed.inputs.entries()) {
          const circle = [makeNode('Identity', ['b', value], ['a']), makeNode('Cast', ['a'], ['b'])];
          const inputs = changed.inputs.map((name, i) => (i === place ? 'b' : name));
          const nodes = [...circle, ...graph.nodes.map((node) => (node === changed ? { ...node, inputs } : node))];
          const circular: OnnxModel = { fields, graph: { ...graph, nodes } };
          embeddingRows(circular);
          positionRows(circular);
          await sliceHead(circular, Int32Array.of(1, 2));
          cutGraph(circular, ['logits']);
          const again = toTokenMajor(circular);
          if (typeof again !== 'string') maskGraph(circular, again);
          if (typeof fuseDecoder(circular) === 'string') unfused++;
        }
      }
    }
    expect(unfused).toBeGreaterThan(20);
  });
});
