import type { NodeView, ProblemView } from '../../server/protocol/problemView.js';
import type { Replay, ReplayFrame, ReplayState } from '../../server/protocol/replay.js';
import { rolloutCount } from '../../server/reasoning/treeStatistics.js';

/** A replay of a search that produced this tree: nodes are created, sampled and valued. The last moment is the tree. */
export function makeReplay(view: ProblemView): Replay {
  const frames: Omit<ReplayFrame, 'line'>[] = [{ event: { kind: 'begin', method: 'mcts', policy: 'mini' }, node: 0 }];
  let searches = 0;
  for (const node of view.nodes) frames.push(...framesOf(node, () => ++searches));
  frames.push({ event: { kind: 'end', reason: 'budget', rollouts: 200, failures: 3, undecided: 0 }, node: 0 });
  return { frames: frames.map((frame, line) => ({ ...frame, line })), undone: 0 };
}

function framesOf(node: NodeView, search: () => number): Omit<ReplayFrame, 'line'>[] {
  const { id, mc, interval, visits = 0, rollouts } = node;
  const right = rolloutCount(rollouts.filter(({ correct }) => correct));
  const unsampled: ReplayState = { visits: 0, right: 0, wrong: 0, ...(mc?.assumed && { mc }) };
  const sampled: ReplayState = { visits: 0, right, wrong: rolloutCount(node.rollouts) - right };
  const valued: ReplayState = { ...sampled, ...(mc && { mc }), ...(interval && { interval }) };
  const born: Omit<ReplayFrame, 'line'>[] =
    id === 0 ? [] : [{ event: { kind: 'node', assumed: node.assumed, steps: node.steps.length }, node: id, state: unsampled }];
  if (mc?.total === undefined || mc.correct === undefined) return born;
  const { correct, total, value } = mc;
  return [
    ...born,
    { event: { kind: 'rollouts', right: correct, wrong: total - correct, undecided: 0, failed: 0 }, node: id, state: sampled },
    { event: { kind: 'value', correct, total, value }, node: id, state: valued },
    ...Array.from(
      { length: visits === 0 ? 0 : 1 },
      (): Omit<ReplayFrame, 'line'> => ({
        event: { kind: 'selected', search: search(), q: 0.62, u: 0.05, pool: 14 },
        node: id,
        state: { ...valued, visits },
      }),
    ),
  ];
}
