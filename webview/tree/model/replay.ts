import { listed, plural, t } from '../../../server/l10n.js';
import type { NodeView, ProblemView } from '../../../server/protocol/problemView.js';
import type { Replay, ReplayFrame, ReplayState } from '../../../server/protocol/replay.js';
import { formatValue } from '../../shared/valueScale.js';

/** The root before anything was sampled from it. The root exists from the start. */
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

/** The first `right` right and `wrong` wrong rollouts of a node, group by group. */
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
      return t('{0} with the policy {1}', event.method === 'mcts' ? t('Tree search') : t('Monte-Carlo rollouts'), event.policy);
    case 'node': {
      const parent = nodeName(view.nodes[frame.node]?.parent ?? 0);
      if (event.assumed) return t('A right rollout of {0} becomes {1}: its value is taken to be 1', parent, name);
      return t('{0} goes {1} on from {2}', capital(name), plural(event.steps, '{0} step', '{0} steps'), parent);
    }
    case 'rollouts': {
      const { right, wrong, undecided, failed } = event;
      const counts = listed([t('{0} right', right), t('{0} wrong', wrong), ...missingWords(undecided, failed)]);
      return t('{0} from {1}: {2}', plural(right + wrong + undecided + failed, '{0} rollout', '{0} rollouts'), name, counts);
    }
    case 'value':
      return t('{0} is worth {1}: {2} of {3} right', capital(name), formatValue(event.value), event.correct, event.total);
    case 'selected':
      return t(
        'Search {0}: took a wrong rollout of {1} (Q {2} + U {3}, best of {4})',
        event.search,
        name,
        formatValue(event.q),
        formatValue(event.u),
        event.pool,
      );
    case 'move':
      return event.outcome === 'after'
        ? t('First error is after step {0}', event.step)
        : t('First error is at or before step {0}', event.step);
    case 'end': {
      const missing = missingWords(event.undecided, event.failures);
      return `${ENDS[event.reason]}: ${listed([plural(event.rollouts, '{0} rollout', '{0} rollouts'), ...missing])}`;
    }
  }
}

function missingWords(undecided: number, failed: number): string[] {
  return [...(undecided > 0 ? [t('{0} undecided', undecided)] : []), ...(failed > 0 ? [t('{0} failed', failed)] : [])];
}

const ENDS = {
  searches: t('Ended after the last search asked for'),
  budget: t('Ended with the budget of rollouts'),
  'empty pool': t('Ended with no wrong rollout left to look into'),
  done: t('Ended with every step sampled'),
  trivial: t('Ended after its solutions: every one is right'),
  hopeless: t('Ended after its solutions: every one is wrong'),
} as const;

/** The name of a node in texts; `Node 5` in the file's hover is the same node. */
export function nodeName(node: number): string {
  return node === 0 ? t('the problem') : t('node {0}', node);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
