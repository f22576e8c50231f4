/** Notifications from the server: its state, and which documents changed. */
import { notification, remedy } from './message.js';
import { count, flag, type Infer, list, number, object, oneOf, optional, text } from './shape.js';

/** Milliseconds after an edit until a document is read, scored and marked again. During typing, only edits are sent. */
export const editPauseMs = 500;

export const statusParams = object({
  state: oneOf('idle', 'loading', 'scoring', 'ready', 'failed'),
  model: optional(text),
  /** The only texts the model scores, as its profile describes them; absent = it scores every text. */
  knows: optional(text),
  device: optional(text),
  adapter: optional(text),
  /** Origin of the server that question and steps are sent to; absent = they stay on this machine. */
  server: optional(text),
  passedOver: optional(list(object({ provider: text, reason: text }))),
  /** Note on runs on this device: they are smaller because memory is short, or the scores vary with their size. */
  note: optional(text),
  threshold: optional(number),
  /** Steps done and to do, while scoring. */
  progress: optional(object({ done: count, total: count })),
  /** One sentence, when failed. */
  message: optional(text),
  /** The command that resolves the failure, when failed. */
  remedy: optional(remedy),
  /** When failed for lack of consent: origin of the server that would get question and steps. Nothing was sent. */
  asksFor: optional(text),
});
export type StatusParams = Infer<typeof statusParams>;

/** What the status item shows. */
export const StatusChanged = notification({ method: 'steplens/statusChanged', to: 'client', params: statusParams });

/** What was found in a document: the same numbers wherever they are shown. */
const documentMarks = object({
  /** Steps that are low with no low step before them. */
  firstLow: count,
  /** All low steps, the first ones included. */
  low: count,
  /** Rows of the Problems panel; fewer than `total` beyond a limit. */
  listed: count,
  total: count,
  /** Whether it has a problem that can be labeled (question and answer), a search tree, an image. */
  canLabel: flag,
  hasTree: flag,
  hasImages: flag,
});
export type DocumentMarks = Infer<typeof documentMarks>;

/** `marks` is absent when no format claims the document. */
export const documentChangedParams = object({ uri: text, version: number, marks: optional(documentMarks) });
export type DocumentChangedParams = Infer<typeof documentChangedParams>;

/** Scores or content of a document changed; panels request its view again. */
export const DocumentChanged = notification({ method: 'steplens/documentChanged', to: 'client', params: documentChangedParams });
