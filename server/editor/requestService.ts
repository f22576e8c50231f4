import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ImagePlace, problemImages } from '../files/images.js';
import { t } from '../l10n.js';
import { readEventLog } from '../labeling/eventLog.js';
import type { KeptRequest } from '../labeling/keptRequests.js';
import { sendAgain, whyNotAgain } from '../labeling/policies/sendAgain.js';
import { requestSummary, requestsOf } from '../labeling/rolloutRequests.js';
import type { RunEvent } from '../labeling/runEvents.js';
import { replayAll } from '../labeling/searchTree.js';
import { type LoggedProblem, matchLog } from '../language/replay.js';
import { RequestError } from '../protocol/message.js';
import type { RequestPlace } from '../protocol/requests.js';
import { originOf } from '../remote/serverKeys.js';
import { logOf } from './labeler.js';

/** A request in a log, and where. */
export interface FoundRequest {
  readonly place: RequestPlace;
  readonly title: string;
}

/** The requests of one event of a log. Rejects with RequestError where it keeps none. */
export async function requestsOfEvent(log: string, event: number): Promise<FoundRequest[]> {
  const events = await eventsOf(log);
  const one = events[event];
  if (one === undefined) throw new RequestError('failed', t('{0} has no event {1}.', fileURLToPath(log), event));
  return found(log, [event], events, () => true);
}

/** The parts of a document that are compared with its log. */
export interface LoggedDocument {
  readonly uri: string;
  readonly problems: readonly { readonly problem: LoggedProblem }[];
}

/** The requests behind one or all rollouts of a node. Rejects with RequestError if the file's log keeps none. */
export async function requestsOfNode(
  document: LoggedDocument,
  { problem, node, rollout }: { readonly problem: number; readonly node: number; readonly rollout?: number },
): Promise<FoundRequest[]> {
  const log = pathToFileURL(logOf(document.uri)).href;
  const events = await eventsOf(log);
  const shown = document.problems[problem]?.problem;
  const id = shown && matchLog(events, shown)?.order[node];
  const tree = replayAll(events);
  const logged = id === undefined ? undefined : tree?.nodes[id];
  if (logged === undefined)
    throw new RequestError('failed', t('{0} is not the event log of this tree, so its requests are not known.', fileURLToPath(log)));
  const { right, wrong } = logged;
  const steps = rollout === undefined ? undefined : JSON.stringify([...right, ...wrong][rollout]?.rollout.steps);
  const batches = events.flatMap((event, at) =>
    (event.event === 'rollouts' || event.event === 'complete') && event.node === id ? [at] : [],
  );
  return found(log, batches, events, (event, { rollouts }) => {
    if (steps === undefined || event.event !== 'rollouts') return true;
    return rollouts.some((at) => {
      const one = event.rollouts[at];
      return one !== undefined && !('failure' in one) && JSON.stringify(one.steps) === steps;
    });
  });
}

function found(
  log: string,
  numbers: readonly number[],
  events: readonly RunEvent[],
  isWanted: (event: RunEvent, request: KeptRequest) => boolean,
): FoundRequest[] {
  const all = numbers.flatMap((number) => {
    const event = events[number];
    if (event === undefined) return [];
    return requestsOf(event).flatMap((request, index) =>
      isWanted(event, request)
        ? [{ place: { log, event: number, index }, title: t('Event {0}: {1}', number, requestSummary(request)) }]
        : [],
    );
  });
  if (all.length === 0)
    throw new RequestError(
      'failed',
      t(
        'The event log keeps no requests here. Label with the setting "Labeling: Keep Requests" on "always", or debug the labeling, to keep them.',
      ),
    );
  return all;
}

/** A request of a log with all that is needed to show it and to send it again. */
export interface LoggedRequest {
  readonly request: KeptRequest;
  readonly title: string;
  readonly origin: string | undefined;
  readonly refusal: string | undefined;
  /** Paths of the problem's images as written in the log. */
  readonly images: readonly string[];
}

/** Returns a request of a log. Rejects with RequestError if there is no such request. */
export async function requestAt({ log, event, index }: RequestPlace): Promise<LoggedRequest> {
  const events = await eventsOf(log);
  const request = events[event] && requestsOf(events[event])[index];
  if (request === undefined) throw new RequestError('failed', t('{0} has no request {1} in event {2}.', fileURLToPath(log), index, event));
  const [begin] = events;
  return {
    request,
    title: requestSummary(request),
    origin: originOf(request.url),
    refusal: whyNotAgain(request),
    images: begin?.event === 'begin' ? begin.problem.images : [],
  };
}

/** Sends a request again. `key`: by server base URL. Rejects if that is impossible; a server failure is a result. */
export async function sendRequestAgain(
  { request, images }: LoggedRequest,
  place: ImagePlace,
  key: (url: string) => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<{ readonly document: string; readonly isFailed: boolean }> {
  const exchange = await sendAgain(request, {
    images: problemImages(place, images),
    apiKey: await key(request.url.replace(/\/(chat\/completions|completions|models)$/, '')),
    signal,
  });
  return { document: requestDocument({ ...exchange, to: request.to, rollouts: [] }), isFailed: exchange.failure !== undefined };
}

/** Formats a request and its reply as JSON, with the reply last. */
export function requestDocument({ to, url, status, ms, failure, isCut, request, reply }: KeptRequest): string {
  return `${JSON.stringify({ to, url, status, ms, failure, isCut, request, reply }, null, 2)}\n`;
}

async function eventsOf(log: string): Promise<readonly RunEvent[]> {
  if (!log.startsWith('file:')) throw new RequestError('failed', t('Event logs are files on this machine.'));
  const { recorded } = await readEventLog(fileURLToPath(log));
  if (recorded.length === 0) throw new RequestError('failed', t('{0} has no events.', fileURLToPath(log)));
  return recorded.map(({ event }) => event);
}
