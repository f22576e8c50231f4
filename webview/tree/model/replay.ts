import type { NodeView, ProblemView } from '../../../server/protocol/problemView.js';
import type { Replay, ReplayFrame, ReplayState } from '../../../server/protocol/replay.js';
import { formatValue } from '../../shared/valueScale.js';
import { plural } from '../../shared/words.js';

/** The problem before anything was sampled from it; it is there from the start. */
const UNSAMPLED: ReplayState = { visits: 0, right: 0, wrong: 0 };

/**
 * The view as it was after the first `count` frames of its replay. Node ids stay: a node that was not there yet is in the list,
 * but has no parent. O(nodes + frames).
 */
export function viewAt(view: ProblemView, replay: Replay, count: number): ProblemView {
  const states = new Map<number, ReplayState>([[0, UNSAMPLED]]);
  for (const { node, state } of replay.frames.slice(0, count)) if (state !== undefined) states.set(node, state);
  return { ...view, nodes: view.nodes.map((node) => nodeAt(node, states)) };
}

function nodeAt(node: NodeView, states: ReadonlyMap<number, ReplayState>): NodeView {
  const state = states.get(node.id);
  const { mc: _mc, interval: _interval, visits, correct, ...rest } = node;
  if (state === undefined) return { ...rest, children: [], value: null, source: null, assumed: false, oneSample: false, rollouts: [] };
  const { mc, interval } = state;
  return {
    ...rest,
    children: node.children.filter((child) => states.has(child)),
    steps: node.steps.map((step) => {
      const { mc: known, ...values } = step.values;
      return { ...step, values: known !== undefined && mc !== undefined ? { ...values, mc } : values };
    }),
    value: mc?.value ?? null,
    source: mc === undefined ? null : 'mc',
    ...(mc && { mc }),
    ...(interval && { interval }),
    ...(visits !== undefined && { visits: state.visits }),
    assumed: mc?.assumed ?? false,
    rollouts: firstOf(node, state),
    ...(correct !== undefined && mc !== undefined && { correct }),
  };
}

/** So many of a node's right and wrong rollouts, group by group. */
function firstOf({ rollouts }: NodeView, { right, wrong }: ReplayState): NodeView['rollouts'] {
  const left = { right, wrong };
  return rollouts.flatMap((group) => {
    const verdict = group.correct ? 'right' : 'wrong';
    const count = Math.min(group.count, left[verdict]);
    left[verdict] -= count;
    return count > 0 ? [{ ...group, count, distinct: Math.min(group.distinct, count) }] : [];
  });
}

/** What a frame shows, in one line: `16 rollouts from node 7: 9 right, 6 wrong, 1 failed`. */
export function frameWords(frame: ReplayFrame, view: Pick<ProblemView, 'nodes'>): string {
  const { event } = frame;
  const name = nodeName(frame.node);
  switch (event.kind) {
    case 'begin':
      return `${event.method === 'mcts' ? 'Tree search' : 'Monte-Carlo rollouts'} with the policy ${event.policy}`;
    case 'node': {
      const parent = nodeName(view.nodes[frame.node]?.parent ?? 0);
      if (event.assumed) return `A right rollout of ${parent} becomes ${name}: its value is taken to be 1`;
      return `${capital(name)} goes ${plural(event.steps, 'step')} on from ${parent}`;
    }
    case 'rollouts': {
      const counts: [number, string][] = [
        [event.right, 'right'],
        [event.wrong, 'wrong'],
        [event.undecided, 'undecided'],
        [event.failed, 'failed'],
      ];
      const told = counts
        .filter(([count, verdict]) => count > 0 || verdict === 'right' || verdict === 'wrong')
        .map(([count, verdict]) => `${count} ${verdict}`);
      return `${plural(
        counts.reduce((sum, [count]) => sum + count, 0),
        'rollout',
      )} from ${name}: ${told.join(', ')}`;
    }
    case 'value':
      return `${capital(name)} is worth ${formatValue(event.value)}: ${event.correct} of ${event.total} right`;
    case 'selected':
      return `Search ${event.search}: took a wrong rollout of ${name} (Q ${formatValue(event.q)} + U ${formatValue(event.u)}, best of ${event.pool})`;
    case 'move':
      return `First error is ${event.outcome === 'after' ? 'after' : 'at or before'} step ${event.step}`;
    case 'end': {
      const missing = [
        event.failures > 0 ? `${event.failures} failed` : '',
        event.undecided > 0 ? `${event.undecided} undecided` : '',
      ].filter((text) => text !== '');
      return `${ENDS[event.reason]}: ${[plural(event.rollouts, 'rollout'), ...missing].join(', ')}`;
    }
  }
}

const ENDS = {
  searches: 'Ended after the last search asked for',
  budget: 'Ended with the budget of rollouts',
  'empty pool': 'Ended with no wrong rollout left to look into',
  done: 'Ended with every step sampled',
  trivial: 'Ended after its solutions: every one is right',
  hopeless: 'Ended after its solutions: every one is wrong',
} as const;

/** A node as the words name it; `Node 5` in the file's hover is the same one. */
export function nodeName(node: number): string {
  return node === 0 ? 'the problem' : `node ${node}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
