/**
 * The language server's own requests, beside those of LSP: the only door between the extension and the server.
 * Positions and ranges are LSP's. Everything here is JSON. One file, though a long one, so that the contract is read in one place.
 */
import type { EvaluateLine } from './evaluation/evaluationLine.js';
import type { Range } from './reasoning/span.js';
import type { McValue, StepValues } from './reasoning/stepValue.js';

export type { BestOfNLine, EstimateLine, EvaluateLine, ProcessLine, ScoresLine } from './evaluation/evaluationLine.js';

/** `initializationOptions` of `initialize`. */
export interface InitializationOptions {
  /** Folder for the score cache; without it scores live in memory only. */
  readonly cacheFolder?: string;
  /** `file:` URI of docs/diagnostics.md, for the links of diagnostics. */
  readonly explanations?: string;
  /** Whether the workspace is trusted: an untrusted one cannot choose a model or device. */
  readonly isTrusted: boolean;
  /** Origins of scoring servers that the user agreed to; nothing is sent to others, except on this machine. None when absent. */
  readonly allowedServers?: readonly string[];
  readonly settings: ServerSettings;
}

/** Setting `steplens.*` as the server reads it; the manifest holds the descriptions and the defaults. */
export interface ServerSettings {
  /** Folder of a model with its `prm.json`; empty = the bundled model. */
  readonly modelPath: string;
  readonly device: 'auto' | 'cuda' | 'webgpu' | 'dml' | 'coreml' | 'cpu';
  /** 0 = half the cores, at most 4. */
  readonly threads: number;
  /** null = the profile's. */
  readonly threshold: number | null;
  readonly scoreOnOpen: boolean;
  readonly diagnostics: boolean;
  readonly inlayHints: boolean;
  readonly codeLens: boolean;
  /** `mini` = the bundled policy, else the base URL of an OpenAI-compatible server or the folder of a local policy. */
  readonly labelingPolicy: string;
  readonly labelingMethod: 'mcts' | 'monte-carlo';
  /** Rollouts sampled from every state. */
  readonly labelingRollouts: number;
  /** MCTS only: selections at most. */
  readonly labelingSearches: number;
  /** MCTS only: rollouts at most, over the whole search. */
  readonly labelingBudget: number;
  /** Base URL of the OpenAI-compatible server whose LLM judges answers that the rules cannot decide; empty = none is asked. */
  readonly labelingJudge: string;
  /** The judge's name at its server. */
  readonly labelingJudgeModel: string;
  /** Folder of the results, relative to the problem's file or absolute. */
  readonly labelingFolder: string;
}

/** Client -> server, notification: settings, trust or the user's leave changed. */
export const SettingsChanged = 'steplens/settingsChanged';
export interface SettingsChangedParams {
  readonly settings: ServerSettings;
  readonly isTrusted: boolean;
  /** As in `InitializationOptions`. */
  readonly allowedServers?: readonly string[];
}

/** Server -> client, notification: what the status item shows. */
export const StatusChanged = 'steplens/statusChanged';
export interface StatusParams {
  readonly state: 'idle' | 'loading' | 'scoring' | 'ready' | 'failed';
  readonly model?: string;
  readonly device?: string;
  readonly adapter?: string;
  /** Origin of the server that question and steps are sent to; absent = they stay on this machine. */
  readonly server?: string;
  readonly passedOver?: readonly { readonly provider: string; readonly reason: string }[];
  /** What is to be known of the runs there: that they are smaller, for want of memory, or that the scores vary with them. */
  readonly note?: string;
  readonly threshold?: number;
  /** Steps done and to do, while scoring. */
  readonly progress?: { readonly done: number; readonly total: number };
  /** One sentence, when failed. */
  readonly message?: string;
  /** When failed for want of the user's leave: origin of the server that question and steps would be sent to. Nothing was sent. */
  readonly asksFor?: string;
}

/** Server -> client, notification: scores or content of a document changed; panels ask for its view again. */
export const DocumentChanged = 'steplens/documentChanged';
export interface DocumentChangedParams {
  readonly uri: string;
  readonly version: number;
}

/** Client -> server, request: scores a document now, also when `scoreOnOpen` is off; `again` ignores the cache. */
export const ScoreDocument = 'steplens/scoreDocument';
export interface ScoreDocumentParams {
  readonly uri: string;
  readonly again?: boolean;
}
export interface ScoreDocumentResult {
  readonly steps: number;
  readonly low: number;
}

/** Client -> server, request: cancels the scoring of a document (or of all, without uri). */
export const CancelScoring = 'steplens/cancelScoring';

/** Client -> server, request: ranges of the low steps of a document, first to last. */
export const LowSteps = 'steplens/lowSteps';
export interface LowStep {
  readonly range: Range;
  readonly value: number;
  readonly first: boolean;
}

/** Client -> server, request: what stands at a position. */
export const StepAt = 'steplens/stepAt';
export interface StepAtResult {
  readonly problem: number;
  readonly solution?: number;
  readonly step?: number;
  readonly node?: number;
}

/** Client -> server, request: everything the tree panel draws of one problem (null: no such problem). */
export const ProblemViewRequest = 'steplens/problemView';
export interface ProblemViewParams {
  readonly uri: string;
  readonly problem: number;
}

/** Client -> server, request: which families a model without `prm.json` may be of; none, one, or several. */
export const RecogniseModel = 'steplens/recogniseModel';
export interface RecogniseModelParams {
  /** Path of the model's folder. */
  readonly folder: string;
}
export type RecogniseModelResult = { readonly ok: readonly RecognisedFamily[] } | { readonly err: string };
export interface RecognisedFamily {
  readonly name: string;
  /** The text of the `prm.json` that says so. */
  readonly profile: string;
}

/** Client -> server, request without parameters: URL of the server that the model of the settings scores at; null where it is on this machine. */
export const ScoringServer = 'steplens/scoringServer';

/** Client -> server, request: drops all cached scores. */
export const ClearCache = 'steplens/clearCache';

/**
 * Client -> server, request: labels one problem of a document with the policy of the settings. The token cancels it and keeps
 * its log; asked for again, it goes on from there. A problem labelled before with the same settings is not labelled again.
 */
export const LabelProblem = 'steplens/labelProblem';
export interface LabelProblemParams {
  readonly uri: string;
  readonly problem: number;
  /** Labels it afresh, with another seed, when it was labelled before. */
  readonly again?: boolean;
}
export type LabelProblemResult = { readonly ok: LabelOutcome } | { readonly err: string };
export interface LabelOutcome {
  /** `known`: it had been labelled before, and nothing was sampled. */
  readonly state: 'done' | 'cancelled' | 'known';
  /** URI of the file with the labels; when cancelled, of the one that will be. */
  readonly file: string;
  /** Rollouts sampled, those of an earlier part of the run (`resumed`) included. */
  readonly rollouts: number;
  readonly resumed: number;
  readonly failures: number;
  /** Rollouts of which neither rules nor judge could tell whether they are right. */
  readonly undecided: number;
}

/** Server -> client, notification, at most ten a second: how far a labelling has come; a panel on `file` asks for its view again. */
export const LabelingChanged = 'steplens/labelingChanged';
export interface LabelingParams {
  /** Of the problem being labelled. */
  readonly uri: string;
  readonly problem: number;
  /** URI of the file the labels will stand in; its view can be asked for already. */
  readonly file: string;
  readonly state: 'running' | 'ended';
  readonly rollouts: number;
  /** Rollouts at most, where that is known. */
  readonly budget?: number;
  readonly searches: number;
  /** Rollouts of an earlier part of the run, which were not sampled again. */
  readonly resumed: number;
  /** Origins of the servers that the problem is sent to; none where all of it stays on this machine. */
  readonly servers: readonly string[];
}

/** Client -> server, request: stops the labelling into a file (or all, without it); what was sampled stays in the log. */
export const StopLabeling = 'steplens/stopLabeling';
export interface StopLabelingParams {
  readonly file?: string;
}

/** Server -> client, request: the key of a server (of a scoring model, a policy, a judge), by its URL; null when none was set. */
export const ServerKey = 'steplens/serverKey';
export interface ServerKeyParams {
  readonly url: string;
}

/**
 * Client -> server, request: samples more rollouts from a node of a tree that a run made, appends them to its event log and
 * writes the file anew. The log only ever grows: a file that is taken back afterwards is recognised as an earlier moment of it.
 */
export const MoreRollouts = 'steplens/moreRollouts';
export interface MoreRolloutsParams {
  readonly uri: string;
  readonly problem: number;
  readonly node: number;
  /** 1 or more. */
  readonly count: number;
}
export type MoreRolloutsResult =
  | { readonly ok: { readonly right: number; readonly wrong: number; readonly failed: number } }
  | { readonly err: string };

/**
 * Client -> server, request: what the tree panel draws of one problem, and how it came to be. A file that is being labelled, or
 * whose labelling was broken off, has a view before it is written.
 */
export const TreeViewRequest = 'steplens/treeView';
export interface TreeView {
  /** null: no such problem. */
  readonly view: ProblemView | null;
  /** null: no event log stands beside the file, or it tells of another tree. */
  readonly replay: Replay | null;
  /** While the problem is being labelled. */
  readonly labeling: LabelingParams | null;
}

/** A search, event by event. After the last frame the tree is the one of the file. */
export interface Replay {
  readonly frames: readonly ReplayFrame[];
  /** Rollouts in the log that the file does not have: they were undone. */
  readonly undone: number;
}

export interface ReplayFrame {
  readonly event: ReplayEvent;
  /** Node of the view the event is about. */
  readonly node: number;
  /** The node from this event on; absent where the event changes nothing of it. */
  readonly state?: ReplayState;
}

/** One line of the event log, as far as it is told in words. */
export type ReplayEvent =
  | { readonly kind: 'begin'; readonly method: 'mcts' | 'monte-carlo'; readonly policy: string }
  | { readonly kind: 'node'; readonly assumed: boolean; readonly steps: number }
  | { readonly kind: 'rollouts'; readonly right: number; readonly wrong: number; readonly undecided: number; readonly failed: number }
  | { readonly kind: 'value'; readonly correct: number; readonly total: number; readonly value: number }
  | { readonly kind: 'selected'; readonly search: number; readonly q: number; readonly u: number; readonly pool: number }
  /** `step`: the last step of the prefix that was sampled, counted from 1 along its path. */
  | { readonly kind: 'move'; readonly step: number; readonly outcome: 'before' | 'after' }
  | {
      readonly kind: 'end';
      readonly reason: 'searches' | 'budget' | 'empty pool' | 'done';
      readonly rollouts: number;
      readonly failures: number;
      readonly undecided: number;
    };

/** What a node has at a moment of a search; it is there from its first state on. */
export interface ReplayState {
  readonly mc?: McValue;
  readonly interval?: readonly [number, number];
  readonly visits: number;
  /** Of the rollouts the file keeps, so many right and wrong ones are known, in the file's order. */
  readonly right: number;
  readonly wrong: number;
}

/**
 * Client -> server, request: evaluates files as `steplens evaluate` does, those of one kind together. Open documents are taken
 * as they stand, others from disk. Steps without a score are scored with the model of the settings. The token cancels.
 */
export const Evaluate = 'steplens/evaluate';
export interface EvaluateParams {
  /** Chosen by the client; its progress carries it. */
  readonly id: string;
  readonly uris: readonly string[];
  /** Scores with the model also where scores stand in a file. */
  readonly rescore: boolean;
}
export type EvaluateResult = { readonly ok: EvaluateOutcome } | { readonly err: string } | { readonly cancelled: true };
export interface EvaluateOutcome {
  /** One a kind of file, each as `steplens evaluate --json` prints it; their files are paths, or URIs where there is no path. */
  readonly lines: readonly EvaluateLine[];
  /** What was not taken, or not read whole, and why. */
  readonly faults: readonly FileFault[];
}
export interface FileFault {
  readonly uri: string;
  /** One sentence. */
  readonly message: string;
}

/** Server -> client, notification, at most ten a second: steps of one file of an evaluation that the model has scored. */
export const EvaluationProgress = 'steplens/evaluationProgress';
export interface EvaluationProgressParams {
  readonly id: string;
  readonly uri: string;
  readonly done: number;
  readonly total: number;
}

/** Client -> server, request without parameters: the formats of training data, as TrainingFormat[]. */
export const TrainingFormats = 'steplens/trainingFormats';
export interface TrainingFormat {
  readonly id: string;
  readonly title: string;
  /** A value at or below it is an error, unless another is asked for. */
  readonly threshold: number;
  /** The rules that leave paths out, in words. */
  readonly rules: readonly string[];
}

/** Client -> server, request: writes the labelled paths of files or folders as training data, as `steplens export` does. */
export const ExportTraining = 'steplens/exportTraining';
export interface ExportTrainingParams {
  readonly uris: readonly string[];
  /** A `TrainingFormat.id`. */
  readonly format: string;
  readonly threshold: number;
  readonly seed: number;
  /** `file:` URI of the file to write. */
  readonly out: string;
}
export type ExportTrainingResult = { readonly ok: ExportOutcome } | { readonly err: string };
export interface ExportOutcome {
  readonly files: number;
  readonly samples: number;
  readonly samplesWithError: number;
  /** Different paths that were looked at: the samples and what was left out. */
  readonly paths: number;
  readonly excluded: readonly { readonly reason: string; readonly meaning: string; readonly count: number }[];
  readonly faults: readonly FileFault[];
}

/** Client -> server, request: whether the paths through a node (or through a step, without a tree) are training data, for every format. */
export const ExplainTraining = 'steplens/explainTraining';
export interface ExplainTrainingParams {
  readonly uri: string;
  readonly problem: number;
  readonly node?: number;
  readonly step?: number;
  readonly seed: number;
  /** Where a format's own is not meant, by its id. */
  readonly thresholds: Readonly<Record<string, number>>;
}
export interface TrainingExplanation {
  readonly format: string;
  readonly title: string;
  readonly threshold: number;
  readonly included: boolean;
  /** One sentence. */
  readonly why: string;
  readonly rules: readonly string[];
}

/** One problem, ready to draw: flat arrays, ids are positions in them. */
export interface ProblemView {
  readonly uri: string;
  readonly version: number;
  readonly problem: number;
  readonly problemCount: number;
  /** First words of every problem's question, for the panel's picker. */
  readonly titles: readonly string[];
  readonly question: string;
  readonly answer?: string;
  /** Absolute URIs of the images that exist. */
  readonly images: readonly string[];
  readonly range: Range;
  readonly model?: string;
  readonly threshold: number;
  readonly nodes: readonly NodeView[];
  /** True when the nodes come from search; false when they are a trie of the problem's solutions. */
  readonly isSearchTree: boolean;
}

export interface NodeView {
  readonly id: number;
  readonly parent: number | null;
  readonly children: readonly number[];
  readonly depth: number;
  readonly steps: readonly StepView[];
  /** The one value the node is coloured by, and where it comes from; null = unknown. */
  readonly value: number | null;
  readonly source: 'human' | 'mc' | 'prm' | 'recordedPrm' | 'judge' | null;
  readonly mc?: McValue;
  /** Wilson 95 % interval of `mc`, where the total is known. */
  readonly interval?: readonly [number, number];
  readonly visits?: number;
  readonly judge?: number;
  /** Value forced to 1.0 from a correct rollout: nothing was sampled. */
  readonly assumed: boolean;
  /** Value rests on a single sample. */
  readonly oneSample: boolean;
  readonly rollouts: readonly RolloutView[];
  readonly range: Range;
  /** The verdict on the final answer, where this node ends a solution. */
  readonly correct?: boolean;
}

export interface StepView {
  readonly index: number;
  readonly text: string;
  readonly range: Range;
  readonly values: StepValues;
  readonly low: boolean;
  /** First low step on the path from the root. */
  readonly firstLow: boolean;
}

export interface RolloutView {
  readonly correct: boolean;
  readonly steps: readonly string[];
  /** Final answer as read from the last step, where one is found. */
  readonly answer?: string;
  readonly range: Range;
}
