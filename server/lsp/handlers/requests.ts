import { requestAt, requestDocument, requestsOfEvent, requestsOfNode } from '../../editor/requestService.js';
import { t } from '../../l10n.js';
import { RequestError } from '../../protocol/message.js';
import { FindRequests, SendAgain, ShowRequest } from '../../protocol/requests.js';
import type { EditorSession } from '../session.js';

/** Finds the requests kept in event logs, shows them and sends them again. */
export function handleRequests(session: EditorSession): void {
  const { door, labeling, service, world } = session;

  door.handle(FindRequests, async ({ uri, event, problem, node, rollout }) => {
    if (event !== undefined) return requestsOfEvent(uri, event);
    const document = await labeling.shownDocument(uri, await session.readDocument(uri), service.threshold);
    if (document === undefined || problem === undefined || node === undefined)
      throw new RequestError('failed', t('Open the tree of a run, or its event log, to see its requests.'));
    return requestsOfNode(document, { problem, node, ...(rollout !== undefined && { rollout }) });
  });

  door.handle(ShowRequest, async (place) => {
    const { request, title, origin, refusal } = await requestAt(place);
    return { title, document: requestDocument(request), origin: origin ?? null, refusal: refusal ?? null };
  });

  door.handle(SendAgain, async (place, signal) => {
    session.requireTrust();
    const found = await requestAt(place);
    if (found.refusal !== undefined) throw new RequestError('failed', found.refusal);
    session.requireLabelingConsent(found.request.url);
    return world.sendAgain(found, session.imagePlace(place.log), session.labelerOptions, signal);
  });
}
