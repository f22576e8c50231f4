import { expect, it } from 'vitest';
import { Timeline } from '../../server/debug/timeline.js';
import type { JudgedCompletion, RunEvent } from '../../server/labeling/runEvents.js';
import { recordedSearch } from './recorded.js';

/** A log of `nodes` nodes, each sampled once. */
async function longLog(nodes: number): Promise<RunEvent[]> {
  const [begin] = await recordedSearch();
  const rollouts = (node: number): JudgedCompletion[] =>
    ['right', 'wrong'].map((verdict, i) => ({
      steps: [`Rollout ${i} of ${node}.`],
      finish: 'stop',
      answer: 'x',
      verdict: verdict as 'right',
      method: 'text',
    }));
  const own = Array.from({ length: nodes }, (_, i): RunEvent[] => [
    { event: 'node', node: i + 1, parent: i >> 1, steps: [`Step ${i + 1}.`], assumed: false },
    { event: 'rollouts', node: i + 1, seed: i, rollouts: rollouts(i + 1) },
    { event: 'value', node: i + 1, correct: 1, total: 2, value: 0.5 },
    { event: 'selected', node: i + 1, rollout: 0, q: 1, u: 1, pool: 1 },
  ]);
  return [begin!, ...own.flat()];
}

/** Processor time of 2,000 steps back from the end, in ms. */
function stepsBack(events: readonly RunEvent[]): number {
  const timeline = new Timeline();
  for (const event of events) timeline.push(event);
  timeline.moveTo(events.length - 1);
  const before = process.cpuUsage();
  for (let step = 2; step <= 2_000; step++) timeline.moveTo(events.length - step);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

it('Timeline takes a step back in a log of 400,000 events in at most 20 times the time of a log of 4,000', async () => {
  const short = stepsBack(await longLog(1_000));
  const long = stepsBack(await longLog(100_000));
  expect(long).toBeLessThan(20 * Math.max(short, 5));
});

it('Timeline goes back over every event of a long log to the moment before it began', async () => {
  const events = await longLog(20_000);
  const timeline = new Timeline();
  for (const event of events) timeline.push(event);
  timeline.moveTo(events.length - 1);
  expect(timeline.tree).toMatchObject({ rollouts: 40_000, visits: 20_000 });
  for (let number = events.length - 2; number >= 0; number--) timeline.moveTo(number);
  expect(timeline.tree).toMatchObject({ rollouts: 0, visits: 0, batches: 0, undecided: 0 });
  expect(timeline.tree?.nodes).toHaveLength(1);
  timeline.moveTo(-1);
  expect(timeline.tree).toBeUndefined();
});
