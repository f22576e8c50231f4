import type { SearchProblem } from './mcts.js';

/** A prefix and what its rollouts told. */
export interface SearchState {
  /** The steps this state adds to its parent's prefix; none at the root. */
  readonly steps: readonly string[];
  /** All steps from the problem to here. */
  readonly prefix: readonly string[];
  /** Rollouts judged right and wrong, repeats counted. */
  correct: number;
  incorrect: number;
  /** How often a rollout of this state was selected. */
  visits: number;
  /** Made from a correct rollout: its value is taken to be 1 and was never sampled. */
  assumed: boolean;
  /** Without repeats. */
  readonly correctRollouts: (readonly string[])[];
  readonly incorrectRollouts: (readonly string[])[];
  readonly children: SearchState[];
}

/**
 * MM-PRM's node (`data_pipeline/omegaprm.py`, `State.get_tree_structure`), which its `traverse.py` reads, and what that file
 * loses: the counts behind `mc_value` (the lists are without repeats) and whether the value was assumed.
 */
export interface TreeNode {
  readonly partial_solution: readonly string[];
  readonly mc_value: number;
  readonly visit_count: number;
  readonly correct_rollouts: readonly (readonly string[])[];
  readonly incorrect_rollouts: readonly (readonly string[])[];
  readonly children: readonly TreeNode[];
  readonly num_correct: number;
  readonly num_incorrect: number;
  readonly assumed: boolean;
}

export type SearchTree = Omit<TreeNode, 'partial_solution' | 'assumed'> & {
  readonly question: string;
  readonly answer: string;
  readonly image_path: string;
  readonly id: string;
  readonly seed: number;
};

export function treeJson(problem: SearchProblem, root: SearchState, seed: number): SearchTree {
  const { question, answer, image, id } = problem;
  return { question, answer, image_path: image, ...measured(root), children: root.children.map(node), id, seed };
}

function node(state: SearchState): TreeNode {
  return { partial_solution: state.steps, ...measured(state), children: state.children.map(node), assumed: state.assumed };
}

/** `mc_value` is 0 where there were no rollouts, as MM-PRM writes it; `num_correct + num_incorrect` tells the two apart. */
function measured(state: SearchState): Omit<TreeNode, 'partial_solution' | 'children' | 'assumed'> {
  const total = state.correct + state.incorrect;
  return {
    mc_value: state.assumed ? 1 : total === 0 ? 0 : state.correct / total,
    visit_count: state.visits,
    correct_rollouts: state.correctRollouts,
    incorrect_rollouts: state.incorrectRollouts,
    num_correct: state.correct,
    num_incorrect: state.incorrect,
  };
}
