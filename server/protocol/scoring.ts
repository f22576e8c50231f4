/** Scoring a document, and the cache of scores. */
import { request } from './message.js';
import { count, empty, flag, type Infer, nothing, object, optional, text } from './shape.js';

const scoreDocumentResult = object({ steps: count, low: count });
export type ScoreDocumentResult = Infer<typeof scoreDocumentResult>;

/** Scores a document now, also when `scoreOnOpen` is off; `again` ignores the cache. Resolves when every step has a score or a reason. */
export const ScoreDocument = request({
  method: 'steplens/scoreDocument',
  to: 'server',
  params: object({ uri: text, again: optional(flag) }),
  result: scoreDocumentResult,
});

/** Cancels the scoring of a document (or of all, without uri). */
export const CancelScoring = request({
  method: 'steplens/cancelScoring',
  to: 'server',
  params: object({ uri: optional(text) }),
  result: nothing,
});

/** Drops all cached scores. */
export const ClearCache = request({ method: 'steplens/clearCache', to: 'server', params: empty, result: nothing });
