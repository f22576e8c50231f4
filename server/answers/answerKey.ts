import { answerForm } from './answerForm.js';
import { answerText } from './answerText.js';
import { exactValue } from './math/evaluate.js';
import { readMeasure } from './measure.js';

/** Longer answers are their own key. */
const MAX_LENGTH = 200;

/**
 * An answer in a form in which most equal answers are equal strings, for counting votes: option letters without
 * brackets, numbers as fractions in lowest terms (unit and percent sign kept apart), anything else in lower case
 * without blanks.
 */
export function answerKey(answer: string): string {
  if (answer.length > MAX_LENGTH) return answer.trim();
  const text = answerText(answer);
  const form = answerForm(text);
  if (form.kind === 'choice') return form.letters.join();
  const value = form.kind === 'equation' && /^[a-z]$/i.test(form.left) ? form.right : text;
  const measure = form.kind === 'list' || form.kind === 'region' ? undefined : readMeasure(value);
  const number = measure && exactValue(measure.value);
  if (measure === undefined || number === undefined || number.num.toString().length + number.den.toString().length > MAX_LENGTH) {
    return value.replace(/\s+/g, '').toLowerCase();
  }
  const divisor = gcd(number.num < 0n ? -number.num : number.num, number.den);
  return `${number.num / divisor}/${number.den / divisor}${measure.isPercent ? '%' : ''}`;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b];
  return a;
}
