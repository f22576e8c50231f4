import { english } from '../l10n.js';
import { compareAnswers } from './compareAnswers.js';
import { startWork, WorkLimit } from './math/evaluate.js';
import type { AnswerMethod, Verdict } from './verdict.js';
import { MAX_ANSWER_LENGTH, undecided, type VerifyRequest } from './verifier.js';

/**
 * Decides whether a final answer is the reference, by rules alone: exact numbers in any usual spelling, units, percent,
 * option letters, tuples and sets, intervals, equations, and equality of expressions by exact arithmetic and by as many
 * digits as are needed. The verdict is `undecided` rather than a guess, so that a judge can be asked: "wrong" and
 * "right" are meant to be certain. The rules started from InternVL's `utils/accuracy_reward.py` (`math_score`,
 * `mc_score`, `latex_score`), which tolerates 0.1 % and compares unreadable answers as strings; here such answers are
 * undecided.
 */
export function verifyAnswer({ answer, reference, question }: VerifyRequest): Verdict {
  if (answer === undefined) return undecided('not found', english('The solution marks no final answer.'));
  const tooLong = Math.max(answer.length, reference.length) > MAX_ANSWER_LENGTH;
  if (tooLong) return undecided('limit', english('Answers of more than {0} characters are not compared.', MAX_ANSWER_LENGTH));
  startWork();
  try {
    const verdict = compareAnswers(answer, reference, question);
    return { ...verdict, reason: verdict.reason ?? reasonOf(verdict) };
  } catch (error) {
    if (error instanceof WorkLimit || error instanceof RangeError) return undecided('limit', error.message);
    throw error;
  }
}

/** What each rule compared, as the subject of a reason. */
const COMPARED: Readonly<Partial<Record<AnswerMethod, string>>> = {
  text: 'The texts',
  words: 'The words',
  choice: 'The options',
  number: 'The exact numbers',
  unit: 'The values after conversion',
  percent: 'The values as shares or in percent',
  rounded: 'The values up to the digits that are written',
  list: 'The items',
  interval: 'The sets of numbers',
  base: 'The numbers in their bases',
  ratio: 'The ratios',
  date: 'The dates',
  chemistry: 'The formulas',
  equation: 'The equations',
  algebra: 'The expressions',
};

function reasonOf({ verdict, method }: Verdict): string {
  const compared = COMPARED[method] ?? 'The answers';
  return verdict === 'undecided'
    ? `${compared} cannot be compared for certain.`
    : `${compared} are ${verdict === 'right' ? 'equal' : 'different'}.`;
}
