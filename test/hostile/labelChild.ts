/** A program to be killed: labels six problems into the folder of the first argument, and reports each event. */
import { writeSync } from 'node:fs';
import { labelRun } from '../../server/labeling/labelRun.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { badJudge, problem, walkPolicy } from '../labeling/scripted.js';

const judge = {
  ...badJudge,
  judge: ({ solution }: { readonly solution: readonly string[] }) =>
    Promise.resolve({ verdict: solution.some((step) => step.startsWith('Wrong')) ? 'wrong' : 'right', method: 'text' } as const),
};
const folder = process.argv[2]!;

await labelRun(
  {
    problems: Array.from({ length: 6 }, (_, i) => ({ ...problem, id: `p${i}` })),
    problemsFile: 'problems.json',
    jobs: 2,
    restart: false,
    signal: new AbortController().signal,
    settings: { ...defaultLabelSettings.mcts, rollouts: 4, searches: 4, seed: 3 },
    onEvent: (_, __, isRecorded) => {
      if (isRecorded) return;
      writeSync(1, '.');
      // Waits 2 ms so that the signal can arrive.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    },
  },
  { policy: walkPolicy({ mistakeRate: 0.2, failureRate: 0.1 }), judge, folder, images: () => [] },
);
