import type { NodeView, ProblemView, StepView } from '../../server/protocol/problemView.js';
import { countLow } from '../../server/reasoning/counts.js';
import { groupRollouts, type RolloutGroup } from '../../server/reasoning/treeStatistics.js';
import { wilsonInterval } from '../../server/reasoning/wilson.js';
import type { LayoutNode } from '../../webview/tree/layout/tidy.js';

/** Mulberry32, so that the same seed gives the same tree on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Nodes without content: node i + 1 is a child of node `parents[i] % (i + 1)`. */
export function bareTree(parents: readonly number[]): LayoutNode[] {
  const nodes = [{ id: 0, parent: null as number | null, children: [] as number[], depth: 0 }];
  parents.forEach((pick, i) => {
    const parent = pick % (i + 1);
    nodes.push({ id: i + 1, parent, children: [], depth: nodes[parent]!.depth + 1 });
    nodes[parent]!.children.push(i + 1);
  });
  return nodes;
}

const THRESHOLD = 0.5;
const ROLLOUTS = 16;

const RIGHT = [
  'Let $x$ be the price of one notebook. Then the 12 notebooks cost $12x$ dollars.',
  'After the discount of 25 %, a notebook costs $\\frac{3}{4}x$, so $12 \\cdot \\frac{3}{4}x = 27$.',
  'Simplify the left side: $9x = 27$.',
  'Divide both sides by 9, which gives $x = 3$.',
  'The difference to the full price is $36 - 27 = 9$ dollars.',
  'From the figure, the shaded area is \\[ A = \\int_0^3 (9 - t^2)\\,dt = 18. \\]',
  'Check: $12 \\times 3 \\times 0.75 = 27$, as the problem says.',
  'Therefore the answer is $\\boxed{3}$.',
];
const WRONG = [
  'A discount of 25 % means every notebook is 25 dollars cheaper.',
  'So the twelve notebooks cost $12x - 25 = 27$ dollars together.',
  'Solving gives $x = \\frac{52}{12} \\approx 4.33$.',
  'Round to the nearest dollar: the price is $4$.',
  'Therefore the answer is $\\boxed{4}$.',
];

export interface TreeOptions {
  readonly nodes: number;
  readonly seed?: number;
  readonly problem?: number;
  readonly problemCount?: number;
  /** If false: no visits and no rollouts, and the values come from a PRM. */
  readonly isSearchTree?: boolean;
  readonly images?: readonly string[];
  readonly hasValues?: boolean;
}

/** A search tree like the pipeline's: branches of several steps, values by rollouts, assumed and one-sample nodes. */
export function makeView({
  nodes: count,
  seed = 7,
  problem = 0,
  problemCount = 1,
  isSearchTree = true,
  images = [],
  hasValues = true,
}: TreeOptions): ProblemView {
  const random = randomFrom(seed);
  const parents: (number | null)[] = [null];
  const children: number[][] = [[]];
  const depths: number[] = [0];
  const limit = Math.max(5, Math.ceil(Math.log2(count)) + 2);
  for (let id = 1; id < count; id++) {
    // Parents are mostly recent nodes (long paths), sometimes any node (branches).
    let parent: number;
    do parent = random() < 0.55 ? Math.max(0, id - 1 - Math.floor(random() * 3)) : Math.floor(random() * id);
    while (depths[parent]! >= limit || children[parent]!.length >= 6);
    parents.push(parent);
    children.push([]);
    depths.push(depths[parent]! + 1);
    children[parent]!.push(id);
  }
  const nodes: NodeView[] = [];
  const hasLow: boolean[] = [];
  let stepIndex = 0;
  for (let id = 0; id < count; id++) {
    const parent = parents[id]!;
    const depth = depths[id]!;
    const isLeaf = children[id]!.length === 0;
    const before = parent === null ? 0.55 : (nodes[parent]!.value ?? 0.5);
    const isAssumed = isSearchTree && id > 0 && isLeaf && before > 0.2 && random() < 0.16;
    const isOneSample = isSearchTree && id > 0 && isLeaf && !isAssumed && random() < 0.18;
    const total = isOneSample ? 1 : ROLLOUTS;
    const drift = before + (random() - 0.52) * 0.6;
    const correct = Math.round(Math.max(0, Math.min(1, drift)) * total);
    const value =
      !hasValues || (!isSearchTree && id === 0)
        ? null
        : isAssumed
          ? 1
          : isSearchTree
            ? correct / total
            : Math.max(0.01, Math.min(0.99, drift));
    const isLow = value !== null && value < THRESHOLD;
    const isFirstLow = id > 0 && isLow && !(parent !== null && hasLow[parent]!);
    hasLow.push(id > 0 && (isLow || (parent !== null && hasLow[parent]!)));
    const stepCount = id === 0 ? 0 : isAssumed ? 3 : 1 + Math.floor(random() * 2.2);
    const pool = isLow ? WRONG : RIGHT;
    const steps: StepView[] = Array.from({ length: stepCount }, (_, i) => ({
      index: stepIndex++,
      text: isLeaf && i === stepCount - 1 ? pool[pool.length - 1]! : pool[(depth - 1 + i + Math.floor(random() * 2)) % (pool.length - 1)]!,
      values: isSearchTree
        ? {
            ...(value === null ? {} : { mc: { value, ...(isAssumed ? { assumed: true } : { correct, total }) } }),
            ...(hasValues ? { prm: Math.max(0, Math.min(1, drift + (random() - 0.5) * 0.3)) } : {}),
          }
        : value === null
          ? {}
          : { prm: value },
      low: isLow,
      firstLow: isFirstLow && i === 0,
    }));
    const rollouts: RolloutGroup[] = isSearchTree && !isAssumed && id % 3 === 0 && id < 1_500 ? makeRollouts(random, correct, total) : [];
    const interval = isAssumed || !isSearchTree ? undefined : wilsonInterval(correct, total);
    nodes.push({
      id,
      parent,
      children: children[id]!,
      depth,
      steps,
      value,
      source: value === null ? null : isSearchTree ? 'mc' : 'prm',
      ...(isSearchTree && value !== null
        ? {
            mc: isAssumed ? { value: 1, assumed: true } : { value, correct, total },
            visits: isAssumed ? 0 : Math.floor(40 / (1 + depth) + random() * 6),
          }
        : {}),
      ...(interval === undefined || value === null ? {} : { interval }),
      assumed: isAssumed,
      oneSample: isOneSample,
      rollouts,
      ...(isLeaf && id > 0 ? { correct: isAssumed || (value ?? 0) > 0.6 } : {}),
    });
  }
  return {
    uri: 'file:///pipeline/outputs/notebooks.json',
    version: 1,
    problem,
    problemCount,
    titles: Array.from({ length: problemCount }, (_, i) => `A shop sells notebooks with a discount, variant ${i + 1}`),
    question:
      'A shop sells 12 notebooks with a discount of 25 %. Together they cost $27. What is the price of one notebook, in dollars, without the discount? Let $f(x) = \\frac{3}{4}x$.',
    answer: '3',
    images,
    model: 'steplens-mini',
    threshold: THRESHOLD,
    found: countLow(nodes.flatMap(({ steps }) => steps)),
    nodes,
    isSearchTree,
  };
}

function makeRollouts(random: () => number, correct: number, total: number): RolloutGroup[] {
  const rollouts = Array.from({ length: total }, (_, i) => {
    const isRight = i < correct;
    const pool = isRight ? RIGHT : WRONG;
    const start = Math.floor(random() * (pool.length - 2));
    return {
      correct: isRight,
      steps: pool.slice(start),
      answer: isRight ? '3' : random() < 0.8 ? '4' : '4.33',
    };
  });
  return groupRollouts(rollouts);
}
