import { afterEach } from 'vitest';
import { type OpenAiPolicyOptions, openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import type { Completion, Policy, SampledRollout, SampleRequest } from '../../server/labeling/policy.js';
import { type VllmBehavior, VllmServer } from './vllmServer.js';

/** Writes solutions of three steps. A rollout's text contains its index and seed, so that tests can check both. */
export const countingPolicy: Policy = {
  describe: () => Promise.resolve({ name: 'counting', fingerprint: 'counting', isDeterministic: true }),
  sample: ({ prefix, count, seed }) =>
    Promise.resolve(Array.from({ length: count }, (_, i) => ({ steps: counted(prefix.length, seed + i), finish: 'stop' as const }))),
  dispose: () => Promise.resolve(),
};

export function counted(from: number, number: number): string[] {
  return ['We have 2 apples.', `Rollout ${number} buys 3 apples.`, `So there are 5.\n<answer>${number}</answer>`].slice(from);
}

const open: { dispose?(): Promise<void>; close?(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await (one.dispose?.() ?? one.close?.());
});

export async function startServer(
  behavior: Partial<VllmBehavior> = {},
  policy = countingPolicy,
  models?: readonly string[],
): Promise<VllmServer> {
  const server = await VllmServer.start({ policy, ...(models && { models }) });
  Object.assign(server.behavior, behavior);
  open.push(server);
  return server;
}

export function settings(url: string, log: string[] = []): OpenAiPolicyOptions & { readonly baseUrl: string } {
  const write = (message: string): void => void log.push(message);
  return {
    baseUrl: url,
    baseUrls: [url],
    model: 'mini',
    mode: 'chat',
    temperature: 1,
    maxTokens: 256,
    concurrency: 4,
    timeout: 60_000,
    retries: 2,
    backOff: 2,
    log: { info: write, warn: write },
  };
}

export function connect(server: VllmServer, changed: Partial<OpenAiPolicyOptions> = {}, log?: string[]): Policy {
  const policy = openOpenAiPolicy({ ...settings(server.url, log), ...changed });
  open.push(policy);
  return policy;
}

export function ask(changed: Partial<SampleRequest> = {}): SampleRequest {
  return { question: 'How many apples?', images: [], prefix: [], count: 3, seed: 10, ...changed };
}

export function completed(rollouts: readonly SampledRollout[]): Completion[] {
  return rollouts.map((rollout) => {
    if ('failure' in rollout) throw new Error(rollout.failure);
    return rollout;
  });
}

export function failures(rollouts: readonly SampledRollout[]): string[] {
  return rollouts.flatMap((rollout) => ('failure' in rollout ? [rollout.failure] : []));
}
