import { type RolloutFacts, requestSummary, rolloutFacts } from '../labeling/rolloutRequests.js';
import type { JudgedRollout, RunEvent } from '../labeling/runEvents.js';
import { settingsOf } from '../labeling/runSettings.js';
import { poolOf } from '../labeling/searchPool.js';
import type { DistinctRollout, SearchNode, SearchTree } from '../labeling/searchTree.js';
import { wilsonInterval } from '../reasoning/wilson.js';
import { nodeIdOf } from './eventKinds.js';

/** One line of the variables view; children are made when it is opened. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly children?: () => readonly Variable[];
}

/** The variables of a frame: of its node, and of the moment. */
export function scopesAt(event: RunEvent, number: number, tree: SearchTree, node: SearchNode): readonly Variable[] {
  const settings = settingsOf(tree.begin);
  return [
    scope('Node', () => nodeVariables(tree, node)),
    scope('Event', () => [leaf('number', number), ...fields(event)]),
    ...(settings.method === 'mcts' ? [scope('Pool', () => poolVariables(tree, event))] : []),
    scope('Run', () => [
      leaf('rollouts', tree.rollouts),
      leaf('failures', tree.failures),
      leaf('undecided', tree.undecided),
      leaf('batches', tree.batches),
      leaf('searches', tree.visits),
      leaf('nodes', tree.nodes.length),
    ]),
    scope('Settings', () =>
      fields({
        method: settings.method,
        seed: settings.seed,
        policy: tree.begin.policy.name,
        judge: tree.begin.judge,
        ...tree.begin.settings,
      }),
    ),
  ];
}

/** A node as the search sees it. */
export function nodeVariables(tree: SearchTree, node: SearchNode): readonly Variable[] {
  const interval = wilsonInterval(node.correct, node.total);
  return [
    leaf('id', node.id),
    leaf('mc', node.value === undefined ? 'not known' : node.value),
    leaf('counts', node.assumed ? 'assumed: nothing was sampled from here' : `${node.correct} of ${node.total} right`),
    ...(interval && !node.assumed ? [leaf('interval', `[${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}] (Wilson, 95 %)`)] : []),
    leaf('visits', node.visits),
    leaf('failures', node.failures),
    list('steps', node.steps, (step, i) => leaf(String(i + 1), step)),
    list('right rollouts', node.right, distinct),
    list('wrong rollouts', node.wrong, distinct),
    list('children', node.children, (child) => {
      const other = tree.nodes[child];
      return { name: `node ${child}`, value: other ? summary(other) : '', ...(other && { children: () => nodeVariables(tree, other) }) };
    }),
  ];
}

/** A node in a few words: its value and its first step. */
export function summary({ value, assumed, total, correct, steps }: SearchNode): string {
  const known = value === undefined ? 'no value' : assumed ? '1 assumed' : `${value.toFixed(2)} (${correct}/${total})`;
  return steps[0] === undefined ? known : `${known} ${firstLine(steps[0])}`;
}

/** The selected candidate, if the event is a selection, then the pool, from which the selection has removed it. */
function poolVariables(tree: SearchTree, event: RunEvent): readonly Variable[] {
  const settings = settingsOf(tree.begin);
  if (settings.method !== 'mcts') return [];
  const selected =
    event.event === 'selected'
      ? [leaf('selected', `node ${event.node}, rollout ${event.rollout}: Q ${event.q} + U ${event.u}, of ${event.pool}`)]
      : [];
  const pool = poolOf(tree, settings);
  return [
    ...selected,
    ...pool.map(({ node, rollout, q, u }, i): Variable => {
      const chosen = tree.nodes[node]?.wrong[rollout];
      return {
        name: `${i + 1}: node ${node}, rollout ${rollout}`,
        value: `Q + U ${(q + u).toFixed(6)}`,
        children: () => [leaf('Q', q), leaf('U', u), ...(chosen ? (distinct(chosen, rollout).children?.() ?? []) : [])],
      };
    }),
  ];
}

function distinct({ rollout, count, isTaken }: DistinctRollout, i: number): Variable {
  return {
    name: String(i),
    value: `${count > 1 ? `${count} × ` : ''}${isTaken ? 'selected, ' : ''}${rolloutSummary(rollout)}`,
    children: () => fields(rollout),
  };
}

function rolloutSummary(rollout: JudgedRollout): string {
  if ('failure' in rollout) return `failed: ${rollout.failure}`;
  return `${rollout.verdict} by ${rollout.method}${rollout.answer === undefined ? ', no answer found' : `, answer ${rollout.answer}`}`;
}

/** The current batch: each rollout's text, answer and verdict, and the requests behind it where the log keeps them. */
export function batchVariables(event: RunEvent): readonly Variable[] {
  if (event.event !== 'rollouts') return [];
  const { seed } = event;
  return event.rollouts.map(
    (rollout, i): Variable => ({
      name: String(i),
      value: rolloutSummary(rollout),
      children: () => [...fields(rollout), ...factVariables(rolloutFacts(event, i), seed)],
    }),
  );
}

function factVariables(facts: RolloutFacts, batchSeed: number): readonly Variable[] {
  const { requests, finishReason, seed = batchSeed, tokens, replyTokens, latency } = facts;
  return [
    leaf('seed', seed),
    ...(finishReason === undefined ? [] : [leaf('finish reason', finishReason)]),
    ...(tokens === undefined ? [] : [leaf('tokens', tokens)]),
    ...(replyTokens === undefined ? [] : [leaf('tokens', `${replyTokens.tokens} for ${replyTokens.rollouts} rollouts`)]),
    ...(latency === undefined ? [] : [leaf('latency', `${latency} ms`)]),
    ...requests.map((one): Variable => ({ name: `request to the ${one.to}`, value: requestSummary(one), children: () => fields(one) })),
  ];
}

/** Any JSON value as variables. */
function fields(value: object): readonly Variable[] {
  return Object.entries(value).map(([name, member]): Variable => {
    if (typeof member !== 'object' || member === null) return leaf(name, member as string);
    const content = member as object;
    return { name, value: Array.isArray(member) ? `${member.length} items` : '{…}', children: () => fields(content) };
  });
}

function scope(name: string, children: () => readonly Variable[]): Variable {
  return { name, value: '', children };
}

function list<T>(name: string, items: readonly T[], of: (item: T, index: number) => Variable): Variable {
  return { name, value: String(items.length), ...(items.length > 0 && { children: () => items.map(of) }) };
}

function leaf(name: string, value: string | number | boolean | undefined): Variable {
  return { name, value: String(value) };
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** The call stack: the nodes from the event's node up to the root. */
export function pathOf(tree: SearchTree, event: RunEvent): readonly SearchNode[] {
  const path: SearchNode[] = [];
  for (let at: number | undefined = nodeIdOf(event); at !== undefined; at = tree.nodes[at]?.parent) {
    const node = tree.nodes[at];
    if (node) path.push(node);
  }
  return path;
}
