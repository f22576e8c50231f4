import { LabelingServers } from '../../server/protocol/servers.js';
import type { StepLens } from './stepLens.js';

/**
 * Asks for every server that has not been allowed, of a policy and a judge (names or URLs; those of the settings where one is not given);
 * whether all of them are allowed now.
 */
export async function consentToLabel(
  { client, consent }: Pick<StepLens, 'client' | 'consent'>,
  servers: { readonly policy?: string; readonly judge?: string } = {},
): Promise<boolean> {
  for (const origin of await client.request(LabelingServers, servers)) if (!(await consent.askLabeling(origin))) return false;
  return true;
}
