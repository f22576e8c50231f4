import { itemAt } from '../reasoning/present.js';
import { type AnswerForm, asClock } from './answerForm.js';
import { exactValue } from './math/evaluate.js';
import { multiply } from './math/rational.js';
import { type Measure, readMeasure, wholeValue } from './measure.js';
import type { Verdict } from './verdict.js';
import { undecided } from './verifier.js';

/** Compares a time of day with a time of day, an hour, or something else. */
export function compareClocks(a: AnswerForm, r: AnswerForm, aText: string, rText: string): Verdict {
  const hour = (form: AnswerForm, text: string) => {
    const value = form.kind === 'single' ? wholeValue(text) : undefined;
    return value === undefined || value < 0n || value > 24n
      ? asClock(form)
      : ({ kind: 'clock', minutes: Number(value % 12n) * 60, isExact: false } as const);
  };
  const [x, y] = [hour(a, aText), hour(r, rText)];
  if (x === undefined || y === undefined) {
    const isOtherNumber = (a.kind === 'single' ? readMeasure(aText) : readMeasure(rText)) !== undefined;
    return isOtherNumber
      ? { verdict: 'wrong', method: 'unit' }
      : undecided('unreadable', 'A time of day and something else cannot be compared.');
  }
  const modulus = x.isExact && y.isExact ? 1440 : 720;
  return { verdict: x.minutes % modulus === y.minutes % modulus ? 'right' : 'wrong', method: 'unit' };
}

/** 3:20 beside "3 hours and 20 minutes", or minutes and seconds. */
export function compareDuration(terms: readonly string[], other: Measure): Verdict | undefined {
  if (other.units.length !== 1 || itemAt(other.units, 0).dimension !== 'time:1' || !/^\d+:[0-5]\d(?::[0-5]\d)?$/.test(terms.join(':')))
    return undefined;
  const seconds = terms.reduce((sum, term) => 60n * sum + BigInt(term), 0n);
  const value = exactValue(other.value);
  const taken = value && multiply(value, itemAt(other.units, 0).factor);
  if (taken === undefined) return undefined;
  const isSame = (terms.length === 3 ? [seconds] : [seconds, 60n * seconds]).some((n) => taken.num === n * taken.den);
  return { verdict: isSame ? 'right' : 'wrong', method: 'unit' };
}
