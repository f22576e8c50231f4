import { along, rootPath } from '../reasoning/paths.js';
import type { Problem, ReasoningTree } from '../reasoning/problem.js';
import type { McValue } from '../reasoning/stepValue.js';

/**
 * The unit of training data: a piece of text with the value of the prefix that ends with it. The pieces form a forest.
 * In a tree a node is one piece, however many steps it has (MM-PRM labels nodes, `data_pipeline/traverse.py`); else a
 * step.
 */
export interface LabelNode {
  /** Index of the preceding piece; -1 for a first piece. */
  readonly parent: number;
  readonly text: string;
  /** People's label (0 wrong, 0.5 neutral, 1 right), else the share of successful rollouts; undefined without both. */
  readonly value: number | undefined;
  /** Right and all rollouts behind the value, if a file reports them and no person overruled them. */
  readonly counts?: { readonly correct: number; readonly total: number };
  /** A judge's value for its last step, in [0, 1]. */
  readonly judge?: number;
  /** The tree node or the step of the problem that this piece is. */
  readonly source: number;
}

export interface LabelForest {
  readonly nodes: readonly LabelNode[];
  /** Indices of the last pieces of whole paths, in document order. */
  readonly ends: readonly number[];
  /** Value of the question itself; a tree's root has one. */
  readonly rootValue: number | undefined;
  /** Whether `LabelNode.source` and paths are tree nodes; else they are steps. */
  readonly isTree: boolean;
}

/**
 * The pieces of a problem; with `peopleOnly`, only people's values. Steps that only a model scored have no value here.
 */
export function labelForest(problem: Problem, peopleOnly = false): LabelForest {
  return problem.tree === undefined ? fromSteps(problem, peopleOnly) : fromTree(problem, problem.tree, peopleOnly);
}

/** Returns a person's verdict on a piece, from the piece's value: -1, 0 or 1. */
export function ratingOf({ value = 0 }: LabelNode): -1 | 0 | 1 {
  return (Math.round(value * 2) - 1) as -1 | 0 | 1;
}

function fromTree(problem: Problem, { nodes: [root, ...nodes] }: ReasoningTree, peopleOnly: boolean): LabelForest {
  // Node 0 is the question, which is in no path, so every index is shifted by one.
  const pieces = nodes.map(
    (node): LabelNode => ({
      parent: (node.parent ?? 0) - 1,
      text: along(problem.steps, node.steps)
        .map(({ text }) => text)
        .join('\n\n'),
      ...labelOf(problem, node.steps, peopleOnly ? undefined : node.mc),
      source: node.id,
    }),
  );
  const ends = nodes.flatMap(({ children }, index) => (children.length === 0 ? [index] : []));
  return { nodes: pieces, ends, rootValue: root?.mc?.value, isTree: true };
}

function fromSteps(problem: Problem, peopleOnly: boolean): LabelForest {
  const nodes = problem.steps.map(
    (step): LabelNode => ({
      parent: step.parent ?? -1,
      text: step.text,
      ...labelOf(problem, [step.index], peopleOnly ? undefined : step.values.mc),
      source: step.index,
    }),
  );
  const ends = problem.solutions.flatMap((solution) => solution.steps.slice(-1));
  return { nodes, ends, rootValue: undefined, isTree: false };
}

function labelOf(problem: Problem, piece: readonly number[], mc: McValue | undefined): Pick<LabelNode, 'value' | 'counts' | 'judge'> {
  const said = correction(problem, piece);
  const judge = problem.steps[piece.at(-1) ?? -1]?.values.judge;
  const counts = said === undefined && mc?.correct !== undefined && mc.total !== undefined && { correct: mc.correct, total: mc.total };
  return { value: said ?? mc?.value, ...(counts && { counts }), ...(judge !== undefined && { judge }) };
}

/**
 * People's label of a piece: wrong if any step is, else that of its last step; undefined if that one was not judged.
 */
function correction({ steps }: Problem, piece: readonly number[]): number | undefined {
  const said = piece.map((step) => steps[step]?.values.human);
  const last = said.includes(-1) ? -1 : said.at(-1);
  return last === undefined ? undefined : (last + 1) / 2;
}

/** Indices from a first piece to `end`. */
export function pathTo(forest: LabelForest, end: number): number[] {
  return rootPath(forest.nodes, end);
}
