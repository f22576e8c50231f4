import type { Judge } from '../../server/labeling/judge.js';
import type { RunEvent } from '../../server/labeling/runEvents.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import { defaultLabelSettings, type LabelSettings } from '../../server/labeling/runSettings.js';
import { problem, walkPolicy } from '../labeling/scripted.js';

/** Right when the solution has no mistake. */
export const walkJudge: Judge = {
  fingerprint: 'walk',
  judge: ({ solution }) =>
    Promise.resolve({ verdict: solution.some((step) => step.startsWith('Wrong')) ? 'wrong' : 'right', method: 'text', answer: 'x' }),
};

export const settings: LabelSettings = { ...defaultLabelSettings.mcts, rollouts: 6, searches: 24, budget: 500, seed: 3 };

/** Returns the events of a whole search with a policy that writes steps with random mistakes. */
export async function recordedSearch(mistakeRate = 0.25): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  await labelInMemory(problem, settings, walkPolicy({ mistakeRate }), walkJudge, (event) => events.push(event));
  return events;
}
