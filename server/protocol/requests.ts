/** The requests behind rollouts, as event logs keep them. */
import { request } from './message.js';
import { count, flag, type Infer, list, nullable, object, optional, text } from './shape.js';

/** Where a request is kept: the log's URI, the event's line counted from 0, and its place among the event's requests. */
export const requestPlace = object({ log: text, event: count, index: count });
export type RequestPlace = Infer<typeof requestPlace>;

const keptRequest = object({ place: requestPlace, title: text });

/**
 * The requests that sampled and judged a rollout of a tree's node (all rollouts if none is given) or, in an event log,
 * those of an event. Rejects if there is no log beside the tree, or if the log keeps no requests.
 */
export const FindRequests = request({
  method: 'steplens/findRequests',
  to: 'server',
  params: object({
    uri: text,
    event: optional(count),
    problem: optional(count),
    node: optional(count),
    /** Position in the node's rollouts as `NodeRollouts` returns them. */
    rollout: optional(count),
  }),
  result: list(keptRequest),
});

const shownRequest = object({
  title: text,
  /** JSON of the request and its reply. */
  document: text,
  /** Origin that it was sent to; null: a model on this machine. */
  origin: nullable(text),
  /** Why it cannot be sent again; null: it can. */
  refusal: nullable(text),
});

export const ShowRequest = request({ method: 'steplens/showRequest', to: 'server', params: requestPlace, result: shownRequest });

/**
 * Sends a kept request again, with the problem's images and the server's key, and returns what came back, in the form of
 * `ShowRequest.document`. Nothing is written. Rejects without the user's consent to the server.
 */
export const SendAgain = request({
  method: 'steplens/sendAgain',
  to: 'server',
  params: requestPlace,
  result: object({ document: text, isFailed: flag }),
});
