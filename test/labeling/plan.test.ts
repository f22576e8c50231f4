import { describe, expect, it } from 'vitest';
import { fullRate } from '../../server/labeling/economy/throughput.js';

describe('the rate of a run', () => {
  const batch = (from: number, to: number, rollouts: number) => ({ from, to, rollouts });

  it('is measured while all jobs are busy, not at the end of the run', () => {
    // Two problems run at once for 2 s, then one alone for 8 s.
    const problems = [{ batches: [batch(0, 1000, 10), batch(1000, 2000, 10)] }, { batches: [batch(0, 2000, 20), batch(2000, 10_000, 8)] }];
    expect(fullRate(problems, 2)).toBeCloseTo(40 / 2, 9);
  });

  it('ignores the pause of a resumed run, allows fewer problems than jobs, and is infinite without batches', () => {
    expect(fullRate([{ batches: [batch(0, 1000, 10), batch(1_000_000, 1_001_000, 10)] }], 4)).toBeCloseTo(10, 9);
    expect(fullRate([{ batches: [] }], 4)).toBe(Infinity);
  });
});
