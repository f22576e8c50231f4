import type { Judge } from './judge.js';
import { searchErrors } from './mcts.js';
import { monteCarlo } from './monteCarlo.js';
import type { Policy } from './policy.js';
import type { ProblemToLabel } from './runEvents.js';
import { estimate, type RunListener, RunRecorder } from './runRecorder.js';
import { beginEvent, type LabelSettings, settingsOf } from './runSettings.js';
import type { SearchTree } from './searchTree.js';

/** Runs the method of the run to its end, then replays what an earlier run recorded after the end. */
export async function runMethod(run: RunRecorder): Promise<void> {
  const settings = settingsOf(run.tree.begin);
  if (settings.method === 'mcts') await searchErrors(run, settings);
  else await monteCarlo(run, settings);
  for (let next = run.next; next !== undefined; next = run.next) {
    if ((next.event !== 'rollouts' && next.event !== 'complete') || run.tree.nodes[next.node] === undefined) throw run.mismatch();
    await estimate(run, next.node, next.event === 'rollouts' ? next.rollouts.length : 1);
  }
}

/** Labels a problem without a file, and without its images. */
export async function labelInMemory(
  problem: ProblemToLabel,
  settings: LabelSettings,
  policy: Policy,
  judge: Judge,
  onEvent?: RunListener,
): Promise<SearchTree> {
  const begin = beginEvent(problem, settings, await policy.describe(), judge.fingerprint);
  const run = await RunRecorder.begin({
    begin,
    recorded: [],
    logFile: 'the run',
    append: () => Promise.resolve(),
    policy,
    judge,
    images: [],
    ...(onEvent && { onEvent }),
  });
  await runMethod(run);
  return run.tree;
}
