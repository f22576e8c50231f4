import { answerForm } from './answerForm.js';
import { answerText } from './answerText.js';
import { readQuantity } from './quantity.js';

/**
 * An answer in a form in which most equal answers are equal strings, for counting votes: option letters without brackets,
 * numbers as fractions in lowest terms (unit and percent sign kept apart), anything else without blanks and capitals.
 */
export function answerKey(answer: string): string {
  const text = answerText(answer);
  const form = answerForm(text);
  if (form.kind === 'choice') return form.letters.join();
  const value = form.kind === 'equation' && /^[a-z]$/i.test(form.left) ? form.right : text;
  const quantity = readQuantity(value);
  if (quantity === undefined) return value.replace(/\s+/g, '').toLowerCase();
  const { num, den } = quantity.number;
  const divisor = gcd(num < 0n ? -num : num, den);
  return `${num / divisor}/${den / divisor}${quantity.percent ? '%' : ''}`;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b];
  return a;
}
