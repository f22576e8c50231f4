import { type RolloutFacts, rolloutFacts } from '../labeling/rolloutRequests.js';
import type { JudgedRollout, RunEvent } from '../labeling/runEvents.js';
import type { SearchTree } from '../labeling/searchTree.js';
import type { ExpressionValue, Lookup } from '../reasoning/expression.js';

/** Kinds of events at which a breakpoint can stop. `verdict` and `failure` match each rollout of a batch. */
export const eventKinds = {
  selection: 'A wrong rollout is selected from the pool',
  rollouts: 'A batch of rollouts is sampled',
  verdict: 'A rollout is judged',
  value: 'A node gets its value',
  move: 'The binary search moves',
  node: 'A node is added',
  failure: 'A rollout fails',
} as const;

export type EventKind = keyof typeof eventKinds;

export function isEventKind(name: string): name is EventKind {
  return Object.hasOwn(eventKinds, name);
}

/** One thing that happened: an event, or one rollout of it. */
export interface Happening {
  readonly kind: EventKind;
  readonly rollout?: JudgedRollout;
}

/** Returns everything in one event that a breakpoint can match. */
export function happenings(event: RunEvent): readonly Happening[] {
  switch (event.event) {
    case 'selected':
      return [{ kind: 'selection' }];
    case 'rollouts':
      return [
        { kind: 'rollouts' },
        ...event.rollouts.map((rollout): Happening => ({ kind: 'failure' in rollout ? 'failure' : 'verdict', rollout })),
      ];
    case 'value':
      return [{ kind: 'value' }];
    case 'move':
      return [{ kind: 'move' }];
    case 'node':
      return [{ kind: 'node' }];
    default:
      return [];
  }
}

/** The node an event is about: the root for the first and the last. */
export function nodeIdOf(event: RunEvent): number {
  return 'node' in event ? event.node : 0;
}

/**
 * Returns the values of names in conditions and watches, at the moment after an event: `event`, `number`, `node`, `mc`,
 * `correct`, `total`, `assumed`, `visits`, `depth`, `children`, `rollouts`, `failures`, `undecided`, `searches`, `q`,
 * `u`, `pool`, `outcome`, `text`, and for a rollout `verdict`, `verdict.method`, `answer`, `finish`, `steps`,
 * `failure`, and `tokens` and `latency` (ms) where requests are kept.
 */
export function lookupAt(event: RunEvent, number: number, tree: SearchTree, rollout: JudgedRollout | undefined): Lookup {
  const node = tree.nodes[nodeIdOf(event)];
  const judged = rollout !== undefined && !('failure' in rollout) ? rollout : undefined;
  const fields: Readonly<Record<string, () => ExpressionValue>> = {
    event: () => event.event,
    number: () => number,
    node: () => node?.id,
    mc: () => node?.value,
    correct: () => node?.correct,
    total: () => node?.total,
    assumed: () => node?.assumed,
    visits: () => node?.visits,
    depth: () => depthOf(tree, node?.id),
    children: () => node?.children.length,
    rollouts: () => tree.rollouts,
    failures: () => tree.failures,
    undecided: () => tree.undecided,
    searches: () => tree.visits,
    q: () => (event.event === 'selected' ? event.q : undefined),
    u: () => (event.event === 'selected' ? event.u : undefined),
    pool: () => (event.event === 'selected' ? event.pool : undefined),
    outcome: () => (event.event === 'move' ? event.outcome : undefined),
    text: () => node?.steps.join('\n\n'),
    verdict: () => judged?.verdict,
    'verdict.method': () => judged?.method,
    answer: () => judged?.answer,
    finish: () => judged?.finish,
    steps: () => judged?.steps.length,
    tokens: () => factsOf(event, rollout)?.tokens,
    latency: () => factsOf(event, rollout)?.latency,
    failure: () => (rollout !== undefined && 'failure' in rollout ? rollout.failure : undefined),
  };
  return (name) => fields[name]?.();
}

function factsOf(event: RunEvent, rollout: JudgedRollout | undefined): RolloutFacts | undefined {
  return event.event === 'rollouts' && rollout !== undefined ? rolloutFacts(event, event.rollouts.indexOf(rollout)) : undefined;
}

function depthOf({ nodes }: SearchTree, id: number | undefined): number | undefined {
  if (id === undefined) return undefined;
  let depth = 0;
  for (let at = nodes[id]?.parent; at !== undefined; at = nodes[at]?.parent) depth++;
  return depth;
}
