import type { RunEvent } from '../labeling/runEvents.js';
import type { ProblemView } from '../protocol/problemView.js';
import { type LoggedProblem, matchLog } from './replay.js';

/**
 * The view of a tree that was built from its log, with the places of the log: a node is the line of the event that made it. `problem` is
 * the one the view is of.
 */
export function logView(view: ProblemView, events: readonly RunEvent[], problem: LoggedProblem): ProblemView {
  const order = matchLog(events, problem)?.order;
  if (order === undefined) return view;
  const lines = new Map([[0, 0]]);
  for (const [line, event] of events.entries()) if (event.event === 'node') lines.set(event.node, line);
  const rangeOf = (line: number) => ({
    start: { line, character: 0 },
    end: { line, character: JSON.stringify(events[line]).length },
  });
  return {
    ...view,
    range: rangeOf(0),
    nodes: view.nodes.map((node) => {
      const range = rangeOf(lines.get(order[node.id] ?? 0) ?? 0);
      return { ...node, range, steps: node.steps.map((step) => ({ ...step, range })) };
    }),
  };
}

/** Whether a file (a URI) is the event log of a run. */
export function isEventLog(uri: string): boolean {
  return /\.events\.jsonl$/i.test(uri);
}
