import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type ExactVerdict, judgeSteps } from './problems/exactSteps.js';
import { seeds } from './problems/labeled.js';
import type { GeneratedProblem } from './problems/problem.js';
import { generateProblem } from './problems/registry.js';

/** Solutions sampled at once. */
export const ROUND = 16;

/** A line of write-candidates.ts or sample_candidates.py: a policy's solutions for problem `index` of the held-out seed. */
export interface CandidateLine {
  readonly index: number;
  /** 0, 1, .. if a problem has several lines. */
  readonly round: number;
  /** The steps of each solution. */
  readonly solutions: readonly (readonly string[])[];
}

/** A line of a packed log: all distinct solutions of a problem. */
interface PackedLine {
  readonly index: number;
  readonly solutions: readonly (readonly string[])[];
  /** For each solution in the order sampled, its place in `solutions`. */
  readonly drawn: readonly number[];
}

/** A problem of the log with the generator's verdict on each distinct solution. */
export interface LoggedCandidates {
  readonly index: number;
  readonly problem: GeneratedProblem;
  readonly solutions: readonly { readonly steps: readonly string[]; readonly exact: ExactVerdict }[];
  /** For each candidate in the order sampled, its place in `solutions`. */
  readonly drawn: readonly number[];
}

export const candidateLogs = {
  /** Candidates of the bundled policy. */
  bundled: new URL('candidates.jsonl.gz', import.meta.url),
  /** Candidates of a second policy: the network below the PRM, in the middle of its training. */
  second: new URL('second.jsonl.gz', import.meta.url),
} as const;

/** A log as it is committed: problems in order, only distinct solutions. */
export function packCandidates(lines: readonly CandidateLine[]): Uint8Array {
  const sampled = new Map<number, (readonly string[])[]>();
  for (const { index, solutions } of lines.toSorted((a, b) => a.index - b.index || a.round - b.round))
    sampled.set(index, [...(sampled.get(index) ?? []), ...solutions]);
  const packed = [...sampled].map(([index, all]): PackedLine => {
    const texts = all.map((steps) => JSON.stringify(steps));
    const distinct = [...new Set(texts)];
    return { index, solutions: distinct.map((text) => JSON.parse(text) as string[]), drawn: texts.map((text) => distinct.indexOf(text)) };
  });
  return gzipSync(packed.map((line) => `${JSON.stringify(line)}\n`).join(''), { level: 9 });
}

export function readCandidates(file: URL | string, most = Infinity): LoggedCandidates[] {
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, most)
    .map((line) => {
      const { index, solutions, drawn } = JSON.parse(line) as PackedLine;
      const problem = generateProblem(seeds.heldOut, index);
      return { index, problem, solutions: solutions.map((steps) => ({ steps, exact: judgeSteps(problem, steps) })), drawn };
    });
}
