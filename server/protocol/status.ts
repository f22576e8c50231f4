/** What the server reports without being asked: its state, and which documents changed. */
import { notification, remedy } from './message.js';
import { count, flag, type Infer, list, number, object, oneOf, optional, text } from './shape.js';

/** Milliseconds after an edit before a document is read, scored and marked again: while somebody types, edits are passed on and nothing else. */
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
  /** What the user should know about runs on this device: that they are smaller because memory is short, or that the scores vary with their size. */
  note: optional(text),
  threshold: optional(number),
  /** Steps done and to do, while scoring. */
  progress: optional(object({ done: count, total: count })),
  /** One sentence, when failed. */
  message: optional(text),
  /** The command that helps, when failed. */
  remedy: optional(remedy),
  /** When failed because the user has not consented: origin of the server that question and steps would be sent to. Nothing was sent. */
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
  /** What can be asked of it: a problem with question and answer to label, a search tree, an image to show. */
  canLabel: flag,
  hasTree: flag,
  hasImages: flag,
});
export type DocumentMarks = Infer<typeof documentMarks>;

/** `marks` is absent when no format claims the document. */
export const documentChangedParams = object({ uri: text, version: number, marks: optional(documentMarks) });
export type DocumentChangedParams = Infer<typeof documentChangedParams>;

/** Scores or content of a document changed; panels ask for its view again. */
export const DocumentChanged = notification({ method: 'steplens/documentChanged', to: 'client', params: documentChangedParams });
