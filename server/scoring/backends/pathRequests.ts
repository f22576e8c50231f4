import { itemAt } from '../../reasoning/present.js';
import type { PrefixTrie } from '../prefixTrie.js';

/** One request for a forest: a path from the root, and the nodes on it that the request scores. */
export interface PathRequest {
  /** Trie nodes, the first step first. */
  readonly path: readonly number[];
  /** In the order of the path; the last one is its end. */
  readonly nodes: readonly number[];
}

/**
 * Returns the requests that score every wanted node: one per node, or one per path. A path ends at a wanted node
 * without wanted descendants. A node that several paths share is read from the first of them.
 */
export function pathRequests({ nodes }: PrefixTrie, isWanted: (node: number) => boolean, asks: 'path' | 'step'): PathRequest[] {
  const open = new Set([...nodes.keys()].filter(isWanted));
  const inner = new Set<number>();
  if (asks === 'path') {
    for (let node = nodes.length - 1; node >= 0; node--) if (open.has(node) || inner.has(node)) inner.add(itemAt(nodes, node).parent);
  }
  const requests: PathRequest[] = [];
  for (const end of [...open]) {
    if (inner.has(end)) continue;
    const path: number[] = [];
    for (let node = end; node >= 0; node = itemAt(nodes, node).parent) path.push(node);
    path.reverse();
    const read = asks === 'step' ? [end] : path.filter((node) => open.delete(node));
    requests.push({ path, nodes: read });
  }
  return requests;
}
