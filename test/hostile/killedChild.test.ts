import { expect, it } from 'vitest';
import { chain, childPids, modelFolders, openScorer } from '../inference/models.js';
import { done } from './figures.js';

const kills = 50;

it('a scorer gives the same scores when its inference process is killed 50 times, before and during requests', async () => {
  const folder = modelFolders['hugging-face'];
  const unbroken = openScorer(folder);
  const jobs = Array.from({ length: kills }, (_, i) => chain(4 + (i % 5), i % 4));
  const expected: (readonly number[])[] = [];
  for (const job of jobs) expected.push([...(await unbroken.score(job, { ignoreCache: true })).scores]);

  const scorer = openScorer(folder);
  const kill = (): void => void process.kill(childPids(scorer.log).at(-1)!, 'SIGKILL');
  const deaths = (): number => scorer.log.filter((line) => line.startsWith('The inference process ended')).length;
  await scorer.score(jobs[0]!, { ignoreCache: true });
  for (const [i, job] of jobs.entries()) {
    let isKilled = i % 2 === 0;
    if (isKilled) kill();
    const onProgress = (): void => {
      if (!isKilled) kill();
      isKilled = true;
    };
    const { scores } = await scorer.score(job, { ignoreCache: true, onProgress });
    expect([i, ...scores]).toEqual([i, ...expected[i]!]);
    // A death at the time of the last score is noticed afterwards.
    await expect.poll(deaths).toBe(i + 1);
  }
  await scorer.score(jobs[0]!, { ignoreCache: true });
  expect(new Set(childPids(scorer.log)).size).toBe(kills + 1);
  done('childKills', kills);
});
