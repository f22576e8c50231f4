import { wordPairs } from '../../server/scoring/scope/wordPairs.js';
import { generateSolution, seeds } from './problems/labeled.js';

/** 18 kinds, 2,000 problems of each: twice as many add 2 % more pairs. */
export const scopeProblems = 36_000;

/** The word pairs of generated problems of the training seed and their solutions, in the order of their characters. */
export function scopePairs(): string[] {
  const pairs = new Set<string>();
  for (let i = 0; i < scopeProblems; i++) {
    const { problem, steps } = generateSolution(seeds.train, i);
    for (const text of [problem.question, ...steps]) for (const pair of wordPairs(text)) pairs.add(pair);
  }
  return [...pairs].sort();
}
