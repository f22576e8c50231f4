import type { BeginEvent } from '../labeling/runEvents.js';
import type { DebugTarget } from './debugWorld.js';
import type { Moment } from './moment.js';
import { nodeSteps, type WhatIf } from './whatIf.js';

/** Body of the event `steplens/forked`: the fork's labels, the page that compares it, and the labels of the original. */
export interface ForkBody {
  readonly file: string;
  readonly page: string;
  readonly original: string;
}

/** Forks a debugged run at a moment. Returns the text for the debug console, and the files that the editor can open. */
export async function forkAt(
  target: DebugTarget,
  { event, number, tree }: Moment,
  { settings, verdict, judgesAgain }: WhatIf,
): Promise<{ readonly text: string; readonly body: ForkBody }> {
  const steps = verdict && nodeSteps(tree, event, verdict.rollout);
  const change = { at: number, settings, judgesAgain, verdicts: new Map(steps && verdict ? [[steps, verdict.verdict]] : []) };
  const { comparison, file, page, recorded, sampled } = await target.fork(change);
  const { method } = tree.begin;
  const { same, changed, onlyFirst, onlySecond } = comparison.counts;
  const text = [
    `Fork from event ${number} in ${file}: ${recorded} recorded rollouts used, ${sampled} sampled.`,
    `${same} nodes are the same, ${changed} have another value, ${onlyFirst} are only in the original, ${onlySecond} only in the fork.`,
    ...(method === 'monte-carlo' ? [] : [selectionText(comparison.firstOther)]),
    `${page} compares them.`,
  ].join(' ');
  return { text, body: { file, page, original: labelsFileOf(target.feed.logFile, method) } };
}

function selectionText(firstOther: number | undefined): string {
  return firstOther === undefined ? 'All selections are the same.' : `Search ${firstOther + 1} is the first one that differs.`;
}

/** The file with the labels of a log. */
export function labelsFileOf(log: string, method: BeginEvent['method']): string {
  return log.replace(/\.events\.jsonl$/, method === 'mcts' ? '.json' : '.jsonl');
}
