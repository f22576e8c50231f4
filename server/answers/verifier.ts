import type { Algebra } from './algebra.js';
import { compareAnswers, type Verdict } from './compareAnswers.js';

export type { Algebra } from './algebra.js';
export type { AnswerMethod, Verdict } from './compareAnswers.js';

/**
 * Decides whether a final answer is the reference, by rules alone: exact numbers in any usual spelling, units, percent,
 * option letters, tuples and sets, intervals, equations, and equality of expressions by computer algebra. It says
 * `undecided` rather than guess, so that a judge can be asked: "wrong" and "right" are meant to be certain.
 * Its rules grew from InternVL's `utils/accuracy_reward.py` (`math_score`, `mc_score`, `latex_score`), which tolerates 0.1 %
 * and compares unreadable answers as strings; here such answers are undecided.
 */
export function verifyAnswer(answer: string | undefined, reference: string, algebra: Algebra): Verdict {
  return compareAnswers(answer ?? '', reference, algebra);
}
