import { finalAnswer } from '../reasoning/finalAnswer.js';
import { rootPath } from '../reasoning/paths.js';
import type { Problem } from '../reasoning/problem.js';
import type { McValue } from '../reasoning/stepValue.js';
import { type ComparedNode, comparedNodes, countBoth, type RunComparison } from './compareRuns.js';

/** A problem and the known values of its steps in [0, 1], by step. */
export interface ComparedProblem {
  readonly problem: Problem;
  readonly values: readonly (number | undefined)[];
}

/**
 * Returns the position in `problems` of a problem with the same question as `wanted`, preferably at the same position;
 * undefined when there is none.
 */
export function sameProblem(problems: readonly Problem[], wanted: Problem): number | undefined {
  const isSame = (one: Problem | undefined): boolean => one !== undefined && plain(one.question) === plain(wanted.question);
  if (isSame(problems[wanted.index])) return wanted.index;
  const found = problems.findIndex(isSame);
  return found < 0 ? undefined : found;
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * Compares two trees or sets of solutions of one problem, from any files. Steps match when the texts of all steps up to
 * them are the same. `values` are used where a file has no rollouts; steps without a value are left out.
 */
export function compareTrees(first: ComparedProblem, second: ComparedProblem): RunComparison {
  const ids = new Map<string, number>();
  const [own, others] = [byPrefix(first, ids), byPrefix(second, ids)];
  const nodes = [...new Set([...own.keys(), ...others.keys()])].map((key) => {
    const [one, other] = [own.get(key), others.get(key)];
    return { prefix: (one ?? other)?.prefix() ?? [], first: one?.node, second: other?.node };
  });
  return {
    selections: [],
    firstOther: undefined,
    ...comparedNodes(nodes),
    answers: countBoth(answersOf(first.problem), answersOf(second.problem)),
  };
}

interface PlacedNode {
  readonly prefix: () => readonly string[];
  readonly node: ComparedNode;
}

/**
 * Returns the node with a value for each prefix; if a prefix occurs twice, the first one. `ids`: the numbers of the
 * prefixes of both problems, by the number of the preceding prefix and the text; 0 is the question.
 */
function byPrefix({ problem, values }: ComparedProblem, ids: Map<string, number>): Map<number, PlacedNode> {
  const found = new Map<number, PlacedNode>();
  const add = (key: number, id: number, prefix: () => readonly string[], value: number | undefined, mc: McValue | undefined): void => {
    if (value === undefined || found.has(key)) return;
    found.set(key, { prefix, node: { id, value, correct: mc?.correct ?? 0, total: mc?.total ?? 0, assumed: mc?.assumed ?? false } });
  };
  const root = problem.tree?.nodes[0]?.mc;
  add(0, 0, () => [], root?.value, root);
  const { steps } = problem;
  const keys: number[] = [];
  for (const { index, parent, text, values: own, node } of steps) {
    const name = `${parent === undefined ? 0 : (keys[parent] ?? 0)}\0${text}`;
    const key = ids.get(name) ?? ids.size + 1;
    ids.set(name, key);
    keys.push(key);
    const prefix = (): readonly string[] => rootPath(steps, index).map((at) => steps[at]?.text ?? '');
    add(key, node ?? index, prefix, own.mc?.value ?? values[index], own.mc);
  }
  return found;
}

/** Final answers of the kept rollouts or, without a tree, of the solutions. */
function answersOf({ tree, steps, solutions }: Problem): Map<string, { count: number; isRight: boolean | undefined }> {
  const ends = tree
    ? tree.nodes.flatMap(({ rollouts }) => rollouts.map(({ correct, steps: own }) => ({ text: own.at(-1) ?? '', isRight: correct })))
    : solutions.map(({ steps: own, correct }) => ({ text: steps[own.at(-1) ?? -1]?.text ?? '', isRight: correct }));
  const answers = new Map<string, { count: number; isRight: boolean | undefined }>();
  for (const { text, isRight } of ends) {
    const answer = finalAnswer(text) ?? '';
    const known = answers.get(answer);
    answers.set(answer, { count: (known?.count ?? 0) + 1, isRight: known?.isRight ?? isRight });
  }
  return answers;
}
