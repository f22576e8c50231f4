import { bootstrapMeans, type Estimate, resampleWeights } from '../reasoning/bootstrap.js';
import { createRandom } from '../reasoning/random.js';
import { SCORE_RULES, type ScoreRule, solutionScore } from './solutionScore.js';
import { bestIsCorrect, type Growing, passAt, subsetMeans } from './subsets.js';

/** The candidates of one problem. */
export interface CandidateSet {
  /** Distinguishes problems in the seeded calculations. */
  readonly id: string;
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  /** The verdict on its final answer. */
  readonly correct: boolean;
  /** PRM scores of its steps in [0, 1]; NaN = not scored; may be empty. */
  readonly scores: readonly number[];
  /** Final answer, in a form in which equal answers are equal strings; undefined when none was found. */
  readonly answer?: string;
}

/** How one of N candidates is chosen; `pass` counts a problem as solved when any of them is right. */
export type SelectionRule = 'pass' | 'random' | 'selfConsistency' | ScoreRule;

export const SELECTIONS: readonly SelectionRule[] = ['pass', 'random', 'selfConsistency', ...SCORE_RULES];

export interface BestOfN {
  readonly problems: number;
  readonly candidates: number;
  /** Candidates without any step score: they are chosen only when no other one is left. */
  readonly unscored: number;
  /** Candidates without a readable final answer: they do not vote. */
  readonly unanswered: number;
  /** 1, 2, .., the largest number of candidates of a problem. */
  readonly sizes: readonly number[];
  /** Number of problems with at least `sizes[i]` candidates; the others count with all they have. */
  readonly complete: readonly number[];
  /** Accuracy in [0, 1] by position in `sizes`, with a 95 % interval. */
  readonly curves: Readonly<Record<SelectionRule, readonly Estimate[]>>;
  /** Accuracy minus that of `random`, resampled in pairs: a gain is real when its interval is above 0. */
  readonly gains: Readonly<Record<SelectionRule, readonly Estimate[]>>;
}

/**
 * Best-of-N for N = 1 .. all, as MM-PRM reports it (`eval/prm/extract_calculate.py`): each number is the expectation
 * over all N-subsets of a problem's candidates, averaged over problems. pass@N, random choice and choice by score are
 * exact. Majority voting is exact up to 4,096 subsets of a size, and above that the mean of 1,000 seeded ones. Ties go
 * to the first candidate, as `list.index` does there. Intervals are percentiles of 1,000 seeded bootstrap resamples of
 * the problems.
 */
export function bestOfN(sets: readonly CandidateSet[], seed: number): BestOfN {
  const parts = bestOfNInParts(sets, seed);
  for (;;) {
    const part = parts.next();
    if (part.done) return part.value;
  }
}

/** Columns that are resampled between two yields. */
const COLUMNS = 16;

/**
 * The same, but yields after every problem and every few columns: large sets take seconds and would block other work.
 */
export function* bestOfNInParts(sets: readonly CandidateSet[], seed: number): Generator<void, BestOfN> {
  const used = sets.filter((set) => set.candidates.length > 0);
  const largest = used.reduce((n, set) => Math.max(n, set.candidates.length), 0);
  const sizes = Array.from({ length: largest }, (_, i) => i + 1);
  const perProblem: Record<SelectionRule, number[]>[] = [];
  for (const set of used) {
    perProblem.push(accuracies(set, largest, seed));
    yield;
  }
  const weights = resampleWeights(used.length, seed);
  const curves = {} as Record<SelectionRule, Estimate[]>;
  const gains = {} as Record<SelectionRule, Estimate[]>;
  for (const selection of SELECTIONS) {
    const columns = sizes.map((_, i) => perProblem.map((values) => values[selection][i]!));
    const differences = sizes.map((_, i) => perProblem.map((values) => values[selection][i]! - values.random[i]!));
    curves[selection] = [];
    gains[selection] = [];
    for (let from = 0; from < sizes.length; from += COLUMNS) {
      curves[selection].push(...bootstrapMeans(columns.slice(from, from + COLUMNS), weights));
      gains[selection].push(...bootstrapMeans(differences.slice(from, from + COLUMNS), weights));
      yield;
    }
  }
  const candidates = used.flatMap((set) => set.candidates);
  return {
    problems: used.length,
    candidates: candidates.length,
    unscored: candidates.filter((candidate) => candidate.scores.every(Number.isNaN)).length,
    unanswered: candidates.filter((candidate) => candidate.answer === undefined).length,
    sizes,
    complete: sizes.map((size) => used.filter((set) => set.candidates.length >= size).length),
    curves,
    gains,
  };
}

/** Chance that one problem is solved with each selection, for N = 1 .. `largest`. */
function accuracies(set: CandidateSet, largest: number, seed: number): Record<SelectionRule, number[]> {
  const { candidates } = set;
  const n = candidates.length;
  const correct = candidates.filter((candidate) => candidate.correct).length;
  const chances = {} as Record<SelectionRule, number[]>;
  const fill = (selection: SelectionRule, chance: (k: number) => number): void => {
    const known = Array.from({ length: n }, (_, i) => chance(i + 1));
    chances[selection] = Array.from({ length: largest }, (_, i) => known[Math.min(i, n - 1)]!);
  };
  fill('pass', (k) => passAt(n, correct, k));
  fill('random', () => correct / n);
  const votes = subsetMeans(n, majorityOf(candidates), createRandom(seed, set.id));
  fill('selfConsistency', (k) => votes[k - 1]!);
  for (const rule of SCORE_RULES) {
    const scored = candidates.map((candidate, index) => ({
      index,
      score: solutionScore(candidate.scores, rule),
      correct: candidate.correct,
    }));
    const ranked = scored.sort((a, b) => b.score - a.score || a.index - b.index).map((candidate) => candidate.correct);
    fill(rule, (k) => bestIsCorrect(ranked, k));
  }
  return chances;
}

/**
 * Self-consistency (Wang et al. 2022): 1 when the first candidate with the most frequent answer of a subset is right;
 * of equally frequent answers, the one that comes first counts. If no candidate has an answer, the first candidate
 * counts.
 */
function majorityOf(candidates: readonly Candidate[]): Growing {
  const numbers = new Map<string, number>();
  for (const { answer } of candidates) if (answer !== undefined && !numbers.has(answer)) numbers.set(answer, numbers.size);
  const answers = candidates.map(({ answer }) => (answer === undefined ? -1 : numbers.get(answer)!));
  const counts = new Uint32Array(numbers.size);
  const firsts = new Uint32Array(numbers.size);
  let leader = -1;
  let first = Infinity;
  return {
    reset() {
      counts.fill(0);
      leader = -1;
      first = Infinity;
    },
    add(index) {
      first = Math.min(first, index);
      const answer = answers[index]!;
      if (answer < 0) return;
      firsts[answer] = counts[answer] === 0 ? index : Math.min(firsts[answer]!, index);
      counts[answer]!++;
      // Only this answer's count has changed, so the leader is either this answer or the previous leader.
      const lead = leader < 0 ? 1 : counts[answer]! - counts[leader]!;
      if (lead > 0 || (lead === 0 && firsts[answer] < firsts[leader]!)) leader = answer;
    },
    value: () => (candidates[leader < 0 ? first : firsts[leader]!]!.correct ? 1 : 0),
  };
}
