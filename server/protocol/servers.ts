/** Servers that questions and steps are sent to, and their keys. */
import { request } from './message.js';
import { empty, type Infer, list, nullable, object, optional, text } from './shape.js';

/** URL of the server that the model of the settings scores at; null when it runs on this machine. */
export const ScoringServer = request({ method: 'steplens/scoringServer', to: 'server', params: empty, result: nullable(text) });

/** Names or URLs; empty = none. */
const labelingServersParams = object({ policy: optional(text), judge: optional(text) });
export type LabelingServersParams = Infer<typeof labelingServersParams>;

/**
 * Origins that still need the user's consent before labeling or verifying: those of the given policy and judge (by
 * default those of the settings), and of the verifier of the settings.
 */
export const LabelingServers = request({
  method: 'steplens/labelingServers',
  to: 'server',
  params: labelingServersParams,
  result: list(text),
});

/** The key of a server (of a scoring model, a policy, a judge), by its URL; null when none was set. */
export const ServerKey = request({ method: 'steplens/serverKey', to: 'client', params: object({ url: text }), result: nullable(text) });
