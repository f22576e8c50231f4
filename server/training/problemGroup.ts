import { along, rootPath } from '../reasoning/paths.js';
import type { Problem } from '../reasoning/problem.js';
import type { LabelForest } from './labelNodes.js';

/**
 * Puts records of one solution each together that are solutions of the same problem and follow each other, as Monte-Carlo
 * labels are written: what is balanced and compared is a problem, not a record. A tree is a problem of its own.
 */
export class ProblemGroups {
  #group: Problem[] = [];
  #key: string | undefined;

  /** The group that ends where this problem begins, if one does. */
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

  /** The last group. */
  end(): readonly Problem[] {
    const ended = this.#group;
    this.#group = [];
    this.#key = undefined;
    return ended;
  }
}

/** What the records of one problem have in common; undefined for a tree. */
function keyOf({ tree, question, images, answer }: Problem): string | undefined {
  return tree === undefined ? JSON.stringify([question, images, answer]) : undefined;
}

/** The group that a problem of a list is in. */
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
 * The share of right solutions of a problem: a tree's root value, else of the solutions whose outcome is known. A solution is
 * right when its last step has a value above the threshold, and wrong when it or any step before has one that is not.
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
