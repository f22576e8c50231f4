import { prefixLengths } from './paths.js';
import { itemAt } from './present.js';
import type { McValue } from './stepValue.js';

/** The part of a tree node that the statistics read: a `TreeNode` and a panel's `NodeView` both fit. */
export interface StatisticsNode {
  readonly parent?: number | null;
  readonly children: readonly number[];
  readonly depth: number;
  readonly steps: readonly unknown[];
  readonly mc?: McValue;
  /** The one value shown for the node; if there is none, `mc` is used. */
  readonly value?: number | null;
  readonly rollouts: readonly RolloutGroup[];
}

/** Rollouts of one node that agree in verdict, final answer and length. */
export interface RolloutGroup {
  readonly correct: boolean;
  /** The final answer; absent where none could be read. */
  readonly answer?: string;
  /** Steps after the node. */
  readonly steps: number;
  readonly count: number;
  /** Number of different texts among them. */
  readonly distinct: number;
}

/** Number of rollouts in a list of distinct ones, counting repeats. */
export function rolloutCount(rollouts: readonly { readonly count: number }[]): number {
  return rollouts.reduce((sum, { count }) => sum + count, 0);
}

/** Groups a node's rollouts; `answer` as `finalAnswer` read it. Groups are in the order of their first rollouts. */
export function groupRollouts(
  rollouts: readonly { readonly correct: boolean; readonly steps: readonly string[]; readonly answer?: string | undefined }[],
): RolloutGroup[] {
  const groups = new Map<string, { correct: boolean; answer?: string; steps: number; count: number; texts: Set<string> }>();
  for (const { correct, steps, answer } of rollouts) {
    const key = `${correct} ${steps.length} ${answer === undefined ? '' : `=${answer}`}`;
    const group = upsert(groups, key, {
      correct,
      ...(answer !== undefined && { answer }),
      steps: steps.length,
      count: 0,
      texts: new Set(),
    });
    group.count++;
    group.texts.add(steps.join('\u0000'));
  }
  return [...groups.values()].map(({ texts, ...group }) => ({ ...group, distinct: texts.size }));
}

export interface TreeStatistics {
  /** Nodes by value: `[0, 1/bins)`, ..., `[1 - 1/bins, 1]`. Assumed values are not counted: nobody sampled them. */
  readonly values: readonly number[];
  /** Nodes without a value (the root counts like any other node). */
  readonly missing: number;
  readonly assumed: number;
  /** Rollouts by the depth of the node they were sampled from. */
  readonly byDepth: readonly { readonly depth: number; readonly correct: number; readonly incorrect: number }[];
  /** Whole solutions (prefix and continuation) by their number of steps, ascending. */
  readonly stepsPerRollout: readonly { readonly steps: number; readonly count: number }[];
  /** Most frequent first; `answer` undefined counts the rollouts without a readable one. */
  readonly answers: readonly { readonly answer: string | undefined; readonly correct: number; readonly incorrect: number }[];
  readonly rollouts: RolloutCounts;
  /** By node id: the share of all rollouts that were sampled at or below it, in [0, 1]; 0 without rollouts. */
  readonly share: Float64Array;
}

export interface RolloutCounts {
  readonly correct: number;
  readonly incorrect: number;
  /** Different continuations of the same node; the same text from two nodes counts twice. */
  readonly distinct: number;
  readonly duplicate: number;
}

/** Statistics of the rollouts a tree keeps (de-duplicated by MM-PRM's dump, so counts are of what is stored). */
export function treeStatistics(nodes: readonly StatisticsNode[], bins = 10): TreeStatistics {
  const values = new Array<number>(bins).fill(0);
  let missing = 0;
  let assumed = 0;
  for (const node of nodes) {
    const value = node.value ?? node.mc?.value;
    if (node.mc?.assumed === true) assumed++;
    else if (value === undefined || Number.isNaN(value)) missing++;
    else {
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(value * bins)));
      values[bin] = itemAt(values, bin) + 1;
    }
  }
  return { values, missing, assumed, ...rolloutStatistics(nodes), share: rolloutShare(nodes) };
}

function rolloutStatistics(nodes: readonly StatisticsNode[]): Pick<TreeStatistics, 'byDepth' | 'stepsPerRollout' | 'answers' | 'rollouts'> {
  const byDepth = new Map<number, { depth: number; correct: number; incorrect: number }>();
  const lengths = new Map<number, number>();
  const answers = new Map<string | undefined, { answer: string | undefined; correct: number; incorrect: number }>();
  const prefixes = prefixLengths(nodes);
  const total = { correct: 0, incorrect: 0, distinct: 0, duplicate: 0 };
  nodes.forEach((node, id) => {
    for (const { correct, answer, steps, count, distinct } of node.rollouts) {
      const verdict = correct ? 'correct' : 'incorrect';
      total[verdict] += count;
      total.distinct += distinct;
      total.duplicate += count - distinct;
      upsert(byDepth, node.depth, { depth: node.depth, correct: 0, incorrect: 0 })[verdict] += count;
      const length = itemAt(prefixes, id) + steps;
      lengths.set(length, (lengths.get(length) ?? 0) + count);
      upsert(answers, answer, { answer, correct: 0, incorrect: 0 })[verdict] += count;
    }
  });
  return {
    byDepth: [...byDepth.values()].sort((a, b) => a.depth - b.depth),
    stepsPerRollout: [...lengths].map(([steps, count]) => ({ steps, count })).sort((a, b) => a.steps - b.steps),
    answers: [...answers.values()].sort((a, b) => b.correct + b.incorrect - a.correct - a.incorrect),
    rollouts: total,
  };
}

function upsert<K, V>(map: Map<K, V>, key: K, initial: V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  map.set(key, initial);
  return initial;
}

/**
 * By node id: rollouts sampled at or below the node, as a share of the tree's. Rollouts are stored where they were
 * sampled, so this is the width of the edge into the node.
 */
export function rolloutShare(nodes: readonly Pick<StatisticsNode, 'parent' | 'rollouts'>[]): Float64Array {
  const share = Float64Array.from(nodes, ({ rollouts }) => rolloutCount(rollouts));
  // Children come after their parents: one pass from the end sums every subtree.
  for (let id = nodes.length - 1; id > 0; id--) {
    const { parent } = itemAt(nodes, id);
    if (typeof parent === 'number') share[parent] = itemAt(share, parent) + itemAt(share, id);
  }
  const total = share[0] ?? 0;
  return total === 0 ? share : share.map((count) => count / total);
}
