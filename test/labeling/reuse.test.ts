import { describe, expect, it } from 'vitest';
import { ContinuationStore } from '../../server/labeling/economy/reuse.js';
import { defaultMonteCarlo, type MonteCarloSettings, stepsWithScore } from '../../server/labeling/monteCarlo.js';
import type { JudgedRollout, RunEvent } from '../../server/labeling/runEvents.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import { badJudge, completions, policyOf, problem } from './scripted.js';

const judged = (steps: readonly string[], verdict: 'right' | 'wrong' | 'undecided'): JudgedRollout => ({
  steps,
  verdict,
  finish: 'stop',
  method: 'text',
});

describe('known continuations', () => {
  const store = new ContinuationStore();
  store.add([], [judged(['a', 'b', 'c'], 'right'), judged(['a', 'x'], 'wrong'), { failure: 'It timed out.' }]);
  store.add(['a'], [judged(['b'], 'undecided'), judged(['b', 'd'], 'wrong'), judged([], 'wrong')]);

  it.each<[string[], number, string[]]>([
    [['a'], 16, ['right', 'wrong', 'undecided', 'wrong', 'wrong']],
    [['a'], 2, ['right', 'wrong']],
    [['a', 'b'], 16, ['right', 'undecided', 'wrong']],
    [['a', 'b', 'c'], 16, ['right']],
    [['b'], 16, []],
    [['a', 'b', 'c', 'd'], 16, []],
  ])('of %j, limited to %i, are those that pass through it, in order', (prefix, most, verdicts) =>
    expect(store.through(prefix, most)).toEqual(verdicts),
  );
});

describe('reuse of continuations', () => {
  const run = async (settings: Partial<MonteCarloSettings>, onEvent?: (event: RunEvent) => void, way?: 'prefix' | 'prompt') => {
    const asked = new Map<string, number>();
    const policy = policyOf(({ prefix, count }) => {
      const key = prefix.join(' ');
      asked.set(key, (asked.get(key) ?? 0) + count);
      if (prefix.length === 0) return completions(['a', 'b', 'bad']);
      // Every continuation of "a" also contains "b", and every continuation of "b" ends badly.
      return completions(...Array.from({ length: count }, () => ['a', 'b', 'bad'].slice(prefix.length)));
    });
    const tree = await labelInMemory(
      problem,
      { method: 'monte-carlo', ...defaultMonteCarlo, solutions: 1, continuations: 4, ...settings, seed: 1 },
      { ...policy, describe: async () => ({ ...(await policy.describe()), ...(way && { continuation: { way, why: 'a test' } }) }) },
      badJudge,
      onEvent,
    );
    return { asked: Object.fromEntries(asked), labels: stepsWithScore(tree)[0]!.steps_with_score };
  };

  it('samples only the missing continuations of a step, and logs how many were reused', async () => {
    const events: RunEvent[] = [];
    const { asked, labels } = await run({ reuse: true }, (event) => events.push(event));
    // The solution is one of the four continuations of "a", all of which contain "b" and "bad".
    expect(asked).toEqual({ '': 1, a: 3 });
    expect(labels.map(({ num_mc_correct, num_mc_total }) => [num_mc_correct, num_mc_total])).toEqual([
      [0, 4],
      [0, 4],
      [0, 4],
    ]);
    expect(events.flatMap((event) => (event.event === 'value' && event.node > 0 ? [event.reused] : []))).toEqual([1, 4, 4]);
  });

  it('counts reused ones toward the 16 continuations when stopWhenDecided is also set', async () => {
    const { asked } = await run({ reuse: true, stopWhenDecided: true, continuations: 16 });
    expect(asked).toEqual({ '': 1, a: 15 });
  });

  it('does not happen without the option', async () => {
    const { asked } = await run({});
    expect(asked).toEqual({ '': 1, a: 4, 'a b': 4, 'a b bad': 4 });
  });
});
