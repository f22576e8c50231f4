import { busyTime, lacksTokens, money, type Prices, problemExpense, totalExpense } from '../labeling/economy/ledger.js';
import { recordId, recordText } from '../labeling/monteCarlo.js';
import type { RunEvent } from '../labeling/runEvents.js';
import { applyEvent, beginTree, prefixOf, replayTo, type SearchNode, type SearchTree } from '../labeling/searchTree.js';
import type { Replay, ReplayEvent, ReplayFrame, ReplayState } from '../protocol/replay.js';
import { along } from '../reasoning/paths.js';
import type { ReasoningTree, Step } from '../reasoning/problem.js';
import { wilsonInterval } from '../reasoning/wilson.js';

/** What of a problem is compared with its log. */
export interface LoggedProblem {
  readonly id?: string;
  readonly steps: readonly Step[];
  readonly tree?: ReasoningTree;
}

/**
 * An event log as frames about the nodes of the tree that is in the file, or about the steps of a Monte-Carlo record, which
 * is one of the log's solutions. null when the log is of another one: another problem, or a file that was edited. Rollouts
 * that were added by hand and taken back again are in the log alone.
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

/** Of all of the log, what was asked for by hand and undone included: it was paid for. */
function costOf(events: readonly RunEvent[], prices: Prices): Pick<Replay, 'cost'> {
  const problem = problemExpense(events);
  if (problem === undefined) return {};
  const { ms: _ms, failures: _failures, undecided: _undecided, ...total } = totalExpense(problem);
  if (total.requests === 0) return {};
  const isPaid = (prices.prompt > 0 || prices.completion > 0) && !lacksTokens(total);
  const price = isPaid ? { price: money(total, prices) } : {};
  return { cost: { ...total, labels: problem.labels, seconds: busyTime(problem.batches) / 1000, ...price } };
}

/** After how many events of the log it told what is in the file, and the log's number of each node of the file's view. */
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

/** The problem and the chain of the solution that the record's id names; no chain where it names none. */
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

/** All of the log, then its state before each batch that was added after the search had ended, the last one first. */
function momentsToCompare(events: readonly RunEvent[]): number[] {
  const end = events.findIndex(({ event }) => event === 'end');
  const added = end < 0 ? [] : events.flatMap(({ event }, at) => (at > end && event === 'rollouts' ? [at] : []));
  return [events.length, ...added.reverse()];
}

/** The log's node ids as the tree file has its nodes, in document order; nodes without a value are not among its children. */
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

/** `isRecord`: of a record only its own steps and what happens to the problem is reported, and the problem has no value of its own. */
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
      // A node that never got a value is not in the file: its parent stands for it.
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
