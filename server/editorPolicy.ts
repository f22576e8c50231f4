import { openPolicy, type PolicyHost } from './labeling/policies/openPolicy.js';
import type { Policy } from './labeling/policy.js';
import type { ServerSettings } from './protocol.js';

export interface EditorPolicyOptions extends Omit<PolicyHost, 'env'> {
  readonly settings: () => Pick<ServerSettings, 'device' | 'threads'>;
  /** The key of a server, by its base URL; undefined where none was set. */
  readonly key: (url: string) => Promise<string | undefined>;
}

/** How a server is asked from the editor: some rollouts at once, and patience for large models. */
const server = { mode: 'chat', temperature: 1, maxTokens: 2048, concurrency: 8, timeout: 280_000, retries: 3 } as const;

/**
 * Opens the policy that `steplens.labeling.policy` names. A server gets the key that was kept for it and no other: a workspace
 * may name a server, and must not have the environment's key sent there.
 */
export async function openEditorPolicy(policy: string, { settings, key, ...host }: EditorPolicyOptions): Promise<Policy> {
  const { device, threads } = settings();
  const found = /^https?:/i.test(policy) ? await key(policy) : undefined;
  return openPolicy({ policy, device, threads, server }, { ...host, env: found === undefined ? {} : { STEPLENS_API_KEY: found } });
}
