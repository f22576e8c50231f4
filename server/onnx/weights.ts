import { NotReadable, openRegular } from '../disk/readRegular.js';
import { attribute, graphFields, inputOf, type Node, type OnnxGraph, readNode, type Stored, type Tensor } from './model.js';
import { readFields } from './wire.js';

/**
 * Who gives and who takes each value of a graph. Nodes on a circle, or behind one, are left out, so that every walk ends whatever the file has;
 * the runtime refuses such a graph when it is loaded.
 */
export interface Links {
  readonly producers: ReadonlyMap<string, Node>;
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** Nodes that take a value, once for each of their inputs it is; graphs inside a node (If, Loop) take as the node does. */
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  /** What a node takes, graphs inside it included. */
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

/** All nodes but those that wait for their own outputs, or for such nodes (Kahn's algorithm). A valid graph has none of these, a damaged one may. */
function runnable(nodes: readonly Node[]): readonly Node[] {
  const takers = takersOf(nodes, ({ inputs }) => named(inputs));
  /** Inputs of a node that are still to be given, by each node that gives them. */
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

/** An empty name is an input or output left out. */
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

/** Those of the standard's operators that hold graphs. */
const holdsGraphs = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

/** Names that the graphs inside a node take (AttributeProto: g = 6, graphs = 11), those they give themselves included. */
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

/** A matrix of weights, and the nodes that are between it and where it is used, the tensor's first. */
export interface Weight {
  readonly tensor: Tensor;
  readonly chain: readonly Node[];
  /** Its rows are the columns of what comes out of the chain. */
  readonly isTransposed: boolean;
}

/** What gives `name`, where that is a matrix of weights as it is, cast or transposed. */
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

/** Rejects with RangeError, worded as a reason, when the bytes are not there. */
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

/** Leaves out those of the candidates that nothing takes a value from any more, the last in the chain first. */
export function withoutUnused(nodes: readonly Node[], candidates: readonly Node[]): readonly Node[] {
  let left = nodes;
  for (const candidate of [...candidates].reverse()) {
    const isUsed = left.some((node) => node.inputs.some((name) => candidate.outputs.includes(name)));
    if (!isUsed) left = left.filter((node) => node !== candidate);
  }
  return left;
}
