/** Two runs of one problem, in whichever files they are. */
import { request } from './message.js';
import { count, object, text } from './shape.js';

/** Compares a problem of an open document with the same problem of another one. Fails where that one has no problem with this question. */
export const CompareRuns = request({
  method: 'steplens/compareRuns',
  to: 'server',
  params: object({ uri: text, problem: count, other: text }),
  /** `page`: Markdown; `problem`: the problem of the other document. */
  result: object({ page: text, problem: count }),
});
