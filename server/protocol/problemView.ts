/**
 * Everything the tree panel draws of one problem, in flat arrays whose positions are the ids. Places in the file and
 * texts of rollouts are requested for one node at a time: in a tree of 20,000 nodes they are two thirds of the data.
 */
import { request } from './message.js';
import { bulk, count, flag, type Infer, list, nullable, number, object, oneOf, optional, pair, text } from './shape.js';
import { mcValue, range, stepValues, valueSource } from './values.js';

const stepView = object({
  index: count,
  text,
  values: stepValues,
  low: flag,
  /** First low step on the path from the root. */
  firstLow: flag,
});
export type StepView = Infer<typeof stepView>;

const rolloutDetails = object({
  verdict: oneOf('right', 'wrong', 'undecided'),
  /** Who or what decided, and the reason given. */
  method: text,
  reason: optional(text),
  /** As the server reports it: `stop`, `length`, `content_filter`. */
  finish: text,
  seed: optional(number),
  /** Tokens of the completion, and time from request to reply; if `shared` is given, of so many rollouts together. */
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
  /** How the rollout was sampled and judged, if an event log records it. */
  details: optional(rolloutDetails),
});
export type RolloutView = Infer<typeof rolloutView>;

/** Rollouts of a node with the same verdict, final answer and number of steps. `NodeRollouts` returns their texts. */
const rolloutGroup = object({
  correct: flag,
  /** Absent where none could be read. */
  answer: optional(text),
  /** Steps after the node. */
  steps: count,
  count,
  /** Number of different texts among them. */
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
  model: optional(text),
  threshold: number,
  /** Low steps as counted in code lenses and status: several may share a node, and the panel can show other values. */
  found: object({ firstLow: count, low: count }),
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

/** A node's rollouts with their texts, in the file's order; empty for a node that does not exist. */
export const NodeRollouts = request({
  method: 'steplens/nodeRollouts',
  to: 'server',
  params: object({ uri: text, problem: count, node: count }),
  result: bulk(rolloutView),
});

const nodePlace = object({
  /** Range of the requested step or rollout, else of the node's steps. A node without steps has an empty range. */
  range,
  /** Steps that the node adds to its parent's path. */
  steps: list(object({ index: count, text })),
  /** Texts of the steps from the problem to the node. */
  path: list(text),
  isSearchTree: flag,
});
export type NodePlaceResult = Infer<typeof nodePlace>;

/** Range and texts of a node. `step`: a `StepView.index`, `rollout`: a position in `NodeRollouts`. null: no node. */
export const NodePlace = request({
  method: 'steplens/nodePlace',
  to: 'server',
  params: object({ uri: text, problem: count, node: count, step: optional(count), rollout: optional(count) }),
  result: nullable(nodePlace),
});

/** The node that a line of an event log (counted from 0) created; null: none. */
export const NodeOfLine = request({
  method: 'steplens/nodeOfLine',
  to: 'server',
  params: object({ uri: text, problem: count, line: count }),
  result: nullable(count),
});

/** The node that contains a step in its problem's view; null: none. */
export const NodeOfStep = request({
  method: 'steplens/nodeOfStep',
  to: 'server',
  params: object({ uri: text, problem: count, step: count }),
  result: nullable(count),
});
