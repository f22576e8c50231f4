import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auroc } from '../../scripts/miniature/auroc.js';
import { labelStudy, labelText } from '../../scripts/miniature/labelReport.js';
import { labelQuality, mergeQuality, noneRight, suspectQuality } from '../../scripts/miniature/labelStudy.js';
import { type JudgedSolution, readRolloutLog } from '../../scripts/miniature/rolloutLog.js';

const row = (right: number, all = 32) => '1'.repeat(right) + '0'.repeat(all - right);
/** Steps with `rights` right continuations of 32 each, then the last step. `firstError`: -1 = none. */
function solution(rights: readonly number[], firstError: number, index = 0): JudgedSolution {
  const steps = [...rights.map((_, i) => `s${i}`), 'end'];
  const verdicts = [...rights.map((right) => row(right)), firstError < 0 ? '1' : '0'];
  return { index, kind: 'k', question: 'q', steps, verdicts, exact: { firstError, solved: firstError < 0 } };
}

describe('labels of fewer continuations than were logged', () => {
  it('average over every possible draw of the logged continuations', () => {
    /** Share of all draws of `samples` out of `all` that contain none of the first `right`. */
    const counted = (right: number, samples: number, all: number): number => {
      let [none, ways] = [0, 0];
      for (let set = 0; set < 2 ** all; set++) {
        const drawn = Array.from({ length: all }, (_, i) => i).filter((i) => (set >> i) & 1);
        if (drawn.length !== samples) continue;
        ways++;
        if (drawn.every((i) => i >= right)) none++;
      }
      return none / ways;
    };
    fc.assert(
      fc.property(fc.nat(8), fc.integer({ min: 1, max: 8 }), (right, samples) => {
        expect(noneRight(right, samples, 8)).toBeCloseTo(counted(right, samples, 8), 10);
      }),
    );
  });

  it('are wrong when a right step never succeeds or a wrong one does', () => {
    // Two right steps, one without right continuations; a wrong step that succeeds by luck, and one that never does.
    const quality = labelQuality([solution([32, 0, 16, 0], 2)], 32, 1);
    expect(quality.flips.value).toBe(2 / 4);
    expect(quality.rightCalledWrong.value).toBe(1 / 2);
    expect(quality.wrongCalledRight.value).toBe(1 / 2);
    expect(quality.bias.value).toBe(0);
    expect(quality.softBias.value).toBeCloseTo((1.5 - 2) / 4);
    const [few, many] = [8, 16].map((samples) => labelQuality([solution([1], -1)], samples, 1).flips.value);
    expect([few, many]).toEqual([24 / 32, 16 / 32].map((share) => expect.closeTo(share, 10) as number));
  });
});

describe('merged steps', () => {
  const found = solution([32, 32, 32, 0, 0], 3);

  it('have the label of their last step, and contain the first error in a longer piece', () => {
    expect(mergeQuality([found], 99, 1)).toMatchObject({ merged: 0, rollouts: 80, length: 1, found: { value: 1 }, flips: { value: 0 } });
    // Six steps merged into three pieces of two. The first error is in the second piece.
    expect(mergeQuality([found], 3, 1)).toMatchObject({ merged: 1, rollouts: 32, length: 2, found: { value: 1 }, flips: { value: 0 } });
    expect(mergeQuality([found], 1, 1)).toMatchObject({ rollouts: 0, length: 6, found: { value: 1 } });
  });
});

describe('suspicious labels', () => {
  it('have an AUROC equal to the share of wrong labels that rank above right ones, with ties as half', () => {
    const ranked = fc.array(fc.record({ problem: fc.nat(3), isWrong: fc.boolean(), suspicion: fc.nat(4).map((n) => n / 4) }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(ranked, fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }), (labels, weights) => {
        let [before, pairs] = [0, 0];
        for (const wrong of labels.filter(({ isWrong }) => isWrong))
          for (const right of labels.filter(({ isWrong }) => !isWrong)) {
            const weight = weights[wrong.problem]! * weights[right.problem]!;
            pairs += weight;
            before += weight * (wrong.suspicion > right.suspicion ? 1 : wrong.suspicion === right.suspicion ? 0.5 : 0);
          }
        const found = auroc(labels.map((label) => ({ ...label, score: label.suspicion, isHigh: label.isWrong })))(
          (problem) => weights[problem]!,
        );
        if (pairs === 0) expect(found).toBeNaN();
        else expect(found).toBeCloseTo(before / pairs, 10);
      }),
    );
  });

  it('are labels that the PRM contradicts', () => {
    const many = Array.from({ length: 40 }, (_, i) => (i % 10 === 0 ? solution([31, 3], 1, i) : solution([31, 30], -1, i)));
    const scores = many.map(({ exact }) => [0.95, exact.firstError === 1 ? 0.05 : 0.9, NaN]);
    const { wrongLabels, labels, auroc: found, precision } = suspectQuality(many, scores, 1, 16, 4);
    // Two blocks of 16 continuations per step. All lucky ones are in the first block.
    expect([labels, wrongLabels]).toEqual([160, 4]);
    expect(found.value).toBe(1);
    expect(precision).toEqual({ count: 4, share: 1, most: 1 });
    expect(suspectQuality(many, scores, 1, 16, 8).precision).toEqual({ count: 8, share: 0.5, most: 0.5 });
    expect(suspectQuality(many, scores, 1, 16, 8).rPrecision).toBe(1);
  });
});

describe('the rollout log', () => {
  const log = readRolloutLog();

  it('has one solution per problem, with 32 verdicts per step and a final one that exact rules confirm in over 95 %', () => {
    expect(log.length).toBeGreaterThanOrEqual(500);
    const indices = log.map(({ index }) => index);
    expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
    let agree = 0;
    for (const { steps, verdicts, exact } of log) {
      expect(verdicts).toHaveLength(steps.length);
      for (const step of verdicts.slice(0, -1)) expect(step).toMatch(/^(?:[01u]{32})?$/);
      expect(verdicts.at(-1)).toMatch(/^[01u]$/);
      if ((verdicts.at(-1) === '1') === exact.solved) agree++;
    }
    // Not 1, because two mistakes can lead to a right answer.
    expect(agree / log.length).toBeGreaterThan(0.95);
  });

  it('gives the label study of the model card for 8, 16 and 32 continuations', () => {
    const part = log.slice(0, 90);
    const study = labelStudy(
      part,
      part.map(({ steps }) => steps.map(() => 0.5)),
      1,
    );
    const text = labelText(study);
    expect(study.groups[0]!.labels.map(({ samples }) => samples)).toEqual([8, 16, 32]);
    expect(text).toContain('90 held-out solutions of the policy, 32 logged continuations a step');
    expect(text).not.toContain('NaN');
  });
});
