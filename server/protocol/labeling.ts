/** Labeling with a policy, and the tree that grows meanwhile. */
import { notification, request } from './message.js';
import { problemPlace } from './problemView.js';
import { replay } from './replay.js';
import { bulk, count, flag, type Infer, list, nothing, nullable, number, object, oneOf, optional, text, whole } from './shape.js';

const labelOutcome = object({
  /** `known`: it had been labeled before, and nothing was sampled. */
  state: oneOf('done', 'cancelled', 'known'),
  /** URI of the file with the labels; when cancelled, of the file a completed run would write. */
  file: text,
  /** Rollouts sampled, those of an earlier part of the run (`resumed`) included. */
  rollouts: count,
  resumed: count,
  failures: count,
  /** Rollouts that neither the rules nor the judge could decide. */
  undecided: count,
});
export type LabelOutcome = Infer<typeof labelOutcome>;

/**
 * Labels one problem of a document with the policy of the settings. Cancelling it keeps its log and has the outcome `cancelled`;
 * the next request resumes from there. A problem that was labeled with the same settings before is not labeled again.
 */
export const LabelProblem = request({
  method: 'steplens/labelProblem',
  to: 'server',
  /** `again`: labels it with another seed when it was labeled before. */
  params: object({ uri: text, problem: count, again: optional(flag) }),
  result: labelOutcome,
});

const labelingParams = object({
  /** Document and position of the problem being labeled. */
  uri: text,
  problem: count,
  /** URI of the file that the labels will be in; its view can already be requested. */
  file: text,
  /** `failed`: it ended without labels; the view of `file` shows why. */
  state: oneOf('running', 'ended', 'failed'),
  rollouts: count,
  /** Maximum number of rollouts, if known. */
  budget: optional(count),
  searches: count,
  /** Rollouts of an earlier part of the run, which were not sampled again. */
  resumed: count,
  /** Origins of the servers that the problem is sent to; none when all of it stays on this machine. */
  servers: list(text),
  /** Why nothing is sampled now: the policy is unavailable and will be retried, or has not replied for a long time. */
  waiting: optional(text),
  /** Another process labels it: it cannot be stopped from here. */
  isElsewhere: optional(flag),
});
export type LabelingParams = Infer<typeof labelingParams>;

/** Progress of a labeling run, at most ten times per second; a panel on `file` requests its view again. */
export const LabelingChanged = notification({ method: 'steplens/labelingChanged', to: 'client', params: labelingParams });

const triedRequest = object({
  to: oneOf('policy', 'judge'),
  /** Absent for a model on this machine. */
  url: optional(text),
  /** The body that was sent, without keys, as JSON or as text. */
  request: optional(text),
  status: optional(count),
  reply: optional(text),
  /** Why there is no reply, or no usable one. */
  failure: optional(text),
  ms: number,
});

const policyTry = object({
  policy: optional(text),
  requests: list(triedRequest),
  /** Why there is no rollout. */
  failure: optional(text),
  /** As the reader splits them; empty without a rollout. */
  steps: list(text),
  /** How the rollout ended: by itself, or at the longest allowed length. */
  finish: optional(text),
  /** What a reasoning model thought before it answered. */
  reasoning: optional(text),
  /** The final answer as read from the last step. */
  answer: optional(text),
  reference: text,
  verdict: optional(text),
  /** Who or what decided, and why. */
  method: optional(text),
  reason: optional(text),
});
export type PolicyTryResult = Infer<typeof policyTry>;

/** Asks the policy of the settings for one solution of a problem and has its answer judged; nothing is written. */
export const TryPolicy = request({ method: 'steplens/tryPolicy', to: 'server', params: problemPlace, result: policyTry });

const problemResult = object({
  problem: count,
  /** URI of the file for the labels, which may not exist yet. */
  file: text,
  state: oneOf('running', 'open', 'finished'),
  /** Value of the question: the share of right rollouts, in [0, 1]; null without a value. */
  value: nullable(number),
  nodes: count,
  rollouts: count,
  failures: count,
  /** Why it has no labels: the first failure; null where nothing failed. */
  cause: nullable(text),
});
export type ProblemResult = Infer<typeof problemResult>;

/** Outcomes of a document's problems: the newest run of each; nothing for a problem that was never labeled. */
export const LabelingResults = request({
  method: 'steplens/labelingResults',
  to: 'server',
  params: object({ uri: text }),
  result: bulk(problemResult),
});

/** Stops the labeling into a file (or all, without it); what was sampled stays in the log. */
export const StopLabeling = request({
  method: 'steplens/stopLabeling',
  to: 'server',
  params: object({ file: optional(text) }),
  result: nothing,
});

const moreRolloutsResult = object({ right: count, wrong: count, undecided: count, failed: count });
export type MoreRolloutsResult = Infer<typeof moreRolloutsResult>;

/**
 * Samples more rollouts from a node of a tree that a run made, appends them to its event log and writes the file again.
 * The log only grows: a file in which this is undone is recognized as an earlier state of the log.
 */
export const MoreRollouts = request({
  method: 'steplens/moreRollouts',
  to: 'server',
  params: object({ uri: text, problem: count, node: count, count: whole(1, 10_000) }),
  result: moreRolloutsResult,
});

const labelingFailure = object({
  /** The cause and the remedy. */
  message: text,
  /** URL and reply of the first failed request, else of the first one for rollouts, else of the last one. */
  url: optional(text),
  status: optional(count),
  reply: optional(text),
  /** The problem to label again: in its own file, or in the event log. */
  source: problemPlace,
});
export type LabelingFailure = Infer<typeof labelingFailure>;

const treeView = object({
  /** A `ProblemView` as JSON: between the server and the page it is only passed on. null: no such problem. */
  view: nullable(text),
  /** Absolute URIs of its images that exist. */
  images: list(text),
  /** null: no event log is beside the file, or it describes another tree. */
  replay: nullable(replay),
  /** While the problem is being labeled. */
  labeling: nullable(labelingParams),
  /** Why the last labeling into this file gave no labels; null when it did, or none was tried. */
  failure: nullable(labelingFailure),
});
export type ShownTree = Infer<typeof treeView>;

/**
 * What the tree panel draws of one problem, and how the tree was built. A file that is being labeled, or whose labeling was
 * interrupted, has a view before it is written.
 */
export const TreeViewRequest = request({ method: 'steplens/treeView', to: 'server', params: problemPlace, result: treeView });
