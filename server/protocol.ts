/**
 * The language server's own requests, beside those of LSP: the only door between the extension and the server.
 * Positions and ranges are LSP's. Everything here is JSON.
 */
import type { Range } from './reasoning/span.js';
import type { StepValues, McValue } from './reasoning/stepValue.js';

/** `initializationOptions` of `initialize`. */
export interface InitializationOptions {
  /** Folder for the score cache; without it scores live in memory only. */
  readonly cacheFolder?: string;
  /** `file:` URI of docs/diagnostics.md, for the links of diagnostics. */
  readonly explanations?: string;
  /** Whether the workspace is trusted: an untrusted one cannot choose a model or device. */
  readonly isTrusted: boolean;
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
}

/** Client -> server, notification: settings or trust changed. */
export const SettingsChanged = 'steplens/settingsChanged';
export interface SettingsChangedParams {
  readonly settings: ServerSettings;
  readonly isTrusted: boolean;
}

/** Server -> client, notification: what the status item shows. */
export const StatusChanged = 'steplens/statusChanged';
export interface StatusParams {
  readonly state: 'idle' | 'loading' | 'scoring' | 'ready' | 'failed';
  readonly model?: string;
  readonly device?: string;
  readonly adapter?: string;
  readonly passedOver?: readonly { readonly provider: string; readonly reason: string }[];
  readonly threshold?: number;
  /** Steps done and to do, while scoring. */
  readonly progress?: { readonly done: number; readonly total: number };
  /** One sentence, when failed. */
  readonly message?: string;
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

/** Client -> server, request: drops all cached scores. */
export const ClearCache = 'steplens/clearCache';

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
