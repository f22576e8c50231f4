import { BINS } from '../../shared/valueScale.js';
import { binOf, type TreeModel } from './treeModel.js';

/** Summary of the nodes in a block of subtrees. */
export interface Branches {
  readonly count: number;
  /** Nodes by color, 0 to 9, and those without a value. */
  readonly bins: readonly number[];
  readonly missing: number;
  /** Values of the nodes that have one; null when none has. */
  readonly range: readonly [lowest: number, highest: number] | null;
  /** The node with the lowest value; among equal values, one with a first low step. */
  readonly worst: number | null;
  /** Flagged nodes in it. */
  readonly flagged: number;
}

interface Sums {
  /** Per node `BINS + 1` counts of its subtree. */
  readonly bins: Int32Array;
  readonly worst: Int32Array;
  readonly highest: Float64Array;
  readonly flagged: Int32Array;
}

const known = new WeakMap<TreeModel, Sums>();

/** Sums up the subtrees of some nodes. O(nodes) once per model, then O(roots). */
export function summarize(model: TreeModel, roots: readonly number[]): Branches {
  let sums = known.get(model);
  if (sums === undefined) known.set(model, (sums = sumUp(model)));
  const { bins, worst, highest, flagged } = sums;
  const total = new Array<number>(BINS + 1).fill(0);
  let [first, top, count] = [-1, -Infinity, 0];
  for (const root of roots) {
    for (let bin = 0; bin <= BINS; bin++) total[bin]! += bins[root * (BINS + 1) + bin]!;
    first = worse(model, first, worst[root]!);
    top = Math.max(top, highest[root]!);
    count += flagged[root]!;
  }
  return {
    count: total.reduce((sum, one) => sum + one, 0),
    bins: total.slice(0, BINS),
    missing: total[BINS]!,
    range: first < 0 ? null : [model.nodes[first]!.value!, top],
    worst: first < 0 ? null : first,
    flagged: count,
  };
}

function sumUp(model: TreeModel): Sums {
  const { nodes, order } = model;
  const bins = new Int32Array(nodes.length * (BINS + 1));
  const worst = new Int32Array(nodes.length).fill(-1);
  const highest = new Float64Array(nodes.length).fill(-Infinity);
  const flagged = new Int32Array(nodes.length);
  for (let at = order.length - 1; at >= 0; at--) {
    const id = order[at]!;
    const { value, parent } = nodes[id]!;
    bins[id * (BINS + 1) + (binOf(model, id) ?? BINS)]! += 1;
    if (model.flagged.has(id)) flagged[id]! += 1;
    if (value !== null) {
      worst[id] = worse(model, worst[id]!, id);
      highest[id] = Math.max(highest[id]!, value);
    }
    if (parent === null) continue;
    for (let bin = 0; bin <= BINS; bin++) bins[parent * (BINS + 1) + bin]! += bins[id * (BINS + 1) + bin]!;
    worst[parent] = worse(model, worst[parent]!, worst[id]!);
    highest[parent] = Math.max(highest[parent]!, highest[id]!);
    flagged[parent]! += flagged[id]!;
  }
  return { bins, worst, highest, flagged };
}

/** The worse of two nodes (-1 = none): the one with the lower value; at equal values, one with a first low step. */
function worse({ nodes, firstLow }: TreeModel, a: number, b: number): number {
  if (a < 0 || b < 0) return Math.max(a, b);
  const [one, other] = [nodes[a]!.value!, nodes[b]!.value!];
  if (one !== other) return one < other ? a : b;
  return firstLow.has(b) && !firstLow.has(a) ? b : a;
}
