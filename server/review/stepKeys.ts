import { createHash } from 'node:crypto';
import type { Problem } from '../reasoning/problem.js';

export interface StepKeys {
  /** Key of the question. */
  readonly problem: string;
  /** Key of each step together with everything before it, in the order of `Problem.steps`. */
  readonly steps: readonly string[];
}

/**
 * Content keys of a problem's steps: a chain of SHA-256 over the question and the texts of the path, cut to 64 bits. A label
 * with a step's key was made for exactly this question, prefix and step, wherever they are in a file. O(length of the texts).
 */
export function stepKeys({ question, steps }: Pick<Problem, 'question' | 'steps'>): StepKeys {
  const problem = digest('', question);
  const keys: string[] = [];
  for (const step of steps) keys.push(digest(step.parent === undefined ? problem : (keys[step.parent] ?? problem), step.text));
  return { problem, steps: keys };
}

function digest(before: string, text: string): string {
  return createHash('sha256').update(before).update('\0').update(text).digest('hex').slice(0, 16);
}
