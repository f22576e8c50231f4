import type { Verifier } from '../answers/verifier.js';
import type { Judge } from '../labeling/judge.js';
import { openJudge, openPolicy, type PolicyHost } from '../labeling/policies/openPolicy.js';
import { type Policy, PolicyError } from '../labeling/policy.js';
import type { ServerSettings } from '../protocol/settingsTable.js';

export interface EditorPolicyOptions extends Omit<PolicyHost, 'env'> {
  readonly settings: () => Pick<ServerSettings, 'device' | 'threads'>;
  /** The key of a server, by its base URL; undefined where none was set. */
  readonly key: (url: string) => Promise<string | undefined>;
}

/** Where the judge is asked, and its name there; empty = none. */
export interface EditorJudge {
  readonly url: string;
  readonly model: string;
}

/** How a server is asked from the editor: some rollouts at once, and patience for large models. */
const server = { mode: 'chat', temperature: 1, maxTokens: 2048, concurrency: 8, timeout: 280_000, retries: 3 } as const;

/**
 * Opens the policy that `steplens.labeling.policy` names. A server gets the key that was kept for it and no other: a workspace
 * may name a server, and must not have the environment's key sent there.
 */
export async function openEditorPolicy(policy: string, { settings, key, ...host }: EditorPolicyOptions): Promise<Policy> {
  const { device, threads } = settings();
  return openPolicy({ policy, device, threads, server }, { ...host, env: await keyFor(policy, key) });
}

/** Opens the judge that `steplens.labeling.judge` and `judgeModel` name: the rules, and that LLM behind them where one is named. */
export async function openEditorJudge(
  verifier: Verifier,
  { url, model }: EditorJudge,
  { key, log }: Pick<EditorPolicyOptions, 'key' | 'log'>,
): Promise<Judge> {
  if (url === '') return openJudge(verifier, undefined, { env: {}, log });
  if (model === '') throw new PolicyError(`The judge at ${url} has no model: write its name into the setting "Labeling: Judge Model".`);
  return openJudge(verifier, { url, model, server }, { env: await keyFor(url, key), log });
}

async function keyFor(url: string, key: EditorPolicyOptions['key']): Promise<NodeJS.ProcessEnv> {
  const found = /^https?:/i.test(url) ? await key(url) : undefined;
  return found === undefined ? {} : { STEPLENS_API_KEY: found };
}
