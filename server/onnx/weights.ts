import { NotReadable, openRegular } from '../disk/readRegular.js';
import { attribute, graphFields, inputOf, type Node, type OnnxGraph, readNode, type Stored, type Tensor } from './model.js';
import { readFields } from './wire.js';

/**
 * Producers and consumers of each value of a graph. Nodes on a cycle, or behind one, are left out, so that every walk
 * ends for any file. The runtime refuses to load such a graph.
 */
export interface Links {
  readonly producers: ReadonlyMap<string, Node>;
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** Nodes that use a value, once per input. Uses in a graph inside a node (If, Loop) are uses by the node. */
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  /** Names of the values that a node and the graphs inside it use. */
  takes(node: Node): readonly string[];
}

export function linkGraph(graph: OnnxGraph): Links {
  const nodes = runnable([...new Set(graph.nodes)]);
  const takes = (node: Node) => named([...node.inputs, ...takenInside(node)]);
  return {
    producers: new Map(nodes.flatMap((node) => named(node.outputs).map((name) => [name, node] as const))),
    initializers: new Map(graph.initializers.map((tensor) => [tensor.name, tensor])),
    consumers: takersOf(nodes, takes),
    takes,
  };
}

/** Returns all nodes except those on a cycle or behind one (Kahn's algorithm). Only a damaged graph has cycles. */
function runnable(nodes: readonly Node[]): readonly Node[] {
  const takers = takersOf(nodes, ({ inputs }) => named(inputs));
  /** Number of a node's inputs whose producers have not been visited yet. */
  const waits = new Map<Node, number>();
  for (const node of nodes) for (const taker of takersBehind(node, takers)) waits.set(taker, (waits.get(taker) ?? 0) + 1);
  const open = nodes.filter((node) => !waits.has(node));
  for (let node = open.pop(); node; node = open.pop()) {
    for (const taker of takersBehind(node, takers)) {
      const left = (waits.get(taker) ?? 0) - 1;
      if (left > 0) waits.set(taker, left);
      else if (waits.delete(taker)) open.push(taker);
    }
  }
  return nodes.filter((node) => !waits.has(node));
}

function takersBehind(node: Node, takers: ReadonlyMap<string, readonly Node[]>): readonly Node[] {
  return named(node.outputs).flatMap((name) => takers.get(name) ?? []);
}

/** Removes empty names, which are omitted inputs or outputs. */
function named(names: readonly string[]): readonly string[] {
  return names.filter((name) => name !== '');
}

function takersOf(nodes: readonly Node[], takes: (node: Node) => readonly string[]): Map<string, Node[]> {
  const takers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of takes(node)) {
      const known = takers.get(name);
      if (known) known.push(node);
      else takers.set(name, [node]);
    }
  }
  return takers;
}

/** The operators of the ONNX standard that contain graphs. */
const holdsGraphs = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

/** Names that graphs inside a node use (AttributeProto: g = 6, graphs = 11), including those that they define. */
function takenInside(node: Node): string[] {
  if (!holdsGraphs.has(node.opType)) return [];
  const names: string[] = [];
  const open = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    const graphs = next.fields
      .filter(({ number }) => number === 5)
      .flatMap(({ body }) => readFields(body))
      .filter(({ number }) => number === 6 || number === 11);
    for (const inner of graphs.flatMap(({ body }) => readFields(body))) {
      if (inner.number === graphFields.node) {
        const own = readNode(inner.body);
        names.push(...own.inputs);
        open.push(own);
      } else if (inner.number === graphFields.output) names.push(readFields(inner.body)[0]?.body.toString('utf8') ?? '');
    }
  }
  return names;
}

/** A matrix of weights, and the nodes between the tensor and its use, in this order. */
export interface Weight {
  readonly tensor: Tensor;
  readonly chain: readonly Node[];
  /** Whether its rows are the columns of the chain's output. */
  readonly isTransposed: boolean;
}

/** Finds the weights behind `name`, if it is a matrix of weights, possibly cast or transposed. */
export function findWeight(name: string, { producers, initializers }: Links): Weight | undefined {
  const chain: Node[] = [];
  let isTransposed = false;
  for (let value = name; ; ) {
    const tensor = initializers.get(value);
    if (tensor) return tensor.dims.length === 2 ? { tensor, chain: chain.reverse(), isTransposed } : undefined;
    const node = producers.get(value);
    if (!node || node.domain !== '' || chain.length > 4) return undefined;
    if (node.opType === 'Transpose') {
      if (attribute(node, 'perm')?.ints.join() !== '1,0') return undefined;
      isTransposed = !isTransposed;
    } else if (node.opType !== 'Cast' && node.opType !== 'Identity') return undefined;
    chain.push(node);
    value = inputOf(node, 0);
  }
}

/** The bytes of a tensor, wherever they are. */
export interface OpenData {
  /** Rejects with RangeError when the file ends too early. */
  read(start: number, end: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens the bytes of a tensor. Rejects with RangeError, worded as a reason, when they cannot be read. */
export async function openData(data: Buffer | Stored): Promise<OpenData> {
  if (Buffer.isBuffer(data)) return { read: (start, end) => Promise.resolve(data.subarray(start, end)), close: () => Promise.resolve() };
  const file = await openRegular(data.path).catch((error: NodeJS.ErrnoException) => {
    const why = error instanceof NotReadable ? 'it is not a regular file' : error.code;
    throw new RangeError(`its weights in ${data.path} cannot be read (${why}); put that file beside it`);
  });
  return {
    async read(start, end) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, data.offset + start);
      if (bytesRead < end - start) throw new RangeError(`its weights in ${data.path} end too early; copy that file again`);
      return buffer;
    },
    close: () => file.close(),
  };
}

/** Removes the candidates whose outputs are no longer used, the last in the chain first. */
export function withoutUnused(nodes: readonly Node[], candidates: readonly Node[]): readonly Node[] {
  let left = nodes;
  for (const candidate of [...candidates].reverse()) {
    const isUsed = left.some((node) => node.inputs.some((name) => candidate.outputs.includes(name)));
    if (!isUsed) left = left.filter((node) => node !== candidate);
  }
  return left;
}
