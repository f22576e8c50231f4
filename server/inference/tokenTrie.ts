import type { TokenTree } from './graph/graph.js';
import type { RunRequest } from './protocol.js';

/** The distinct prefixes of a request's sequences: one node for the last token of each; all nodes lead to a read. */
export interface TokenTrie {
  /** Token of every node. */
  readonly ids: readonly number[];
  /** A parent comes before its children; -1 = none. */
  readonly parents: readonly number[];
  /** In the order of the request: `children[0]` are nodes without a parent, `children[node + 1]` those of a node. */
  readonly children: readonly (readonly number[])[];
  /** Indices into the request's reads, for every node. */
  readonly reads: readonly (readonly number[])[];
}

/** Merges the common beginnings of segments, token by token. */
export function buildTokenTrie({ parents: segmentParents, ids: tokens, offsets, reads: positions }: RunRequest): TokenTrie {
  const parents: number[] = [];
  const ids: number[] = [];
  const reads: number[][] = [];
  const known = new Map<string, number>();
  const ends: number[] = [];
  let read = 0;
  segmentParents.forEach((segmentParent, segment) => {
    let node = segmentParent < 0 ? -1 : ends[segmentParent]!;
    for (let at = offsets[segment]!; at < offsets[segment + 1]!; at++) {
      const key = `${node} ${tokens[at]}`;
      const next = known.get(key) ?? parents.push(node) - 1;
      if (next === ids.length) {
        known.set(key, next);
        ids.push(tokens[at]!);
        reads.push([]);
      }
      node = next;
      while (positions[read] === at) reads[node]!.push(read++);
    }
    ends[segment] = node;
  });

  const leads = reads.map((own) => own.length > 0);
  for (let node = parents.length - 1; node >= 0; node--) if (leads[node] && parents[node]! >= 0) leads[parents[node]!] = true;
  const children: number[][] = Array.from({ length: parents.length + 1 }, () => []);
  parents.forEach((parent, node) => {
    if (leads[node]) children[parent + 1]!.push(node);
  });
  return { ids, parents, children, reads };
}

/** Returns the nodes from the root to `node`, inclusive; none for -1. */
export function nodesTo({ parents }: TokenTrie, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = parents[at]!) path.push(at);
  return path.reverse();
}

/** Returns the reads at these nodes, from index `first` on, in the order of the request, and the node index of each. */
export function readsAt(
  { reads }: TokenTrie,
  nodes: readonly number[],
  first = 0,
): { readonly reads: readonly number[]; readonly rows: Int32Array } {
  const found = nodes
    .flatMap((node, row) => (row < first ? [] : reads[node]!.map((read) => ({ read, row }))))
    .sort((a, b) => a.read - b.read);
  return { reads: found.map(({ read }) => read), rows: Int32Array.from(found, ({ row }) => row) };
}

/** Returns the nodes to run after `held`, a path from the root, as a tree. Parents are among them or on that path. */
export function treeOf({ ids, parents }: TokenTrie, nodes: readonly number[], held: readonly number[]): TokenTree {
  const places = new Map(nodes.map((node, i) => [node, i]));
  const depths = new Map(held.map((node, i) => [node, i + 1]));
  return {
    ids: Int32Array.from(nodes, (node) => ids[node]!),
    parents: Int32Array.from(nodes, (node) => places.get(parents[node]!) ?? ~(depths.get(parents[node]!) ?? 0)),
  };
}

/** Returns the path from the root that takes the first child everywhere. */
export function firstPath({ children, ids }: TokenTrie): Int32Array {
  const path: number[] = [];
  for (let node = children[0]![0]; node !== undefined; node = children[node + 1]![0]) path.push(ids[node]!);
  return Int32Array.from(path);
}

/** Returns the nodes that a sequence already run matches, up to but not including the first one with reads. */
export function heldNodes({ children, ids, reads }: TokenTrie, sequence: Int32Array): number[] {
  const held: number[] = [];
  let node = -1;
  for (const token of sequence) {
    const next = children[node + 1]!.find((child) => ids[child] === token);
    if (next === undefined || reads[next]!.length > 0) break;
    held.push(next);
    node = next;
  }
  return held;
}

/**
 * Returns all nodes except the held ones, children after their parents and branch after branch. Below every held node
 * the next held one comes first, so that a node's ancestors are either held or on the path to the node before it.
 */
export function depthFirst({ children }: TokenTrie, held: readonly number[]): number[] {
  const isHeld = new Set(held);
  const order: number[] = [];
  const open: number[] = [];
  const add = (siblings: readonly number[]) => {
    const first = siblings.find((node) => isHeld.has(node));
    for (let i = siblings.length - 1; i >= 0; i--) if (siblings[i] !== first) open.push(siblings[i]!);
    if (first !== undefined) open.push(first);
  };
  add(children[0]!);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!isHeld.has(node)) order.push(node);
    add(children[node + 1]!);
  }
  return order;
}
