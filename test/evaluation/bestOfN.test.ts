import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestOfN, type Candidate, type CandidateSet, SELECTIONS } from '../../server/evaluation/bestOfN.js';
import { SCORE_RULES, solutionScore } from '../../server/evaluation/solutionScore.js';
import { allSubsets, bestIsCorrect, logChoose, passAt, subsetMeans } from '../../server/evaluation/subsets.js';
import { interval, resampleWeights } from '../../server/reasoning/bootstrap.js';
import { createRandom, sampleIndices } from '../../server/reasoning/random.js';

const candidate: fc.Arbitrary<Candidate> = fc.record({
  correct: fc.boolean(),
  scores: fc.array(
    fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
    { maxLength: 3 },
  ),
  answer: fc.constantFrom('1', '2', '3'),
});
const candidates = fc.array(candidate, { minLength: 1, maxLength: 7 });

/** Best-of-N by definition: the share of all subsets of size `k` that `solves` accepts. */
function byEnumeration(all: readonly Candidate[], k: number, solves: (subset: Candidate[]) => boolean): number {
  const subsets = [...allSubsets(all.length, k)].length;
  let solved = 0;
  for (const subset of allSubsets(all.length, k)) if (solves(subset.map((i) => all[i]!))) solved++;
  return solved / subsets;
}

function chosenByScore(rule: (typeof SCORE_RULES)[number]) {
  return (subset: Candidate[]): boolean => {
    const scores = subset.map((one) => solutionScore(one.scores, rule));
    return subset[scores.indexOf(Math.max(...scores))]!.correct;
  };
}

function chosenByVote(subset: Candidate[]): boolean {
  const count = (one: Candidate): number => subset.filter((other) => other.answer === one.answer).length;
  return subset.find((one) => count(one) === Math.max(...subset.map(count)))!.correct;
}

describe('Best-of-N over all subsets', () => {
  it('equals the average over every subset, for every selection and N', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const result = bestOfN([{ id: 'p', candidates: all }], 1);
        for (const [i, k] of result.sizes.entries()) {
          expect(result.curves.pass[i]!.value).toBeCloseTo(
            byEnumeration(all, k, (subset) => subset.some((one) => one.correct)),
            10,
          );
          expect(result.curves.random[i]!.value).toBeCloseTo(all.filter((one) => one.correct).length / all.length, 10);
          expect(result.curves.selfConsistency[i]!.value).toBeCloseTo(byEnumeration(all, k, chosenByVote), 10);
          for (const rule of SCORE_RULES)
            expect(result.curves[rule][i]!.value, rule).toBeCloseTo(byEnumeration(all, k, chosenByScore(rule)), 10);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('never exceeds pass@N, and is the same for every selection at N = 1', () => {
    fc.assert(
      fc.property(fc.array(candidates, { minLength: 1, maxLength: 4 }), (all) => {
        const sets = all.map((some, i): CandidateSet => ({ id: String(i), candidates: some }));
        const result = bestOfN(sets, 7);
        for (const selection of SELECTIONS) {
          expect(result.curves[selection][0]!.value).toBeCloseTo(result.curves.random[0]!.value, 10);
          result.sizes.forEach((_, i) => {
            const { value, low, high } = result.curves[selection][i]!;
            expect(value).toBeLessThanOrEqual(result.curves.pass[i]!.value + 1e-10);
            expect(low).toBeLessThanOrEqual(high);
          });
        }
      }),
      { numRuns: 10 },
    );
  });

  it('uses all candidates of a problem that has fewer than N, and reports how many problems have N', () => {
    const right: Candidate = { correct: true, scores: [0.9], answer: '1' };
    const wrong: Candidate = { correct: false, scores: [0.2], answer: '2' };
    const result = bestOfN(
      [
        { id: 'a', candidates: [wrong, right, wrong] },
        { id: 'b', candidates: [right] },
        { id: 'c', candidates: [] },
      ],
      1,
    );
    expect(result).toMatchObject({ problems: 2, candidates: 4, sizes: [1, 2, 3], complete: [2, 1, 1], unscored: 0, unanswered: 0 });
    expect(result.curves.min.map(({ value }) => value)).toEqual([2 / 3, 5 / 6, 1].map((value) => expect.closeTo(value, 10) as number));
    expect(result.gains.min[2]!.value).toBeCloseTo(1 - 2 / 3, 10);
  });

  it('has no sizes for an empty set of problems', () => {
    expect(bestOfN([], 1)).toMatchObject({ problems: 0, sizes: [] });
  });

  it('gives the same numbers for the same seed, and other intervals for another seed', () => {
    const sets = Array.from(
      { length: 4 },
      (_, i): CandidateSet => ({
        id: String(i),
        candidates: Array.from(
          { length: 10 },
          (_, j): Candidate => ({ correct: (i * j) % 3 === 0, scores: [((i * 7 + j * 3) % 10) / 10], answer: String((i * j) % 4) }),
        ),
      }),
    );
    expect(bestOfN(sets, 5)).toEqual(bestOfN(sets, 5));
    expect(bestOfN(sets, 5).curves.min[3]!.low).not.toBe(bestOfN(sets, 6).curves.min[3]!.low);
  });
});

describe('a candidate without scores', () => {
  it('is never chosen by a score while another has one, even when all sums of logs are negative', () => {
    const all: Candidate[] = [
      { correct: true, scores: [] },
      { correct: false, scores: [0.1, 0.2] },
      { correct: false, scores: [0.01] },
    ];
    const { curves } = bestOfN([{ id: 'p', candidates: all }], 1);
    for (const rule of SCORE_RULES) expect([rule, curves[rule][2]!.value]).toEqual([rule, 0]);
  });
});

describe('a set of 100 candidates', () => {
  it('is estimated at every N from 1 to 100', () => {
    const all = Array.from(
      { length: 100 },
      (_, i): Candidate => ({ correct: i % 3 === 0, scores: [((i * 37) % 100) / 100], answer: String(i % 7) }),
    );
    const { sizes, curves } = bestOfN([{ id: 'p', candidates: all }], 1);
    expect(sizes).toHaveLength(100);
    expect(curves.pass[99]!.value).toBeCloseTo(1, 9);
    // At N = 1 a vote is a random choice.
    expect(curves.selfConsistency[0]!.value).toBeCloseTo(curves.random[0]!.value, 9);
    expect(curves.min[99]!.value).toBe(all[all.map(({ scores }) => scores[0]).indexOf(99 / 100)]!.correct ? 1 : 0);
  });
});

describe("a candidate's score by MM-PRM's rules", () => {
  it.each([
    ['min', 0.2],
    ['last', 0.8],
    ['product', 0.08],
    ['mean', 0.5],
    ['max', 0.8],
    ['sumLog', Math.log(0.5) + Math.log(0.2) + Math.log(0.8)],
    ['sumLogit', Math.log(0.25) + Math.log(4)],
    ['meanOdds', (1 + 0.25 + 4) / 3],
  ] as const)('follows the definition of %s', (rule, expected) => {
    expect(solutionScore([0.5, 0.2, 0.8], rule)).toBeCloseTo(expected, 10);
  });

  it('is -Infinity without scores, ignores unscored steps, and is finite at 0 and 1', () => {
    for (const rule of SCORE_RULES) {
      expect(solutionScore([], rule)).toBe(-Infinity);
      expect(solutionScore([NaN, 0.3], rule)).toBe(solutionScore([0.3], rule));
      expect(Number.isFinite(solutionScore([0, 1], rule))).toBe(true);
    }
  });
});

describe('statistics over subsets of candidates', () => {
  it('match pass@k of Chen et al.', () => {
    expect(passAt(10, 3, 1)).toBeCloseTo(0.3, 12);
    expect(passAt(10, 3, 8)).toBeCloseTo(1, 12);
    expect(passAt(200, 1, 100)).toBeCloseTo(0.5, 10);
    expect(passAt(5, 0, 3)).toBeCloseTo(0, 12);
  });

  it('stay exact for many candidates', () => {
    expect(Math.exp(logChoose(16, 8))).toBeCloseTo(12870, 6);
    expect(
      bestIsCorrect(
        Array.from({ length: 256 }, () => true),
        128,
      ),
    ).toBeCloseTo(1, 9);
  });

  it('are estimated by sampling when there are too many subsets', () => {
    const members = new Set<number>();
    const holds3 = { reset: () => members.clear(), add: (index: number) => members.add(index), value: () => (members.has(3) ? 1 : 0) };
    const means = subsetMeans(30, holds3, createRandom(1, 'x'));
    // Sizes with few subsets are exact.
    expect([means[0], means[1], means[28], means[29]]).toEqual([1 / 30, 2 / 30, 29 / 30, 1]);
    expect(means[14]).toBeGreaterThan(0.42);
    expect(means[14]).toBeLessThan(0.58);
  });

  it('draw different indices, each equally often', () => {
    const random = createRandom(3);
    const counts = new Array<number>(6).fill(0);
    const draws = Array.from({ length: 3000 }, () => sampleIndices(6, 2, random));
    expect(draws.filter((drawn) => new Set(drawn).size !== 2)).toEqual([]);
    for (const index of draws.flat()) counts[index]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
    expect(sampleIndices(2, 5, random)).toEqual([0, 1]);
  });
});

describe('the bootstrap', () => {
  it('draws as many rows as the data has', () => {
    for (const weight of resampleWeights(9, 1)) expect(weight.reduce((a, b) => a + b, 0)).toBe(9);
  });

  it('has the 2.5 % and 97.5 % quantiles as its interval', () => {
    const random = createRandom(11);
    const [low, high] = interval(Array.from({ length: 1000 }, () => random()));
    expect(low).toBeCloseTo(0.025, 1);
    expect(high).toBeCloseTo(0.975, 1);
  });
});
