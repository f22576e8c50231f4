import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelWorld } from '../../server/labeling/labelProblem.js';
import type { RunOptions } from '../../server/labeling/labelRun.js';
import type { LabelSettings } from '../../server/labeling/runSettings.js';
import { connect, startServer } from './openAiSetup.js';
import { problem, walkPolicy } from './scripted.js';
import { answerJudge } from './solverPolicy.js';
import type { VllmServer } from './vllmServer.js';

/** Creates a run of `count` problems in a new folder below `root`, with a policy behind a real server. */
export async function newRun(
  root: string,
  settings: LabelSettings,
  count: number,
): Promise<{ server: VllmServer; world: LabelWorld; options: RunOptions }> {
  const server = await startServer({}, walkPolicy({ mistakeRate: 0.2 }));
  const folder = await mkdtemp(join(root, 'run-'));
  const policy = connect(server, { continuation: 'prefix' });
  return {
    server,
    world: { policy, judge: answerJudge, folder, images: () => [], now: () => Date.now(), isUnsynced: true },
    options: {
      problems: Array.from({ length: count }, (_, i) => ({ ...problem, id: `p${i}`, question: `How many mistakes, ${i}?` })),
      problemsFile: 'problems.json',
      settings,
      jobs: 4,
      restart: false,
      signal: new AbortController().signal,
    },
  };
}
