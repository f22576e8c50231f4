import { LabelingServers } from '../../server/protocol/servers.js';
import type { StepLens } from './stepLens.js';

/**
 * Asks for every server that has not been allowed, of a policy (a name or URL), else of the policy and the judge of the settings;
 * whether all of them are allowed now.
 */
export async function consentToLabel({ client, consent }: Pick<StepLens, 'client' | 'consent'>, policy?: string): Promise<boolean> {
  for (const origin of await client.request(LabelingServers, { ...(policy !== undefined && { policy }) }))
    if (!(await consent.askLabeling(origin))) return false;
  return true;
}
