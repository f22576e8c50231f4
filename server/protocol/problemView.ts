/** Everything the tree panel draws of one problem: flat arrays, ids are positions in them. */
import { request } from './message.js';
import { bulk, count, flag, type Infer, list, nullable, number, object, oneOf, optional, pair, text } from './shape.js';
import { mcValue, range, stepValues, valueSource } from './values.js';

const stepView = object({
  index: count,
  text,
  range,
  values: stepValues,
  low: flag,
  /** First low step on the path from the root. */
  firstLow: flag,
});
export type StepView = Infer<typeof stepView>;

const rolloutDetails = object({
  verdict: oneOf('right', 'wrong', 'undecided'),
  /** Who or what decided, and what it said. */
  method: text,
  reason: optional(text),
  /** As the server says it: `stop`, `length`, `content_filter`. */
  finish: text,
  seed: optional(number),
  /** Of the completion, and from the request to its reply; of `shared` rollouts together where that is given. */
  tokens: optional(number),
  ms: optional(number),
  shared: optional(count),
  /** What a reasoning model thought before it answered. */
  reasoning: optional(text),
  /** The completion as the server wrote it; absent where the log keeps no requests. */
  raw: optional(text),
});
export type RolloutDetails = Infer<typeof rolloutDetails>;

export const rolloutView = object({
  correct: flag,
  steps: bulk(text),
  /** Final answer as read from the last step, where one is found. */
  answer: optional(text),
  range,
  /** How it came about, where an event log says so. */
  details: optional(rolloutDetails),
});
export type RolloutView = Infer<typeof rolloutView>;

/** Rollouts of a node that agree in verdict, final answer and number of steps. Their texts are asked for by `NodeRollouts`. */
const rolloutGroup = object({
  correct: flag,
  /** Absent where none could be read. */
  answer: optional(text),
  /** Steps after the node. */
  steps: count,
  count,
  /** Different texts among them. */
  distinct: count,
});

const nodeView = object({
  id: count,
  parent: nullable(count),
  children: bulk(count),
  depth: count,
  steps: bulk(stepView),
  /** The one value the node is colored by, and where it comes from; null = unknown. */
  value: nullable(number),
  source: nullable(valueSource),
  mc: optional(mcValue),
  /** Wilson 95 % interval of `mc`, where the total is known. */
  interval: optional(pair),
  visits: optional(number),
  judge: optional(number),
  /** Value forced to 1.0 from a correct rollout: nothing was sampled. */
  assumed: flag,
  /** Value rests on a single sample. */
  oneSample: flag,
  rollouts: bulk(rolloutGroup),
  range,
  /** The verdict on the final answer, where this node ends a solution. */
  correct: optional(flag),
});
export type NodeView = Infer<typeof nodeView>;

export const problemView = object({
  uri: text,
  version: number,
  problem: count,
  problemCount: count,
  /** First words of every problem's question, for the panel's picker. */
  titles: bulk(text),
  question: text,
  answer: optional(text),
  /** Absolute URIs of the images that exist. */
  images: list(text),
  range,
  model: optional(text),
  threshold: number,
  nodes: bulk(nodeView),
  /** True when the nodes come from search; false when they are a trie of the problem's solutions. */
  isSearchTree: flag,
});
export type ProblemView = Infer<typeof problemView>;

export const problemPlace = object({ uri: text, problem: count });

/** null: no such problem. */
export const ProblemViewRequest = request({
  method: 'steplens/problemView',
  to: 'server',
  params: problemPlace,
  result: nullable(problemView),
});

/** A node's rollouts with their texts, in the file's order; empty for a node that is not there. */
export const NodeRollouts = request({
  method: 'steplens/nodeRollouts',
  to: 'server',
  params: object({ uri: text, problem: count, node: count }),
  result: bulk(rolloutView),
});
