import { type SearchTree } from '../../server/labeling/searchTree.js';
import { itemAt } from '../../server/reasoning/present.js';
import { rolloutCount } from '../../server/reasoning/treeStatistics.js';

/** Cost and benefit of a rule for continuations. */
export interface RuleCost {
  readonly name: string;
  /** Number of continuations of steps, without the solutions themselves. */
  readonly continuations: number;
  /** Continuations relative to those of the full run. */
  readonly share: number;
  /** Steps with a label. */
  readonly labels: number;
  /** Share of these that are right. */
  readonly right: number;
  /** Share of these that are labeled as in the full run. */
  readonly same: number;
  /** Mean of value minus value in the full run; NaN for rules that are for labels alone. */
  readonly bias: number;
}

/** The same problems labeled by a rule and in full. */
export function ruleCost(name: string, trees: readonly SearchTree[], full: readonly SearchTree[]): RuleCost {
  let [labels, right, same, difference] = [0, 0, 0, 0];
  for (const [i, tree] of trees.entries())
    for (const { id, value } of tree.nodes.slice(1)) {
      const other = itemAt(itemAt(full, i).nodes, id).value;
      if (value === undefined || other === undefined) continue;
      labels++;
      if (value > 0) right++;
      if (value > 0 === other > 0) same++;
      difference += value - other;
    }
  const continuations = countOf(trees);
  const isForValues = !/stop-when-decided/.test(name);
  return {
    name,
    continuations,
    share: continuations / countOf(full),
    labels,
    right: right / labels,
    same: same / labels,
    bias: isForValues ? difference / labels : NaN,
  };
}

/**
 * The least cost of any rule that treats each step alone and gives the same label as all its continuations: it takes one after another
 * until the first right one. With k right ones of n, that is number (n + 1) / (k + 1) on average; if none is right, all n are needed.
 */
export function bound(full: readonly SearchTree[], most: number): RuleCost {
  const alone = ruleCost('the least for each step alone', full, full);
  let expected = 0;
  for (const tree of full)
    for (const { right, wrong, undecided, failures } of tree.nodes.slice(1)) {
      const [good, all] = [rolloutCount(right), rolloutCount(right) + rolloutCount(wrong) + rolloutCount(undecided) + failures];
      if (all > 0) expected += good === 0 ? most : (all + 1) / (good + 1);
    }
  return { ...alone, continuations: Math.round(expected), share: expected / alone.continuations, bias: NaN };
}

function countOf(trees: readonly SearchTree[]): number {
  return trees.reduce((sum, { rollouts, nodes }) => {
    const { right, wrong, undecided, failures } = itemAt(nodes, 0);
    return sum + rollouts - rolloutCount(right) - rolloutCount(wrong) - rolloutCount(undecided) - failures;
  }, 0);
}

export function ruleTable(rows: readonly RuleCost[], problems: number): string {
  const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`);
  const cells = [
    ['', 'continuations', 'of all', 'labels', 'right', 'as in full', 'bias of values'],
    ...rows.map(({ name, continuations, share, labels, right, same, bias }) => [
      name,
      continuations.toLocaleString('en-US'),
      percent(share),
      labels.toLocaleString('en-US'),
      percent(right),
      percent(same),
      percent(bias),
    ]),
  ];
  const widths = itemAt(cells, 0).map((_, column) => Math.max(...cells.map((row) => itemAt(row, column).length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(itemAt(widths, i)) : cell.padStart(itemAt(widths, i)))).join('  '),
  );
  return `Rules that save continuations, on ${problems} held-out problems of the bundled policy, threshold 0\n${lines.join('\n')}\n`;
}
