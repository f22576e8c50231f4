import type { Verifier } from '../answers/verifier.js';
import { t } from '../l10n.js';
import type { Judge } from '../labeling/judge.js';
import { openJudge, openPolicy, type PolicyHost } from '../labeling/policies/openPolicy.js';
import { type Policy, PolicyError } from '../labeling/policy.js';
import type { ServerSettings } from '../protocol/settingsTable.js';
import { withoutSecrets } from '../remote/serverAddress.js';
import { originOf } from '../remote/serverKeys.js';
import { openEditorVerifier } from './editorVerifier.js';

export interface EditorPolicyOptions extends Omit<PolicyHost, 'key'> {
  readonly settings: () => Pick<ServerSettings, 'device' | 'threads'>;
  /** The key of a server, by its base URL; undefined where none was set. */
  readonly key: (url: string) => Promise<string | undefined>;
  /** Throws if the user has not consented to the server at this URL. Called before each request. */
  readonly requireConsent: (url: string) => void;
}

/** The verifier, and the judge's server (`url`) with its name there (`model`); empty = no judge. */
export interface EditorJudge {
  /** A command or an endpoint; empty = the rules. */
  readonly verifier: string;
  readonly url: string;
  readonly model: string;
}

/** Options of requests from the editor: several rollouts at once, and a long timeout for large models. */
const server = { mode: 'chat', temperature: 1, maxTokens: 2048, concurrency: 8, timeout: 280_000, retries: 3 } as const;

/**
 * Opens the policy that `steplens.labeling.policy` names. A server gets only the key stored for it: a workspace may
 * name a server, and must not cause the environment's key to be sent there.
 */
export async function openEditorPolicy(policy: string, { settings, key, requireConsent, ...host }: EditorPolicyOptions): Promise<Policy> {
  const { device, threads } = settings();
  requireConsent(policy);
  const opened = openPolicy({ policy, device, threads, server }, { ...host, key: await keyOf(policy, key) });
  return {
    async describe(signal) {
      requireConsent(policy);
      return opened.describe(signal);
    },
    async sample(request) {
      requireConsent(policy);
      return opened.sample(request);
    },
    ...(opened.isComplete && { isComplete: (prefix) => opened.isComplete?.(prefix) ?? false }),
    dispose: () => opened.dispose(),
  };
}

/** Opens the rules or `steplens.verifier`, followed by the LLM of `steplens.labeling.judge` if one is set. */
export async function openEditorJudge(
  rules: Verifier,
  { verifier: choice, url, model }: EditorJudge,
  host: Pick<EditorPolicyOptions, 'key' | 'log' | 'requireConsent'>,
): Promise<Judge> {
  const { key, log, requireConsent } = host;
  const verifier = await openEditorVerifier(rules, choice, host);
  if (url === '') return openJudge(verifier, undefined, { key: () => undefined, log });
  if (model === '')
    throw new PolicyError(
      t('The judge at {0} has no model: write its name into the setting "Labeling: Judge Model".', withoutSecrets(url)),
    );
  requireConsent(url);
  const opened = openJudge(verifier, { url, model, server }, { key: await keyOf(url, key), log });
  return {
    fingerprint: opened.fingerprint,
    async judge(request) {
      requireConsent(url);
      return opened.judge(request);
    },
  };
}

/** Requests the key once, when the server is opened. */
async function keyOf(url: string, key: EditorPolicyOptions['key']): Promise<PolicyHost['key']> {
  const found = originOf(url) === undefined ? undefined : await key(url);
  return () => found;
}
