import { describe, expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';
import { defaultMonteCarlo, type MonteCarloSettings, mergeSteps, stepsWithScore } from '../../server/labeling/monteCarlo.js';
import type { Policy } from '../../server/labeling/policy.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import { badJudge, completions, policyOf, problem } from './scripted.js';

const label = (policy: Policy, settings: Partial<MonteCarloSettings>) =>
  labelInMemory({ ...problem, images: ['a.png'] }, { method: 'monte-carlo', ...defaultMonteCarlo, ...settings, seed: 1 }, policy, badJudge);

describe('mergeSteps', () => {
  it.each([
    [1, 12, [1]],
    [12, 12, Array<number>(12).fill(1)],
    [13, 12, [2, 2, 2, 2, 2, 2, 1]],
    [24, 12, Array<number>(12).fill(2)],
    [25, 12, [3, 3, 3, 3, 3, 3, 3, 3, 1]],
    [5, 1, [5]],
  ])('merges %i steps into at most %i pieces with the lengths %j', (count, most, sizes) => {
    const steps = Array.from({ length: count }, (_, i) => `s${i}`);
    const merged = mergeSteps(steps, most);
    expect(merged.map((piece) => piece.length)).toEqual(sizes);
    expect(merged.flat()).toEqual(steps);
  });
});

describe('Monte-Carlo labeling', () => {
  it("has VisualPRM's settings by default", () => {
    expect(defaultMonteCarlo).toEqual({ solutions: 4, continuations: 16, maxSteps: 12, threshold: 0, earlyStop: false });
  });

  // The problem has three solutions. Half of the rollouts from a prefix without the bad step are right, with it none.
  const policy = policyOf(({ prefix, count }) =>
    prefix.length === 0
      ? [...completions(['a', 'b', 'bad', 'd', 'e'], ['x']), { failure: 'It timed out.' }]
      : completions(...Array.from({ length: count }, (_, i) => (i % 2 === 0 ? ['right'] : ['bad']))),
  );

  it('values every step of every solution by its continuations', async () => {
    const prefixes: string[] = [];
    const listening = {
      ...policy,
      sample: (request: Parameters<Policy['sample']>[0]) => (prefixes.push(request.prefix.join('')), policy.sample(request)),
    };
    const records = stepsWithScore(await label(listening, { continuations: 4, maxSteps: 3 }));
    expect(prefixes).toEqual(['', 'ab', 'abbadd', 'abbadde', 'x']);
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({
      image: 'a.png',
      question: 'How many?',
      answer: '0',
      response: 'a\n\nb\n\nbad\n\nd\n\ne',
      num_mc_sequences: 4,
      id: 'p-0',
      steps_with_score: [
        { step: 'a\n\nb', score: 0.5, num_mc_correct: 2, num_mc_total: 4, right: true },
        { step: 'bad\n\nd', score: 0, num_mc_correct: 0, num_mc_total: 4, right: false },
        { step: 'e', score: 0, num_mc_correct: 0, num_mc_total: 4, right: false },
      ],
    });
    const read = readDocument(records.map((record) => `${JSON.stringify(record)}\n`).join(''), 'jsonl')!;
    expect(read).toMatchObject({ format: 'visualPrmRaw', faults: [] });
    expect(read.problems[0]!.steps.map((step) => step.values.mc)).toMatchObject([
      { correct: 2, total: 4 },
      { correct: 0, total: 4 },
      { correct: 0, total: 4 },
    ]);
  });

  it('does not sample the steps after the first wrong one with earlyStop', async () => {
    const [first] = stepsWithScore(await label(policy, { continuations: 4, earlyStop: true }));
    expect(first!.steps_with_score.map(({ num_mc_total, right }) => [num_mc_total, right])).toEqual([
      [4, true],
      [4, true],
      [4, false],
      [0, null],
      [0, null],
    ]);
    const [strict] = stepsWithScore(await label(policy, { continuations: 4, earlyStop: true, threshold: 0.5 }));
    expect(strict!.steps_with_score.map(({ num_mc_total, right }) => [num_mc_total, right])).toEqual([
      [4, false],
      [0, null],
      [0, null],
      [0, null],
      [0, null],
    ]);
  });

  it('counts failed continuations as neither right nor wrong', async () => {
    const failing = policyOf(({ prefix }) =>
      prefix.length === 0
        ? completions(['a', 'b'])
        : prefix.length === 1
          ? [...completions(['ok']), { failure: 'No.' }]
          : [{ failure: 'No.' }],
    );
    const [record] = stepsWithScore(await label(failing, {}));
    expect(record!.steps_with_score).toMatchObject([
      { score: 1, num_mc_total: 1, num_mc_failed: 1 },
      { score: 0, num_mc_total: 0, num_mc_failed: 1, right: null },
    ]);
  });
});
