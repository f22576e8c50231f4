/** Settings, trust and consent: the user's choices, as the client sends them. */
import { notification } from './message.js';
import type { ServerSettings } from './settingsTable.js';
import { flag, type Infer, list, object, optional, type Shape, text } from './shape.js';

/** An editor may send only some settings: the server uses the default for each one that is missing or wrong. */
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
  /** Origins of scoring servers with the user's consent. Others get nothing, except on this machine. Absent = none. */
  allowedServers: optional(list(text)),
  /** The same for policies and judges. Consent to score on a server is not consent to label with it. */
  allowedLabelingServers: optional(list(text)),
});
export type SettingsChangedParams = Infer<typeof settingsChangedParams>;

/** Settings, trust or the user's consent changed. */
export const SettingsChanged = notification({ method: 'steplens/settingsChanged', to: 'server', params: settingsChangedParams });
