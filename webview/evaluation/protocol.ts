/** Messages of the evaluation panel. Its page is like the tree panel's, with `dist/evaluation.js` and `.css`. */
import { evaluateLine, fileFault } from '../../server/protocol/evaluation.js';
import { count, flag, type Infer, list, nothing, number, object, oneOf, text } from '../../server/protocol/shape.js';
import { call, event } from '../shared/wire.js';

const evaluationResult = object({
  uris: list(text),
  /** One per kind of file. */
  lines: list(evaluateLine),
  faults: list(fileFault),
});
export type EvaluationResult = Infer<typeof evaluationResult>;

/** Panel -> host. */
const requests = {
  /** Evaluates the panel's files and sends `progress` events. Canceling the call stops it. First message of a page. */
  evaluate: call('evaluate', object({ rescore: flag }), evaluationResult),
  /** Writes the setting `steplens.threshold`. */
  useThreshold: call('useThreshold', object({ threshold: number }), nothing),
  /** Asks the user for a file and writes one evaluation into it, as `steplens evaluate --json` prints it. */
  saveJson: call('saveJson', object({ index: count }), nothing),
  copy: call('copy', object({ text }), nothing),
} as const;
export type EvaluationRequests = typeof requests;

/** Host -> panel. */
const events = {
  progress: event('progress', object({ uri: text, done: count, total: count })),
  /** The drawn evaluation is out of date: a file or the threshold setting changed. */
  outdated: event('outdated', object({ cause: oneOf('file', 'threshold') })),
} as const;
export type EvaluationEvents = typeof events;

export const evaluationProtocol = { requests, events };

/** State of an evaluation panel that survives hiding and reload. */
export interface EvaluationState {
  readonly version: 1;
  readonly uris: readonly string[];
  /** Curves that are not drawn, by name. */
  readonly hidden: readonly string[];
  /** Number of candidates the table is for; null = all. */
  readonly size: number | null;
}

/** A persisted state of this version, or null for anything else. */
export function readEvaluationState(value: unknown): EvaluationState | null {
  if (typeof value !== 'object' || value === null) return null;
  const { version, uris, hidden, size } = value as Record<string, unknown>;
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((one) => typeof one === 'string');
  const isSound =
    version === 1 && areTexts(uris) && areTexts(hidden) && (size === null || (Number.isInteger(size) && (size as number) >= 1));
  return isSound ? (value as EvaluationState) : null;
}
