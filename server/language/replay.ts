import { busyTime, lacksTokens, money, type Prices, problemExpense, totalExpense } from '../labeling/economy/ledger.js';
import { recordId, recordText } from '../labeling/monteCarlo.js';
import type { RunEvent } from '../labeling/runEvents.js';
import { applyEvent, beginTree, prefixOf, replayTo, type SearchNode, type SearchTree } from '../labeling/searchTree.js';
import type { Replay, ReplayEvent, ReplayFrame, ReplayState } from '../protocol/replay.js';
import { along } from '../reasoning/paths.js';
import type { ReasoningTree, Step } from '../reasoning/problem.js';
import { wilsonInterval } from '../reasoning/wilson.js';

/** The parts of a problem that are compared with its log. */
export interface LoggedProblem {
  readonly id?: string;
  readonly steps: readonly Step[];
  readonly tree?: ReasoningTree;
}

/**
 * Converts an event log to frames about the nodes of the tree in the file, or about the steps of a Monte-Carlo record,
 * which is one of the log's solutions. null when the log does not match: it is about another problem, or the file was
 * edited. Rollouts that were added by hand and then undone are only in the log.
 */
export function replayOf(events: readonly RunEvent[], problem: LoggedProblem, prices: Prices = noPrices): Replay | null {
  const found = matchLog(events, problem);
  if (found === null) return null;
  const { count, order } = found;
  const later = events.slice(count).reduce((sum, event) => sum + (event.event === 'rollouts' ? event.rollouts.length : 0), 0);
  const [begin] = events;
  return {
    frames: framesOf(events.slice(0, count), order, problem.tree === undefined),
    undone: later,
    ...costOf(events, prices),
    ...(begin?.event === 'begin' && begin.continuation && { continuation: begin.continuation }),
  };
}

const noPrices: Prices = { prompt: 0, completion: 0 };

/** Cost of the whole log, including rollouts that were added by hand and undone: they were paid for. */
function costOf(events: readonly RunEvent[], prices: Prices): Pick<Replay, 'cost'> {
  const problem = problemExpense(events);
  if (problem === undefined) return {};
  const { ms: _ms, failures: _failures, undecided: _undecided, ...total } = totalExpense(problem);
  if (total.requests === 0) return {};
  const isPaid = (prices.prompt > 0 || prices.completion > 0) && !lacksTokens(total);
  const price = isPaid ? { price: money(total, prices) } : {};
  return { cost: { ...total, labels: problem.labels, seconds: busyTime(problem.batches) / 1000, ...price } };
}

/** Finds the number of events after which the log matches the file, and the log's ids of the file's nodes. */
export function matchLog(
  events: readonly RunEvent[],
  problem: LoggedProblem,
): { readonly count: number; readonly order: readonly number[] } | null {
  const { tree, steps } = problem;
  for (const count of momentsToCompare(events)) {
    const logged = replayTo(events, count);
    if (logged === undefined) return null;
    const order = tree ? documentOrder(logged) : solutionOrder(logged, problem);
    if (tree ? isSame(logged, order, tree, steps) : isSameRecord(logged, order, steps)) return { count, order };
  }
  return null;
}

/** Node ids of the problem and of the solution that the record's id names; only the problem if it names none. */
function solutionOrder({ nodes, problem }: SearchTree, { id }: LoggedProblem): number[] {
  const order = [0];
  const first = nodes[0]?.children.find((_, i) => recordId(problem.id, i) === id);
  for (let at = first; at !== undefined; at = nodes[at]?.children[0]) order.push(at);
  return order;
}

function isSameRecord({ nodes, begin }: SearchTree, [, ...chain]: readonly number[], steps: readonly Step[]): boolean {
  return (
    begin.method === 'monte-carlo' &&
    chain.length > 0 &&
    chain.length === steps.length &&
    along(nodes, chain).every(({ steps: own, total, correct }, at) => {
      const step = steps[at];
      const mc = step?.values.mc;
      return recordText(own).trim() === step?.text.trim() && (mc?.total ?? 0) === total && (mc?.correct ?? 0) === correct;
    })
  );
}

/** Event counts: the whole log, then up to each batch added after the end of the search, the last one first. */
function momentsToCompare(events: readonly RunEvent[]): number[] {
  const end = events.findIndex(({ event }) => event === 'end');
  const added = end < 0 ? [] : events.flatMap(({ event }, at) => (at > end && event === 'rollouts' ? [at] : []));
  return [events.length, ...added.reverse()];
}

/** The log's node ids in the order of the tree file, which does not include child nodes without a value. */
function documentOrder({ nodes }: SearchTree): number[] {
  const order: number[] = [];
  const open = [0];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    order.push(id);
    for (const child of nodes[id]?.children.toReversed() ?? []) if (nodes[child]?.value !== undefined) open.push(child);
  }
  return order;
}

function isSame(logged: SearchTree, order: readonly number[], { nodes }: ReasoningTree, steps: readonly Step[]): boolean {
  return (
    order.length === nodes.length &&
    along(logged.nodes, order).every(({ steps: own, total, correct, right, wrong }, at) => {
      const node = nodes[at];
      const written = along(steps, node?.steps ?? []);
      return (
        own.length === written.length &&
        own.every((text, i) => text.trim() === written[i]?.text.trim()) &&
        (node?.mc?.total ?? 0) === total &&
        (node?.mc?.correct ?? 0) === correct &&
        node?.rollouts.length === right.length + wrong.length
      );
    })
  );
}

/** `isRecord`: only events of the record's own steps and of the problem are reported, and the problem has no value. */
function framesOf(events: readonly RunEvent[], order: readonly number[], isRecord: boolean): ReplayFrame[] {
  const [begin] = events;
  if (begin?.event !== 'begin') return [];
  const inFile = new Map(order.map((id, at) => [id, at]));
  const tree = beginTree(begin);
  const frames: ReplayFrame[] = [{ event: { kind: 'begin', method: begin.method, policy: begin.policy.name }, line: 0, node: 0 }];
  let searches = 0;
  for (const [line, event] of events.entries()) {
    if (line === 0) continue;
    applyEvent(tree, event);
    if (event.event === 'selected') searches++;
    const told = toldOf(event, tree, searches);
    if (told === undefined) continue;
    const node = 'node' in event ? inFile.get(event.node) : 0;
    if (node !== undefined) {
      const isChange = 'node' in event && event.event !== 'move' && !(isRecord && node === 0);
      const changed = isChange ? tree.nodes[event.node] : undefined;
      frames.push({ event: told, line, node, ...(changed && { state: stateOf(changed) }) });
      // A node that never got a value is not in the file: its nearest ancestor in the file is used instead.
    } else if (!isRecord) frames.push({ event: told, line, node: nearestIn(inFile, tree, (event as { node: number }).node) });
  }
  return frames;
}

function toldOf(event: RunEvent, tree: SearchTree, search: number): ReplayEvent | undefined {
  switch (event.event) {
    case 'begin':
    case 'complete':
      return undefined;
    case 'node':
      return { kind: 'node', assumed: event.assumed, steps: event.steps.length };
    case 'rollouts': {
      const count = (verdict: string) => event.rollouts.filter((one) => ('failure' in one ? 'failed' : one.verdict) === verdict).length;
      return { kind: 'rollouts', right: count('right'), wrong: count('wrong'), undecided: count('undecided'), failed: count('failed') };
    }
    case 'value':
      return { kind: 'value', correct: event.correct, total: event.total, value: event.value };
    case 'selected':
      return { kind: 'selected', search, q: event.q, u: event.u, pool: event.pool };
    case 'move':
      return { kind: 'move', step: prefixOf(tree, event.node).length, outcome: event.outcome };
    case 'end':
      return { kind: 'end', reason: event.reason, rollouts: event.rollouts, failures: event.failures, undecided: event.undecided };
  }
}

function nearestIn(inFile: ReadonlyMap<number, number>, tree: SearchTree, id: number): number {
  let at: number | undefined = id;
  while (at !== undefined && !inFile.has(at)) at = tree.nodes[at]?.parent;
  return inFile.get(at ?? 0) ?? 0;
}

function stateOf({ value, correct, total, assumed, visits, right, wrong }: SearchNode): ReplayState {
  const interval = wilsonInterval(correct, total);
  return {
    ...(value !== undefined && { mc: assumed ? { value, assumed: true } : { value, correct, total } }),
    ...(interval && { interval }),
    visits,
    right: right.length,
    wrong: wrong.length,
  };
}
