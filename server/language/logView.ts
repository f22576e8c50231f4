import type { RunEvent } from '../labeling/runEvents.js';
import type { Range } from '../reasoning/span.js';
import { type LoggedProblem, matchLog } from './replay.js';

/**
 * Returns, for each node in the view of a tree built from its log, the line of the event that created the node.
 * Undefined when the log describes another problem.
 */
export function logLines(events: readonly RunEvent[], problem: LoggedProblem): readonly number[] | undefined {
  const lines = new Map([[0, 0]]);
  for (const [line, event] of events.entries()) if (event.event === 'node') lines.set(event.node, line);
  return matchLog(events, problem)?.order.map((id) => lines.get(id) ?? 0);
}

/** Returns the range of a whole line of a log. */
export function logRange(events: readonly RunEvent[], line: number): Range {
  return { start: { line, character: 0 }, end: { line, character: JSON.stringify(events[line]).length } };
}

/** Whether a file (a URI) is the event log of a run. */
export function isEventLog(uri: string): boolean {
  return /\.events\.jsonl$/i.test(uri);
}
