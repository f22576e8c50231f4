/** Settings, trust and consent: what the client tells the server of its user's choices. */
import { notification } from './message.js';
import { flag, type Infer, list, object, optional, type Shape, text } from './shape.js';

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

/** Any editor may send some of the settings: the server reads each by itself and takes the default for what is missing or wrong. */
const settings: Shape<ServerSettings> = object({}) as Shape<ServerSettings>;

/** `initializationOptions` of `initialize`. */
export interface InitializationOptions extends SettingsChangedParams {
  /** Folder for the score cache; without it scores are kept in memory only. */
  readonly cacheFolder?: string;
  /** `file:` URI of docs/diagnostics.md, for the links of diagnostics. */
  readonly explanations?: string;
}

const settingsChangedParams = object({
  settings,
  /** Whether the workspace is trusted: an untrusted one cannot choose a model or device. */
  isTrusted: flag,
  /** Origins of scoring servers that the user agreed to; nothing is sent to others, except on this machine. None when absent. */
  allowedServers: optional(list(text)),
});
export type SettingsChangedParams = Infer<typeof settingsChangedParams>;

/** Settings, trust or the user's consent changed. */
export const SettingsChanged = notification({ method: 'steplens/settingsChanged', to: 'server', params: settingsChangedParams });
