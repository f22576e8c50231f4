import { performance } from 'node:perf_hooks';
import { bestOfNInParts, type CandidateSet } from '../../server/evaluation/bestOfN.js';
import type { Row } from './row.js';

const PROBLEMS = 20;

/** Compares Best-of-N over 64 and 512 candidates: the total time, and the longest part that blocks other work. */
export function measure(): Promise<Row[]> {
  const small = timed(64);
  const large = timed(512);
  return Promise.resolve([
    { name: `evaluate: Best-of-N, ${PROBLEMS} problems of 64 candidates`, value: small.total, unit: 'ms' },
    {
      name: `evaluate: Best-of-N, ${PROBLEMS} problems of 512 candidates`,
      value: large.total,
      unit: 'ms',
      ratio: { to: '64 candidates', value: large.total / small.total },
      note: `longest part ${large.longest.toFixed(0)} ms`,
    },
  ]);
}

function timed(size: number): { readonly total: number; readonly longest: number } {
  const parts = bestOfNInParts(sets(size), 1);
  const start = performance.now();
  let last = start;
  let longest = 0;
  while (!parts.next().done) {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  return { total: performance.now() - start, longest };
}

function sets(size: number): CandidateSet[] {
  return Array.from({ length: PROBLEMS }, (_, problem) => ({
    id: String(problem),
    candidates: Array.from({ length: size }, (__, i) => ({
      correct: (i * 7 + problem) % 3 === 0,
      scores: [((i * 37 + problem) % size) / size, 0.5],
      answer: String((i * i) % 9),
    })),
  }));
}
