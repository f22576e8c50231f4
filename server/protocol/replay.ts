/** A search, event by event, as the tree panel plays it. */
import { bulk, count, flag, type Infer, number, object, oneOf, optional, pair, text, variants } from './shape.js';
import { mcValue } from './values.js';

/** One event of the log, reduced to what the panel describes. */
const replayEvent = variants('kind', {
  begin: { method: oneOf('mcts', 'monte-carlo'), policy: text },
  node: { assumed: flag, steps: count },
  rollouts: { right: count, wrong: count, undecided: count, failed: count },
  value: { correct: number, total: number, value: number },
  selected: { search: number, q: number, u: number, pool: number },
  /** `step`: the last step of the prefix that was sampled, counted from 1 along its path. */
  move: { step: count, outcome: oneOf('before', 'after') },
  end: {
    reason: oneOf('searches', 'budget', 'empty pool', 'done', 'trivial', 'hopeless'),
    rollouts: count,
    failures: count,
    undecided: count,
  },
});
export type ReplayEvent = Infer<typeof replayEvent>;

/** State of a node at a point of a search; the node exists from its first state on. */
const replayState = object({
  mc: optional(mcValue),
  interval: optional(pair),
  visits: number,
  /** How many of the file's right and wrong rollouts, in the file's order, are known at that point. */
  right: count,
  wrong: count,
});
export type ReplayState = Infer<typeof replayState>;

const replayFrame = object({
  event: replayEvent,
  /** Line of the event in the log, counted from 0. */
  line: count,
  /** Node of the view the event is about. */
  node: number,
  /** State of the node from this event on; absent if the event does not change it. */
  state: optional(replayState),
});
export type ReplayFrame = Infer<typeof replayFrame>;

/** Cost of the labels according to the log; tokens are those that the server reports. */
const labelCost = object({
  rollouts: count,
  /** Steps that got a value. */
  labels: count,
  requests: count,
  retries: count,
  promptTokens: count,
  cachedTokens: count,
  completionTokens: count,
  judgeRequests: count,
  judgeTokens: count,
  /** Requests whose reply has no tokens. */
  unreported: count,
  /** Time spent sampling, without the pauses of a resumed run. */
  seconds: number,
  /** By the prices of the settings, in their currency; absent without prices. */
  price: optional(number),
});
export type LabelCost = Infer<typeof labelCost>;

/** After the last frame the tree is the one in the file. */
export const replay = object({
  frames: bulk(replayFrame),
  /** Rollouts in the log that are not in the file, because they were undone. */
  undone: count,
  /** Absent where the log has no costs. */
  cost: optional(labelCost),
  /** Chat servers only: how the policy's server continued from a step, and why in this way. */
  continuation: optional(object({ way: oneOf('prefix', 'prompt'), why: text })),
});
export type Replay = Infer<typeof replay>;
