import { expect, it } from 'vitest';
import { bound, ruleCost, ruleTable } from '../../scripts/miniature/economyTable.js';
import { defaultMonteCarlo, type MonteCarloSettings } from '../../server/labeling/monteCarlo.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import type { SearchTree } from '../../server/labeling/searchTree.js';
import { badJudge, completions, policyOf, problem } from '../labeling/scripted.js';

/** One solution of two steps. The third and fourth continuation of the first step are right, none of the second. */
async function labeled(settings: Partial<MonteCarloSettings>): Promise<SearchTree> {
  const taken = new Map<number, number>();
  const policy = policyOf(({ prefix, count }) => {
    if (prefix.length === 0) return completions(['first', 'bad']);
    const before = taken.get(prefix.length) ?? 0;
    taken.set(prefix.length, before + count);
    return completions(...Array.from({ length: count }, (_, i) => [prefix.length === 1 && (before + i) % 4 > 1 ? 'fine' : 'bad']));
  });
  const whole = { ...defaultMonteCarlo, solutions: 1, continuations: 4, ...settings };
  return await labelInMemory(problem, { method: 'monte-carlo', ...whole, seed: 1 }, policy, badJudge);
}

it('the table of labeling rules counts continuations, compares labels with the full run, and has a lower bound', async () => {
  const full = [await labeled({})];
  expect(ruleCost('full', full, full)).toEqual({ name: 'full', continuations: 8, share: 1, labels: 2, right: 0.5, same: 1, bias: 0 });
  // Two of four are right, so the first right one is at position 5 / 3 on average. The other step needs all four.
  expect(bound(full, 4).share).toBeCloseTo((5 / 3 + 4) / 8, 10);
  const stopped = ruleCost('--stop-when-decided', [await labeled({ stopWhenDecided: true })], full);
  // Batches of one and two until the first right one; batches of one, two and one for the other step.
  expect(stopped).toMatchObject({ continuations: 7, same: 1, bias: NaN });
  const reused = ruleCost('--reuse', [await labeled({ reuse: true })], full);
  // The solution counts for both steps, and the first step's continuations that begin with "bad" also for the second.
  expect(reused.continuations).toBeLessThan(8);
  expect(ruleTable([stopped, reused], 1)).toMatch(/--stop-when-decided +7 +87\.5 % +2 +50\.0 % +100\.0 % +-\n/);
});
