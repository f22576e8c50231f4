import {
  attribute,
  dataTypes,
  inputOf,
  makeNode,
  makeTensor,
  type Node,
  type OnnxModel,
  outputOf,
  type Stored,
  type Tensor,
} from './model.js';
import { columnScales, isFloatMatrix, quantized } from './quantiseMatrix.js';
import { findTail } from './sliceHead.js';
import { findWeight, type Links, linkGraph, type Weight, withoutUnused } from './weights.js';
import { fieldText, integers, readFields } from './wire.js';

/** Products with fewer weights gain nothing. */
const fewestWeights = 1024;
/** The first opset with Round. */
const oldestOpset = 11;
/** The first opset in which ReduceMax takes its axes as an input. */
const opsetOfAxes = 18;

export interface QuantiseOptions {
  /** Stores the bytes of a new tensor. */
  readonly store: (chunks: AsyncIterable<Buffer>, length: number) => Promise<Stored>;
  readonly signal: AbortSignal;
  /** Called with the number of finished products and of all products. */
  readonly onProgress: (done: number, total: number) => void;
}

export interface QuantizedModel {
  readonly model: OnnxModel;
  /** Number of products that now use integer arithmetic. */
  readonly products: number;
  /** Number of weights in these products. */
  readonly weights: number;
}

interface Product {
  readonly node: Node;
  readonly weight: Weight;
}

/** Tokens as uint8 with zero point 128, and the scale of each token. */
interface Tokens {
  readonly values: string;
  readonly scales: string;
  readonly nodes: readonly Node[];
}

/** Weights as int8, and the scale of each column. */
interface Matrix {
  readonly values: string;
  readonly scales: string;
  readonly nodes: readonly Node[];
}

/** Constants that all products share. */
const shared = {
  unit: 'int8.unit',
  smallest: 'int8.smallest',
  middle: 'int8.middle',
  zero: 'int8.zero',
  axes: 'int8.axes',
  from: 'int8.from',
  to: 'int8.to',
} as const;

/**
 * Rewrites the products of a graph with weight matrices (MatMul, Gemm) to use int8 weights and uint8 tokens, as ONNX
 * Runtime's `quantize_dynamic` does (quantization/operators/matmul.py: MatMulInteger, Cast, Mul; one scale per column
 * of the weights), with two differences. Each token has its own scale instead of one for all tokens of a run, because a
 * score must not depend on other tokens in the run. And the head stays unchanged, because its few wanted columns cost
 * nothing. Rejects when weights cannot be read or are not numbers, or when the graph's opset is too old.
 */
export async function quantiseModel(model: OnnxModel, { store, signal, onProgress }: QuantiseOptions): Promise<QuantizedModel> {
  const { graph } = model;
  const links = linkGraph(graph);
  const tail = findTail(links);
  const head = typeof tail === 'string' ? undefined : tail.head;
  const products = graph.nodes.flatMap((node) => (node === head ? [] : (toProduct(node, links) ?? [])));
  if (products.length === 0) return { model, products: 0, weights: 0 };
  const opset = opsetOf(model);
  if (opset < oldestOpset) throw new RangeError(`it is of opset ${opset}; export it again with opset ${oldestOpset} or newer`);

  const changed = new Map<Node, readonly Node[]>();
  const tensors = sharedTensors();
  const tokens = new Map<string, Tokens>();
  const matrices = new Map<string, Matrix>();
  for (const [done, { node, weight }] of products.entries()) {
    onProgress(done, products.length);
    const added: Node[] = [];
    const matrixKey = `${weight.tensor.name}${weight.isTransposed ? '.T' : ''}`;
    let matrix = matrices.get(matrixKey);
    if (!matrix) {
      matrix = await quantiseMatrix(weight, matrixKey, tensors, store, signal);
      matrices.set(matrixKey, matrix);
      added.push(...matrix.nodes);
    }
    const input = inputOf(node, 0);
    const type = typeOf(weight);
    let own = tokens.get(input);
    if (!own) {
      own = quantiseTokens(input, type, opset);
      tokens.set(input, own);
      added.push(...own.nodes);
    }
    changed.set(node, [...added, ...multiply(node, own, matrix, type)]);
  }
  onProgress(products.length, products.length);

  const nodes = withoutUnused(
    graph.nodes.flatMap((node) => changed.get(node) ?? [node]),
    products.flatMap(({ weight }) => weight.chain),
  );
  const taken = linkGraph({ ...graph, nodes }).consumers;
  const weights = new Set(products.map(({ weight }) => weight.tensor));
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        nodes,
        initializers: [...graph.initializers.filter((tensor) => !weights.has(tensor) || taken.has(tensor.name)), ...tensors],
      },
    },
    products: products.length,
    weights: [...weights].reduce((sum, { dims }) => sum + product(dims), 0),
  };
}

/** Returns a node as a product of tokens with a float weight matrix; undefined if it does more than add a bias. */
function toProduct(node: Node, links: Links): Product | undefined {
  if (node.domain !== '' || (node.opType !== 'MatMul' && node.opType !== 'Gemm')) return undefined;
  const isGemm = node.opType === 'Gemm';
  const isOne = (name: string) => (attribute(node, name)?.float ?? 1) === 1;
  if (isGemm && (attribute(node, 'transA')?.int || !isOne('alpha') || !isOne('beta'))) return undefined;
  const found = findWeight(inputOf(node, 1), links);
  if (!found || !isFloatMatrix(found.tensor) || product(found.tensor.dims) < fewestWeights) return undefined;
  const isTurned = isGemm && Boolean(attribute(node, 'transB')?.int);
  return { node, weight: { ...found, isTransposed: found.isTransposed !== isTurned } };
}

async function quantiseMatrix(
  { tensor, isTransposed }: Weight,
  key: string,
  tensors: Tensor[],
  store: QuantiseOptions['store'],
  signal: AbortSignal,
): Promise<Matrix> {
  const scales = await columnScales(tensor, isTransposed, signal);
  const values = await store(quantized(tensor, isTransposed, scales, signal), product(tensor.dims));
  const [stored, scaleName] = [`${key}.int8`, `${key}.scales`];
  tensors.push(makeTensor(scaleName, [scales.length], dataTypes.float32, Buffer.from(scales.buffer)));
  tensors.push(makeTensor(isTransposed ? `${stored}.rows` : stored, tensor.dims, dataTypes.int8, values));
  // The runtime transposes the matrix when it loads the model.
  return isTransposed
    ? { values: stored, scales: scaleName, nodes: [makeNode('Transpose', [`${stored}.rows`], [stored], { perm: [1, 0] })] }
    : { values: stored, scales: scaleName, nodes: [] };
}

/** Quantizes tokens so that the largest absolute value of each token becomes 127. */
function quantiseTokens(input: string, type: number, opset: number): Tokens {
  const name = (part: string) => `${input}.int8.${part}`;
  const isHalf = type !== dataTypes.float32;
  const from = isHalf ? name('float') : input;
  return {
    values: name('values'),
    scales: name('scales'),
    nodes: [
      ...(isHalf ? [makeNode('Cast', [input], [from], { to: dataTypes.float32 })] : []),
      makeNode('Abs', [from], [name('sizes')]),
      opset >= opsetOfAxes
        ? makeNode('ReduceMax', [name('sizes'), shared.axes], [name('largest')], { keepdims: 1 })
        : makeNode('ReduceMax', [name('sizes')], [name('largest')], { axes: [-1], keepdims: 1 }),
      // Without any token (a graph run without an image), ONNX Runtime's ReduceMax does not reduce the axis to 1.
      makeNode('Slice', [name('largest'), shared.from, shared.to, shared.axes], [name('one')]),
      makeNode('Mul', [name('one'), shared.unit], [name('unit')]),
      makeNode('Max', [name('unit'), shared.smallest], [name('scales')]),
      makeNode('Div', [from, name('scales')], [name('units')]),
      makeNode('Round', [name('units')], [name('rounded')]),
      makeNode('Add', [name('rounded'), shared.middle], [name('shifted')]),
      makeNode('Cast', [name('shifted')], [name('values')], { to: dataTypes.uint8 }),
    ],
  };
}

function multiply(node: Node, tokens: Tokens, matrix: Matrix, type: number): Node[] {
  const output = outputOf(node);
  const bias = node.opType === 'Gemm' ? node.inputs[2] : undefined;
  const name = (part: string) => `${output}.int8.${part}`;
  const isHalf = type !== dataTypes.float32;
  const product = bias ? name('unbiased') : output;
  const result = isHalf ? name('result') : product;
  return [
    makeNode('MatMulInteger', [tokens.values, matrix.values, shared.zero], [name('whole')]),
    makeNode('Cast', [name('whole')], [name('float')], { to: dataTypes.float32 }),
    makeNode('Mul', [name('float'), matrix.scales], [name('columns')]),
    makeNode('Mul', [name('columns'), tokens.scales], [result]),
    ...(isHalf ? [makeNode('Cast', [result], [product], { to: type })] : []),
    ...(bias ? [makeNode('Add', [product, bias], [output])] : []),
  ];
}

function sharedTensors(): Tensor[] {
  const float = (value: number) => Buffer.from(Float32Array.of(value).buffer);
  return [
    makeTensor(shared.unit, [], dataTypes.float32, float(1 / 127)),
    makeTensor(shared.smallest, [], dataTypes.float32, float(1e-30)),
    makeTensor(shared.middle, [], dataTypes.float32, float(128)),
    makeTensor(shared.zero, [], dataTypes.uint8, Buffer.of(128)),
    makeTensor(shared.axes, [1], dataTypes.int64, Buffer.from(BigInt64Array.of(-1n).buffer)),
    makeTensor(shared.from, [1], dataTypes.int64, Buffer.from(BigInt64Array.of(0n).buffer)),
    makeTensor(shared.to, [1], dataTypes.int64, Buffer.from(BigInt64Array.of(1n).buffer)),
  ];
}

/** The element type at the end of the weight's chain, which is also the type of the tokens. */
function typeOf({ tensor, chain }: Weight): number {
  const cast = chain.findLast(({ opType }) => opType === 'Cast');
  return (cast && attribute(cast, 'to')?.int) ?? tensor.type;
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** OperatorSetIdProto: domain = 1, version = 2. */
function opsetOf({ fields }: OnnxModel): number {
  const sets = fields.filter(({ number }) => number === 8).map(({ body }) => readFields(body));
  return integers(sets.find((set) => fieldText(set, 1) === '') ?? [], 2).at(-1) ?? 0;
}
