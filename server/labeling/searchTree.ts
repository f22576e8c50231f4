import { along, rootPath } from '../reasoning/paths.js';
import type { BeginEvent, JudgedCompletion, ProblemToLabel, RolloutsEvent, RunEvent } from './runEvents.js';

/** The state of a problem being labeled, built from its events. Only `applyEvent` changes it. */
export interface SearchTree {
  readonly problem: ProblemToLabel;
  readonly begin: BeginEvent;
  /** Indexed by id. A node comes after its parent. */
  readonly nodes: readonly SearchNode[];
  /** Batches and rollouts sampled so far; failures and undecided ones are among the rollouts. */
  readonly batches: number;
  readonly rollouts: number;
  readonly failures: number;
  readonly undecided: number;
  /** Number of selections, over all nodes. */
  readonly visits: number;
  readonly isEnded: boolean;
}

/** A prefix and its rollouts. */
export interface SearchNode {
  readonly id: number;
  readonly parent: number | undefined;
  /** The steps this node adds to its parent's prefix; none at the root. */
  readonly steps: readonly string[];
  /** `isRightRollout`: made from a right rollout. `assumed`: never sampled, with the value taken to be 1. */
  readonly isRightRollout: boolean;
  readonly assumed: boolean;
  /** Undefined until it is known, and where no rollout was right or wrong. */
  readonly value: number | undefined;
  /** Counts behind the value: repeats are included, failed and undecided rollouts are not. */
  readonly correct: number;
  readonly total: number;
  /** How often a rollout of this node was selected. */
  readonly visits: number;
  /** Distinct rollouts in sampling order. */
  readonly right: readonly DistinctRollout[];
  readonly wrong: readonly DistinctRollout[];
  readonly undecided: readonly DistinctRollout[];
  readonly failures: number;
  /** Seeds of its batches. */
  readonly seeds: readonly number[];
  readonly children: readonly number[];
}

export interface DistinctRollout {
  readonly rollout: JudgedCompletion;
  /** How often the rollout was sampled. */
  readonly count: number;
  /** It was taken from the pool. */
  readonly isTaken: boolean;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type WritableNode = Omit<Writable<SearchNode>, 'right' | 'wrong' | 'undecided' | 'seeds' | 'children'> & {
  right: Writable<DistinctRollout>[];
  wrong: Writable<DistinctRollout>[];
  undecided: Writable<DistinctRollout>[];
  seeds: number[];
  children: number[];
};
type WritableTree = Omit<Writable<SearchTree>, 'nodes'> & { nodes: WritableNode[] };

/** An event that does not fit what came before: the log is damaged. */
export class EventError extends Error {
  override readonly name = 'EventError';
}

/** Creates the tree at the beginning of a log: only the problem. */
export function beginTree(begin: BeginEvent): SearchTree {
  return {
    problem: begin.problem,
    begin,
    nodes: [newNode(0, undefined, [], false)],
    batches: 0,
    rollouts: 0,
    failures: 0,
    undecided: 0,
    visits: 0,
    isEnded: false,
  };
}

/**
 * Changes the tree by one event. Throws EventError, and changes nothing, when the event names something that does not
 * exist. Returns a function that undoes the event; several events are undone in reverse order.
 */
export function applyEvent(tree: SearchTree, event: RunEvent): () => void {
  const draft = tree as WritableTree;
  switch (event.event) {
    case 'begin':
      throw new EventError('a second "begin"');
    case 'node': {
      if (event.node !== draft.nodes.length) throw new EventError(`node ${event.node} where ${draft.nodes.length} is next`);
      const parent = nodeOf(draft, event.parent);
      parent.children.push(event.node);
      const node = newNode(event.node, event.parent, event.steps, event.assumed);
      draft.nodes.push(event.assumed ? { ...node, value: 1 } : node);
      return () => {
        parent.children.pop();
        draft.nodes.pop();
      };
    }
    case 'rollouts':
      return addBatch(draft, nodeOf(draft, event.node), event);
    case 'value': {
      const node = nodeOf(draft, event.node);
      const before = { correct: node.correct, total: node.total, value: node.value, assumed: node.assumed };
      const { correct, total, value } = event;
      Object.assign(node, { correct, total, value, assumed: false });
      return () => Object.assign(node, before);
    }
    case 'selected': {
      const node = nodeOf(draft, event.node);
      const chosen = node.wrong[event.rollout];
      if (chosen === undefined) throw new EventError(`node ${event.node} has no wrong rollout ${event.rollout}`);
      const { isTaken } = chosen;
      chosen.isTaken = true;
      node.visits++;
      draft.visits++;
      return () => {
        chosen.isTaken = isTaken;
        node.visits--;
        draft.visits--;
      };
    }
    case 'complete':
    case 'move':
      nodeOf(draft, event.node);
      return () => undefined;
    case 'end': {
      const { isEnded } = draft;
      draft.isEnded = true;
      return () => (draft.isEnded = isEnded);
    }
  }
}

function addBatch(tree: WritableTree, node: WritableNode, { seed, rollouts }: RolloutsEvent): () => void {
  const { failures, undecided } = tree;
  const ownFailures = node.failures;
  node.seeds.push(seed);
  tree.batches++;
  tree.rollouts += rollouts.length;
  const added: (() => void)[] = [];
  for (const rollout of rollouts) {
    if ('failure' in rollout) {
      node.failures++;
      tree.failures++;
      continue;
    }
    if (rollout.verdict === 'undecided') tree.undecided++;
    added.push(addDistinct(node[rollout.verdict], rollout));
  }
  return () => {
    while (added.length > 0) added.pop()?.();
    node.seeds.pop();
    node.failures = ownFailures;
    tree.batches--;
    tree.rollouts -= rollouts.length;
    Object.assign(tree, { failures, undecided });
  };
}

/** The tree after all events; undefined when there are none. Throws EventError. */
export function replayAll(events: readonly RunEvent[]): SearchTree | undefined {
  return replayTo(events, events.length);
}

/** The tree after the first `count` events: what a slider over the log shows. */
export function replayTo(events: readonly RunEvent[], count: number): SearchTree | undefined {
  const [begin] = events;
  if (begin === undefined || count < 1) return undefined;
  if (begin.event !== 'begin') throw new EventError('no "begin" as the first event');
  const tree = beginTree(begin);
  for (const event of events.slice(1, count)) applyEvent(tree, event);
  return tree;
}

/** All steps from the problem to a node. */
export function prefixOf(tree: SearchTree, node: number): string[] {
  return along(tree.nodes, rootPath(tree.nodes, node)).flatMap(({ steps }) => steps);
}

function newNode(id: number, parent: number | undefined, steps: readonly string[], assumed: boolean): WritableNode {
  return {
    id,
    parent,
    steps,
    isRightRollout: assumed,
    assumed,
    value: undefined,
    correct: 0,
    total: 0,
    visits: 0,
    right: [],
    wrong: [],
    undecided: [],
    failures: 0,
    seeds: [],
    children: [],
  };
}

/** The node with an id. Throws EventError if there is none. */
export function nodeOf<Node>({ nodes }: { readonly nodes: readonly Node[] }, id: number): Node {
  const node = nodes[id];
  if (node === undefined) throw new EventError(`there is no node ${id} yet`);
  return node;
}

/** Adds a rollout. Returns a function that removes it again, provided nothing was added since. */
function addDistinct(rollouts: Writable<DistinctRollout>[], rollout: JudgedCompletion): () => void {
  const { steps } = rollout;
  const known = rollouts.find(
    ({ rollout: { steps: other } }) => other.length === steps.length && other.every((step, i) => step === steps[i]),
  );
  if (known === undefined) {
    rollouts.push({ rollout, count: 1, isTaken: false });
    return () => rollouts.pop();
  }
  known.count++;
  return () => known.count--;
}
