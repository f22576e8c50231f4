import { LabelingServers, type LabelingServersParams } from '../../server/protocol/servers.js';
import type { Client } from './client.js';
import type { ServerConsent } from './serverConsent.js';

/** Asks for consent to every server that would get something to label or verify. Returns whether all are allowed. */
export async function consentToLabel(
  { client, consent }: { readonly client: Client; readonly consent: ServerConsent },
  which: LabelingServersParams = {},
): Promise<boolean> {
  for (const origin of await client.request(LabelingServers, which)) if (!(await consent.askLabeling(origin))) return false;
  return true;
}
