import { along } from '../reasoning/paths.js';
import { rolloutCount } from '../reasoning/treeStatistics.js';
import type { RolloutVerdict } from './judge.js';
import { type DistinctRollout, nodeOf, type SearchNode, type SearchTree } from './searchTree.js';

/**
 * MM-PRM's node (`data_pipeline/omegaprm.py`, `State.get_tree_structure`), which its `traverse.py` reads, with further
 * fields for what MM-PRM's file loses. `num_correct` and `num_incorrect` are the counts behind `mc_value` (the lists
 * are without repeats); both are 0 where the value is assumed. The verdicts are in the order of the lists. The
 * `undecided` fields are absent if no rollout is undecided.
 */
export interface TreeFileNode {
  readonly partial_solution: readonly string[];
  readonly mc_value: number;
  readonly visit_count: number;
  readonly correct_rollouts: readonly (readonly string[])[];
  readonly incorrect_rollouts: readonly (readonly string[])[];
  readonly children: readonly TreeFileNode[];
  /**
   * Nodes without a value: not yet sampled, or no rollout was right or wrong. They are listed separately because
   * `traverse.py` would take them for wrong.
   */
  readonly unvalued_children?: readonly TreeFileNode[];
  /** The node's number in the event log. */
  readonly node: number;
  readonly assumed: boolean;
  readonly num_correct: number;
  readonly num_incorrect: number;
  /** Rollouts that failed: neither right nor wrong. */
  readonly num_failed: number;
  /** Seeds of the node's batches of rollouts. */
  readonly seeds: readonly number[];
  readonly correct_verdicts: readonly TreeFileVerdict[];
  readonly incorrect_verdicts: readonly TreeFileVerdict[];
  /** Rollouts that neither the rules nor a judge could decide: neither right nor wrong, not part of `mc_value`. */
  readonly num_undecided?: number;
  readonly undecided_rollouts?: readonly (readonly string[])[];
  readonly undecided_verdicts?: readonly TreeFileVerdict[];
}

export interface TreeFileVerdict extends RolloutVerdict {
  /** How often this rollout was sampled. */
  readonly count: number;
  readonly finish: 'stop' | 'length';
}

/** The problem is the root; it has no `partial_solution` and is never assumed. */
export type TreeFile = Omit<TreeFileNode, 'partial_solution' | 'assumed'> & {
  readonly question: string;
  readonly answer: string;
  /** As in the problems file: empty without an image, a list if there are several. */
  readonly image_path: string | readonly string[];
  readonly id: string;
  /** Seed of the run. */
  readonly seed: number;
  readonly policy: string;
};

/** A missing value is written as `mc_value` 0, as in MM-PRM; `num_correct + num_incorrect` distinguishes the two. */
export function treeFile(tree: SearchTree): TreeFile {
  const {
    problem: { question, answer, images, id },
    begin: { seed, policy },
  } = tree;
  const written: TreeFileNode[] = [];
  // Children come after their parents.
  for (const node of tree.nodes.toReversed()) written[node.id] = treeNode(node, tree, written);
  const { partial_solution: _none, assumed: _never, ...measured } = nodeOf({ nodes: written }, 0);
  return { question, answer, image_path: images.length > 1 ? images : (images[0] ?? ''), ...measured, id, seed, policy: policy.name };
}

/** The text of the tree file. */
export function treeText(tree: SearchTree): string {
  return `${JSON.stringify(treeFile(tree), null, 2)}\n`;
}

function treeNode(node: SearchNode, tree: SearchTree, written: readonly TreeFileNode[]): TreeFileNode {
  const { id, steps, value, visits, right, wrong, undecided, assumed, correct, total, failures, seeds } = node;
  const writtenOf = (isValued: boolean): TreeFileNode[] =>
    along(
      written,
      node.children.filter((child) => (tree.nodes[child]?.value !== undefined) === isValued),
    );
  const unvalued = writtenOf(false);
  return {
    partial_solution: steps,
    mc_value: value ?? 0,
    visit_count: visits,
    correct_rollouts: right.map(({ rollout }) => rollout.steps),
    incorrect_rollouts: wrong.map(({ rollout }) => rollout.steps),
    children: writtenOf(true),
    ...(unvalued.length > 0 && { unvalued_children: unvalued }),
    node: id,
    assumed,
    num_correct: correct,
    num_incorrect: total - correct,
    num_failed: failures,
    seeds,
    correct_verdicts: right.map(verdict),
    incorrect_verdicts: wrong.map(verdict),
    ...(undecided.length > 0 && {
      num_undecided: rolloutCount(undecided),
      undecided_rollouts: undecided.map(({ rollout }) => rollout.steps),
      undecided_verdicts: undecided.map(verdict),
    }),
  };
}

function verdict({ count, rollout: { verdict, method, answer, reason, judgeFailure, finish } }: DistinctRollout): TreeFileVerdict {
  const told = { ...(reason !== undefined && { reason }), ...(judgeFailure !== undefined && { judgeFailure }) };
  return { count, verdict, method, ...(answer !== undefined && { answer }), ...told, finish };
}
