import { LabelingServers, type LabelingServersParams } from '../../server/protocol/servers.js';
import type { Client } from './client.js';
import type { ServerConsent } from './serverConsent.js';

/** Asks for every server that has not been allowed and would be sent something to label or verify; whether all are allowed now. */
export async function consentToLabel(
  { client, consent }: { readonly client: Client; readonly consent: ServerConsent },
  which: LabelingServersParams = {},
): Promise<boolean> {
  for (const origin of await client.request(LabelingServers, which)) if (!(await consent.askLabeling(origin))) return false;
  return true;
}
