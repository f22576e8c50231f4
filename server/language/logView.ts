import type { RunEvent } from '../labeling/runEvents.js';
import type { Range } from '../reasoning/span.js';
import { type LoggedProblem, matchLog } from './replay.js';

/**
 * The places of a tree that was built from its log: by node of its view, the line of the event that made it. Undefined where the log
 * describes another problem.
 */
export function logLines(events: readonly RunEvent[], problem: LoggedProblem): readonly number[] | undefined {
  const lines = new Map([[0, 0]]);
  for (const [line, event] of events.entries()) if (event.event === 'node') lines.set(event.node, line);
  return matchLog(events, problem)?.order.map((id) => lines.get(id) ?? 0);
}

/** The whole of a log's line. */
export function logRange(events: readonly RunEvent[], line: number): Range {
  return { start: { line, character: 0 }, end: { line, character: JSON.stringify(events[line]).length } };
}

/** Whether a file (a URI) is the event log of a run. */
export function isEventLog(uri: string): boolean {
  return /\.events\.jsonl$/i.test(uri);
}
