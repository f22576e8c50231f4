/** Comparison of two runs of one problem, which may be in different files. */
import { request } from './message.js';
import { count, object, text } from './shape.js';

/** Compares a problem of an open document with the one in another document that has the same question; else fails. */
export const CompareRuns = request({
  method: 'steplens/compareRuns',
  to: 'server',
  params: object({ uri: text, problem: count, other: text }),
  /** `page`: Markdown; `problem`: the problem of the other document. */
  result: object({ page: text, problem: count }),
});
