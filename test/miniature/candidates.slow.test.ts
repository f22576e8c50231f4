import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { candidateLogs, packCandidates, readCandidates } from '../../scripts/miniature/candidateLog.js';
import { candidateTable, candidateText, scoreCandidates } from '../../scripts/miniature/candidateReport.js';
import { judgeSteps } from '../../scripts/miniature/problems/exactSteps.js';
import { seeds } from '../../scripts/miniature/problems/labeled.js';
import { generateProblem } from '../../scripts/miniature/problems/registry.js';
import type { ScoreJob, ScorerInfo } from '../../server/scoring/scorer.js';

const information: ScorerInfo = {
  model: 'exact',
  modelPath: '',
  fingerprint: '',
  threshold: 0.5,
  aggregation: 'min',
  device: { provider: 'cpu', passedOver: [] },
  readsImages: false,
};

/** Scores by the generator's own rules, like a PRM without errors. */
function exactScorer(indices: readonly number[]) {
  const left = [...indices];
  return {
    describe: () => Promise.resolve(information),
    score({ question, steps }: ScoreJob) {
      const problem = generateProblem(seeds.heldOut, left.shift()!);
      expect(problem.question).toBe(question);
      const scores = steps.map((_, i) => {
        const path: string[] = [];
        for (let at: number | undefined = i; at !== undefined; at = steps[at]!.parent) path.unshift(steps[at]!.text);
        return judgeSteps(problem, path).firstError < 0 ? 0.9 : 0.1;
      });
      return Promise.resolve({ scores: Float64Array.from(scores), skipped: new Map<number, string>(), cached: 0, tokens: 0 });
    },
  };
}

describe('a log of candidates', () => {
  it('stores equal solutions once, in sampling order, regardless of the order of its lines', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'steplens-candidates-'));
    const lines = [
      { index: 5, round: 1, solutions: [['c'], ['a', 'b']] },
      { index: 2, round: 0, solutions: [['x'], ['x']] },
      { index: 5, round: 0, solutions: [['a', 'b'], ['a\nb']] },
    ];
    await writeFile(join(folder, 'log.gz'), packCandidates(lines));
    const read = readCandidates(join(folder, 'log.gz'));
    expect(read.map(({ index, drawn }) => [index, drawn])).toEqual([
      [2, [0, 0]],
      [5, [0, 1, 2, 0]],
    ]);
    expect(read[1]!.solutions.map(({ steps }) => steps)).toEqual([['a', 'b'], ['a\nb'], ['c']]);
    expect(readCandidates(join(folder, 'log.gz'), 1)).toHaveLength(1);
    await rm(folder, { recursive: true });
  });

  it.each(Object.entries(candidateLogs))('has at least 16 candidates for each of at least 500 problems (%s)', (name, file) => {
    const read = readCandidates(file);
    expect(read.length).toBeGreaterThanOrEqual(500);
    expect(read.map(({ index }) => index)).toEqual(read.map((_, i) => i));
    for (const { drawn, solutions } of read) {
      expect(drawn.length).toBeGreaterThanOrEqual(16);
      expect(Math.max(...drawn)).toBe(solutions.length - 1);
    }
    // Two problems of every kind have 128 candidates.
    const many = read.filter(({ drawn }) => drawn.length === 128);
    if (name === 'bundled') expect(new Set(many.slice(0, 36).map(({ problem }) => problem.kind)).size).toBe(18);
  });
});

describe('the candidate table', () => {
  it('shows perfect step scores for an exact scorer, and both groups of problems', async () => {
    const problems = readCandidates(candidateLogs.second, 12).map((one, i) =>
      i < 6 ? { ...one, drawn: [...one.drawn, ...one.drawn] } : one,
    );
    const scorer = exactScorer(problems.map(({ index }) => index));
    const scored = await scoreCandidates(problems, scorer, () => Promise.resolve([]), 1);
    const table = candidateTable(scored);
    expect(table.bestOfN.map(({ problems, rows }) => [problems, rows.map(({ candidates }) => candidates)])).toEqual([
      [12, [1, 2, 4, 8, 16]],
      [6, [1, 2, 4, 8, 16, 32]],
    ]);
    expect(table.candidates).toBe(12 * 16);
    expect(table.steps.macroF1.value).toBe(1);
    for (const { found } of table.firstErrors) expect(found).toBe(1);
    for (const { rows } of table.bestOfN)
      for (const { accuracy } of rows) {
        // The exact rules miss a right answer only if it follows from a wrong step.
        expect(accuracy['PRM, min of steps']!.value).toBeLessThanOrEqual(accuracy['any is right']!.value + 1e-9);
        expect(accuracy['PRM, min of steps']!.value).toBeGreaterThan(accuracy['any is right']!.value - 0.1);
      }
    const text = candidateText('Test', table);
    expect(text).toContain('Best-of-N on 12 problems');
    expect(text).toContain('Best-of-N on 6 problems');
    expect(text).not.toContain('NaN');
  });
});
