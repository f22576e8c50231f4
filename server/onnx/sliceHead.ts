import { bytesPerFloat } from './elements.js';
import { dataTypes, inputOf, makeNode, makeTensor, makeValueInfo, type Node, type OnnxModel, type Tensor } from './model.js';
import { findWeight, type Links, linkGraph, openData, withoutUnused } from './weights.js';
import { integers, readFields } from './wire.js';

/** The input of a rewritten graph: positions, in the fed sequence, of the tokens whose scores are wanted. */
export const scorePositions = 'score_positions';
const logits = 'logits';

export interface SlicedHead {
  readonly model: OnnxModel;
  /** The columns that are kept, and how many the head had; undefined = all are kept. */
  readonly columns?: SlicedColumns;
}

export interface SlicedColumns {
  readonly kept: Int32Array;
  /** Vocabulary or number of labels. */
  readonly width: number;
}

/** Operators that compute each token of their output only from the same token of their input. */
const tokenwise = new Set(['Cast', 'Identity', 'Relu', 'Sigmoid', 'Tanh', 'Softplus', 'Add', 'Sub', 'Mul', 'Div']);
/** Products of tokens with weights. The tokens are always the first input, the weights the second. */
const products = new Set(['MatMul', 'MatMulInteger', 'com.microsoft.MatMulNBits']);
/** Columns are read one by one from the weights. For more columns, the saving is not worth the reading. */
const mostColumns = 8;

/**
 * Rewrites a graph so that only the tokens at `score_positions` (int64 [rows]) reach the head, which is the last
 * product with weights before `logits`. If the weights are plain numbers, only the wanted columns are computed.
 * `logits` is then [1, rows, columns], with unchanged values. Returns a reason if the graph cannot be rewritten.
 *
 * @param wanted Columns of `logits` that are ever read; empty = all.
 */
export async function sliceHead(model: OnnxModel, wanted: Int32Array): Promise<SlicedHead | string> {
  const { graph } = model;
  const links = linkGraph(graph);
  const output = graph.outputs.find(({ name }) => name === logits);
  if (output?.shape?.length !== 3) return `it does not declare an output '${logits}' of three axes`;
  if (links.consumers.has(logits)) return `'${logits}' is also used inside the graph`;
  if (graph.inputs.some(({ name }) => name === scorePositions)) return `it has an input '${scorePositions}' of its own`;

  const tail = findTail(links);
  if (typeof tail === 'string') return tail;
  const { head, after } = tail;
  const rows = `${scorePositions}.rows`;
  const gather = makeNode('Gather', [inputOf(head, 0), scorePositions], [rows], { axis: 1 });
  const changed = new Map<Node, readonly Node[]>([[head, [gather, { ...head, inputs: [rows, ...head.inputs.slice(1)] }]]]);

  const narrow = wanted.length > 0 && wanted.length <= mostColumns ? await narrowHead(head, after, wanted, links) : undefined;
  if (narrow) {
    changed.set(head, [gather, ...narrow.chain, { ...head, inputs: [rows, narrow.weight] }]);
    for (const [node, inputs] of narrow.inputs) changed.set(node, [{ ...node, inputs }]);
  }

  const nodes = withoutUnused(
    graph.nodes.flatMap((node) => changed.get(node) ?? [node]),
    narrow?.replaced ?? [],
  );
  // Shapes recorded for what follows the head are no longer true; the runtime infers them.
  const stale = new Set([head, ...after].flatMap((node) => node.outputs));
  const [batch] = output.shape;
  const sliced = makeValueInfo(logits, output.type, [batch, undefined, narrow ? wanted.length : output.shape[2]]);
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        nodes,
        initializers: [...graph.initializers, ...(narrow?.tensors ?? [])],
        inputs: [...graph.inputs, makeValueInfo(scorePositions, dataTypes.int64, [undefined])],
        outputs: graph.outputs.map((one) => (one === output ? sliced : one)),
        values: graph.values.filter(({ name }) => !stale.has(name)),
      },
    },
    ...(narrow && { columns: { kept: wanted, width: narrow.width } }),
  };
}

/** Finds the product that computes the scores and the nodes from `logits` back to it, or returns why there is none. */
export function findTail(links: Links): { readonly head: Node; readonly after: readonly Node[] } | string {
  const after: Node[] = [];
  for (let value = logits; ; ) {
    const node = links.producers.get(value);
    if (!node) return `'${logits}' comes from no product with weights`;
    if (value !== logits && (links.consumers.get(value) ?? []).length > 1)
      return `'${value}', from which '${logits}' comes, is used elsewhere too`;
    const type = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
    if (products.has(type))
      return isMatrix(node, links) ? { head: node, after } : `the weights of the product before '${logits}' are not a matrix`;
    if (!tokenwise.has(type)) return `'${logits}' comes from a node ${type}, with which it is not known how tokens can be left out`;
    const varying = node.inputs.filter((name) => !isSameForAllTokens(name, links));
    const [first] = varying;
    if (first === undefined || varying.length > 1)
      return `'${logits}' comes from a node ${type} of ${varying.length} values that may differ from token to token`;
    after.push(node);
    value = first;
  }
}

/** Whether a value is a number or a vector over the columns: weights, constants, quantization scales or products. */
function isSameForAllTokens(name: string, links: Links, depth = 0): boolean {
  const tensor = links.initializers.get(name);
  if (tensor) return tensor.dims.length <= 1;
  const node = links.producers.get(name);
  if (!node || depth > 4) return false;
  if (node.opType === 'DynamicQuantizeLinear') return name !== node.outputs[0];
  if (node.opType === 'Constant') return constantRank(node) <= 1;
  const isPassedOn = ['Mul', 'Cast', 'Identity'].includes(node.opType) && node.inputs.length <= 2;
  return isPassedOn && node.inputs.every((input) => isSameForAllTokens(input, links, depth + 1));
}

/** Number of axes of a Constant's tensor (AttributeProto.t = 5); Infinity if the value is in another attribute. */
function constantRank(node: Node): number {
  const tensor = node.fields
    .filter(({ number }) => number === 5)
    .flatMap(({ body }) => readFields(body))
    .find(({ number }) => number === 5);
  return tensor ? integers(readFields(tensor.body), 1).length : Infinity;
}

/** Whether a product's weights are a matrix, so that its tokens have as many axes as its result. */
function isMatrix(head: Node, links: Links): boolean {
  if (head.opType === 'MatMulNBits') return true;
  const from = links.producers.get(inputOf(head, 1));
  return findWeight(from?.opType === 'DequantizeLinear' ? inputOf(from, 0) : inputOf(head, 1), links) !== undefined;
}

interface NarrowHead {
  readonly width: number;
  /** The head's new weights, the nodes that compute them and the tensors that these use. */
  readonly weight: string;
  readonly chain: readonly Node[];
  readonly tensors: readonly Tensor[];
  /** New inputs of nodes after the head. */
  readonly inputs: readonly (readonly [Node, readonly string[]])[];
  /** Nodes that computed the old weights. */
  readonly replaced: readonly Node[];
}

/** Returns undefined if the weights, or later operands, are not plain numbers for each column. */
async function narrowHead(head: Node, after: readonly Node[], wanted: Int32Array, links: Links): Promise<NarrowHead | undefined> {
  const weight = head.opType === 'MatMul' ? findWeight(inputOf(head, 1), links) : undefined;
  const width = weight?.tensor.dims[weight.isTransposed ? 0 : 1];
  if (!weight || width === undefined || wanted.length >= width || Math.max(...wanted) >= width) return undefined;
  const tensors = [await pickColumns(weight.tensor, weight.isTransposed, wanted, `${logits}.weight`)];
  const inputs: [Node, string[]][] = [];
  for (const node of after) {
    const own: string[] = [];
    for (const name of node.inputs) {
      const vector = links.initializers.get(name);
      if (!vector || vector.dims.every((size) => size === 1)) {
        if (!vector && isSameForAllTokens(name, links) && !isScalar(name, links)) return undefined;
        own.push(name);
      } else {
        if (vector.dims[0] !== width) return undefined;
        tensors.push(await pickColumns({ ...vector, dims: [1, width] }, false, wanted, `${name}.columns`, [wanted.length]));
        own.push(`${name}.columns`);
      }
    }
    inputs.push([node, own]);
  }
  if (!tensors.every((tensor) => tensor !== undefined)) return undefined;
  const chain: Node[] = [];
  let name = `${logits}.weight`;
  for (const node of weight.chain) {
    const output = `${logits}.weight.${chain.length}`;
    chain.push({ ...node, inputs: [name], outputs: [output] });
    name = output;
  }
  return { width, weight: name, chain, tensors, inputs, replaced: weight.chain };
}

function isScalar(name: string, { producers }: Links): boolean {
  const node = producers.get(name);
  return node?.opType === 'Constant' && constantRank(node) === 0;
}

/**
 * Returns some columns of a matrix, or rows if it is transposed; undefined if single elements cannot be read.
 * @param dims Shape of the result, if it is not a matrix.
 */
async function pickColumns(
  matrix: Tensor,
  isTransposed: boolean,
  columns: Int32Array,
  name: string,
  dims?: readonly number[],
): Promise<Tensor | undefined> {
  const size = bytesPerFloat[matrix.type];
  const [height, width] = matrix.dims as [number, number];
  if (size === undefined || matrix.data?.length !== height * width * size) return undefined;
  const data = await openData(matrix.data);
  try {
    const parts: Promise<Buffer>[] = [];
    if (isTransposed) for (const column of columns) parts.push(data.read(column * width * size, (column + 1) * width * size));
    else
      for (let row = 0; row < height; row++)
        for (const column of columns) parts.push(data.read((row * width + column) * size, (row * width + column + 1) * size));
    const picked = Buffer.concat(await Promise.all(parts));
    return makeTensor(name, dims ?? (isTransposed ? [columns.length, width] : [height, columns.length]), matrix.type, picked);
  } finally {
    await data.close();
  }
}
