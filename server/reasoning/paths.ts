/** Walks through forests and trees; all iterative, as a path may be as long as the file is deep. */

interface Forest {
  readonly parent?: number | null | undefined;
}

/** Ids from the root down to `from`, both included: of tree nodes, or of a step and its prefix. */
export function rootPath(items: readonly Forest[], from: number): number[] {
  const path: number[] = [];
  // A parent comes before its children; anything else would be a cycle.
  for (let at = from, item = items[at]; item !== undefined; item = items[at]) {
    path.push(at);
    if (typeof item.parent !== 'number' || item.parent >= at) break;
    at = item.parent;
  }
  return path.reverse();
}

/** The items whose ids a path lists, in its order: the steps of a solution or node, the nodes of a path. */
export function along<T>(items: readonly T[], path: readonly number[]): T[] {
  const found: T[] = [];
  for (const id of path) {
    const item = items[id];
    if (item !== undefined) found.push(item);
  }
  return found;
}

/** Ids of the nodes without children, in document order. */
export function leaves(nodes: readonly { readonly children: readonly number[] }[]): number[] {
  return nodes.flatMap(({ children }, id) => (children.length === 0 ? [id] : []));
}

/** One path of node ids per leaf, root first. Together the paths contain every node. */
export function leafPaths(nodes: readonly { readonly parent?: number | null; readonly children: readonly number[] }[]): number[][] {
  return leaves(nodes).map((leaf) => rootPath(nodes, leaf));
}

/** Steps from the root to the end of every node, by node id. */
export function prefixLengths(nodes: readonly { readonly parent?: number | null; readonly steps: readonly unknown[] }[]): number[] {
  const lengths: number[] = [];
  for (const node of nodes) {
    const before = typeof node.parent === 'number' ? (lengths[node.parent] ?? 0) : 0;
    lengths.push(before + node.steps.length);
  }
  return lengths;
}
