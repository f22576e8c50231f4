import { along, rootPath } from '../reasoning/paths.js';
import type { Problem } from '../reasoning/problem.js';
import type { LabelForest } from './labelNodes.js';

/**
 * Groups records of one solution each that follow each other and belong to the same problem, as Monte-Carlo labels are
 * written: problems are balanced and compared, not records. A tree is always a problem of its own.
 */
export class ProblemGroups {
  #group: Problem[] = [];
  #key: string | undefined;

  /** Adds a problem. Returns the group that ends before it, if one does. */
  add(problem: Problem): readonly Problem[] {
    const key = keyOf(problem);
    if (key !== undefined && key === this.#key) {
      this.#group.push(problem);
      return [];
    }
    const ended = this.#group;
    this.#group = [problem];
    this.#key = key;
    return ended;
  }

  /** Returns the last group. */
  end(): readonly Problem[] {
    const ended = this.#group;
    this.#group = [];
    this.#key = undefined;
    return ended;
  }
}

/** Key that the records of one problem share; undefined for a tree. */
function keyOf({ tree, question, images, answer }: Problem): string | undefined {
  return tree === undefined ? JSON.stringify([question, images, answer]) : undefined;
}

/** Returns the group of the problem at `index` of a list. */
export function groupAround(problems: readonly Problem[], index: number): readonly Problem[] {
  const own = problems[index];
  const key = own && keyOf(own);
  const isSame = (at: number): boolean => problems[at] !== undefined && key !== undefined && keyOf(problems[at]) === key;
  let [first, end] = [index, index + 1];
  while (isSame(first - 1)) first--;
  while (isSame(end)) end++;
  return problems.slice(first, end);
}

/** The groups of a list. */
export function groupsOf(problems: Iterable<Problem>): (readonly Problem[])[] {
  const groups = new ProblemGroups();
  const found = [];
  for (const problem of problems) found.push(groups.add(problem));
  found.push(groups.end());
  return found.filter(({ length }) => length > 0);
}

/**
 * Returns the share of right solutions of a problem: a tree's root value, else the share among the solutions whose
 * outcome is known. A solution is right when its last step has a value above the threshold, and wrong when any of its
 * steps has a value that is not.
 */
export function rightShare(forests: readonly LabelForest[], threshold: number): number | undefined {
  const root = forests.find(({ rootValue }) => rootValue !== undefined)?.rootValue;
  if (root !== undefined) return root;
  const outcomes = forests.flatMap(({ nodes, ends }) =>
    ends.map((end) => {
      if ((nodes[end]?.value ?? -1) > threshold) return 1;
      return along(nodes, rootPath(nodes, end)).some(({ value = Infinity }) => value <= threshold) ? 0 : undefined;
    }),
  );
  const known = outcomes.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum: number, one) => sum + one, 0) / known.length;
}
