import type { RunEvent } from '../labeling/runEvents.js';
import { applyEvent, beginTree, prefixOf, type SearchTree } from '../labeling/searchTree.js';
import { prefixKeyOf } from './breakpoints.js';

/** The values of the first and the second run; undefined where a run has none. */
export interface Pair<T> {
  readonly first: T | undefined;
  readonly second: T | undefined;
}

export interface RecordedSelection {
  /** Steps up to the selected rollout's node. `rollout` has the rollout's own steps. */
  readonly prefix: readonly string[];
  readonly rollout: readonly string[];
  readonly q: number;
  readonly u: number;
  readonly pool: number;
}

export interface ComparedNode {
  readonly id: number;
  readonly value: number | undefined;
  readonly correct: number;
  readonly total: number;
  readonly assumed: boolean;
}

/** Two runs of one problem side by side. Nodes match when their prefixes are the same. */
export interface RunComparison {
  /** The selections of all searches in order, and the first search (from 0) that differs. */
  readonly selections: readonly Pair<RecordedSelection>[];
  readonly firstOther: number | undefined;
  /** All nodes of both runs, by prefix: those of the first run in its order, then the others. */
  readonly nodes: readonly (Pair<ComparedNode> & { readonly prefix: readonly string[] })[];
  /** Number of nodes in both runs with the same value, in both with different values, and in one run only. */
  readonly counts: { readonly same: number; readonly changed: number; readonly onlyFirst: number; readonly onlySecond: number };
  /** Final answers with their number in each run, the most frequent first. */
  readonly answers: readonly {
    readonly answer: string;
    readonly first: number;
    readonly second: number;
    readonly right: Pair<boolean>;
  }[];
}

/** Throws EventError when a log is damaged. */
export function compareRuns(first: readonly RunEvent[], second: readonly RunEvent[]): RunComparison {
  const [before, after] = [readRun(first), readRun(second)];
  const selections = pairs(before.selections, after.selections);
  const firstOther = selections.findIndex((pair) => key(pair.first) !== key(pair.second));
  return {
    selections,
    firstOther: firstOther < 0 ? undefined : firstOther,
    ...comparedNodes(compareNodes(before.tree, after.tree)),
    answers: countBoth(answersOf(first), answersOf(second)),
  };
}

/** Returns the nodes of both sides, and how many have the same value, another value, or are on one side only. */
export function comparedNodes(nodes: RunComparison['nodes']): Pick<RunComparison, 'nodes' | 'counts'> {
  const both = nodes.filter((pair) => pair.first && pair.second);
  const changed = both.filter((pair) => pair.first?.value !== pair.second?.value).length;
  return {
    nodes,
    counts: {
      same: both.length - changed,
      changed,
      onlyFirst: nodes.filter((pair) => !pair.second).length,
      onlySecond: nodes.filter((pair) => !pair.first).length,
    },
  };
}

interface ReadRun {
  readonly tree: SearchTree;
  readonly selections: readonly RecordedSelection[];
}

function readRun(events: readonly RunEvent[]): ReadRun {
  const [begin] = events;
  if (begin?.event !== 'begin') throw new Error('The log has no events.');
  const tree = beginTree(begin);
  const selections: RecordedSelection[] = [];
  for (const event of events.slice(1)) {
    if (event.event === 'selected') {
      const { node, rollout, q, u, pool } = event;
      selections.push({ prefix: prefixOf(tree, node), rollout: tree.nodes[node]?.wrong[rollout]?.rollout.steps ?? [], q, u, pool });
    }
    applyEvent(tree, event);
  }
  return { tree, selections };
}

function key(selection: RecordedSelection | undefined): string {
  return JSON.stringify(selection && [selection.prefix, selection.rollout]);
}

function pairs<T>(first: readonly T[], second: readonly T[]): Pair<T>[] {
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => ({ first: first[i], second: second[i] }));
}

function compareNodes(first: SearchTree, second: SearchTree): RunComparison['nodes'] {
  const [own, others] = [nodesByKey(first), nodesByKey(second)];
  return [...new Set([...own.keys(), ...others.keys()])].map((name) => {
    const [before, after] = [own.get(name), others.get(name)];
    const prefix = before === undefined ? prefixOf(second, after ?? 0) : prefixOf(first, before);
    return { prefix, first: nodeOf(first, before), second: nodeOf(second, after) };
  });
}

function nodeOf({ nodes }: SearchTree, id: number | undefined): ComparedNode | undefined {
  const node = id === undefined ? undefined : nodes[id];
  return node && { id: node.id, value: node.value, correct: node.correct, total: node.total, assumed: node.assumed };
}

/** Node ids by prefix and by number among the nodes with this prefix. */
function nodesByKey(tree: SearchTree): Map<string, number> {
  const seen = new Map<string, number>();
  return new Map(
    tree.nodes.map(({ id }): [string, number] => {
      const prefix = prefixKeyOf(tree, id);
      const number = seen.get(prefix) ?? 0;
      seen.set(prefix, number + 1);
      return [`${number}\0${prefix}`, id];
    }),
  );
}

/** Returns how often each answer was given and, if known, whether it is right; the most frequent first. */
export function countBoth(before: AnswerCounts, after: AnswerCounts): RunComparison['answers'] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((answer) => {
      const [one, other] = [before.get(answer), after.get(answer)];
      return { answer, first: one?.count ?? 0, second: other?.count ?? 0, right: { first: one?.isRight, second: other?.isRight } };
    })
    .sort((a, b) => b.first + b.second - a.first - a.second);
}

/** Counts by answer. */
export type AnswerCounts = ReadonlyMap<string, { readonly count: number; readonly isRight: boolean | undefined }>;

function answersOf(events: readonly RunEvent[]): Map<string, { count: number; isRight: boolean }> {
  const answers = new Map<string, { count: number; isRight: boolean }>();
  for (const rollout of events.flatMap((event) => (event.event === 'rollouts' ? event.rollouts : []))) {
    if ('failure' in rollout) continue;
    const answer = rollout.answer ?? '';
    const known = answers.get(answer);
    answers.set(answer, { count: (known?.count ?? 0) + 1, isRight: rollout.verdict === 'right' });
  }
  return answers;
}
