/** What the review page and its host send to each other. */
import { labelValue, reviewStep } from '../../server/protocol/review.js';
import { count, empty, flag, type Infer, list, nothing, nullable, number, object, oneOf, text } from '../../server/protocol/shape.js';
import { call, event } from '../shared/wire.js';

const mode = oneOf('every-step', 'first-error');

const reviewState = object({
  reviewer: text,
  at: count,
  count,
  judged: count,
  mode,
  blind: flag,
  /** Kinds of error to choose from. */
  kinds: list(text),
  /** Why the step is in the queue. */
  reason: text,
  /** Name of the file. */
  file: text,
  /** Null when the queue is empty or the step is gone; `message` says which. */
  step: nullable(reviewStep),
  /** URIs the page may load. */
  images: list(text),
  message: text,
  threshold: number,
});
export type ReviewState = Infer<typeof reviewState>;

/** Panel -> host. */
const requests = {
  /** The page is loaded and asks for the state. */
  state: call('state', empty, reviewState),
  judge: call('judge', object({ value: labelValue, kind: text, comment: text }), nothing),
  undo: call('undo', empty, nothing),
  /** Goes to a position in the queue, or to its nearest end for a position outside it. */
  go: call('go', object({ to: number }), nothing),
  blind: call('blind', object({ blind: flag }), nothing),
  mode: call('mode', object({ mode }), nothing),
  /** Shows the step in its file. */
  reveal: call('reveal', empty, nothing),
} as const;
export type ReviewRequests = typeof requests;

/** Host -> panel. */
const events = { state: event('state', reviewState) } as const;
export type ReviewEvents = typeof events;

export const reviewProtocol = { requests, events };
