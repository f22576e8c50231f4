/** A labeling run as the run view shows it, running or finished. */
import { request } from './message.js';
import { bulk, count, type Infer, list, nullable, number, object, oneOf, text } from './shape.js';

const waste = { rollouts: count, failed: count, undecided: count, repeated: count, unanimous: count };
export type WasteView = { readonly [K in keyof typeof waste]: number };

const runReport = object({
  problems: bulk(
    object({
      id: text,
      log: text,
      file: text,
      state: oneOf('running', 'open', 'finished', 'not begun'),
      searches: count,
      waste: object(waste),
    }),
  ),
  failures: list(object({ cause: text, count })),
  decisions: bulk(
    object({
      problem: text,
      log: text,
      line: count,
      answer: nullable(text),
      reference: text,
      verdict: oneOf('right', 'wrong', 'undecided'),
      method: text,
      reason: nullable(text),
      count,
    }),
  ),
  depths: list(object({ depth: count, ...waste })),
  requests: count,
  promptTokens: count,
  completionTokens: count,
  judgeRequests: count,
  judgeTokens: count,
  /** Requests whose reply has no tokens. */
  unreported: count,
  /** By the prices of the settings, in their currency; null without prices. */
  price: nullable(number),
  seconds: number,
  /** Rollouts a second; null where the logs have no times. */
  rate: nullable(number),
  /** Seconds until all problems are finished; null where that is not known. */
  secondsLeft: nullable(number),
});
export type RunReportView = Infer<typeof runReport>;

/** The state of the run in a folder (a URI). Files are URIs. Rejects where the folder has no event logs. */
export const RunReport = request({ method: 'steplens/runReport', to: 'server', params: object({ folder: text }), result: runReport });
