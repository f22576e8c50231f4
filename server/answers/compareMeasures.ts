import { itemAt, mustHave } from '../reasoning/present.js';
import { compareAt, compareExpressions, compareUpToConstants, order } from './math/compare.js';
import { evaluatorOf, exactValue, NoValue } from './math/evaluate.js';
import { type MathExpression, renamed, some, substituted, variablesOf } from './math/expression.js';
import { divide, hasNoLastDigit, multiply, type Rational, rational } from './math/rational.js';
import type { Measure } from './measure.js';
import { singularPhrase } from './nouns.js';
import { type Unit, unitsAgree } from './units.js';
import type { AnswerMethod, Verdict } from './verdict.js';

const HUNDRED: Rational = rational(100n);
/** Ratios between units that people leave out, by what is measured. */
const CONVERSIONS: Readonly<Record<string, readonly bigint[]>> = {
  'time:1': [60n, 3600n, 24n, 7n, 1000n, 30n, 12n],
  'months:1': [12n],
  'mass:1': [1000n, 1_000_000n, 16n],
  'length:1': [10n, 100n, 1000n, 12n, 3n, 36n],
};
const OTHER_CONVERSIONS = [100n, 1000n, 10_000n, 1_000_000n, 60n, 3600n];
const MONEY = /^(?:[A-Z]{3}|peso):1$/;

/** Compares a value with the reference: numbers exactly, units after conversion. One of them may leave out its unit. */
export function compareMeasures(answer: Measure, reference: Measure): Verdict {
  if (answer.isPercent !== reference.isPercent) return comparePercent(answer, reference);
  if (answer.units.length > 0 && reference.units.length > 0) return compareUnits(answer, reference);
  const [a, r] = [angle(answer, reference), angle(reference, answer)];
  if (answer.units.length > 0 || reference.units.length > 0) return withOneUnit(answer, reference, a, r);
  return withWords(answer, reference);
}

function verdict(result: Verdict['verdict'], method: AnswerMethod, reason?: string): Verdict {
  return { verdict: result, method, ...(reason !== undefined && { reason }) };
}

function withWords(answer: Measure, reference: Measure): Verdict {
  const [a, r] = [answer.words, reference.words];
  if (a === undefined && r === undefined) return compareValues(answer, reference);
  if (a && r) {
    if (singularPhrase(a.text) === singularPhrase(r.text)) return compareValues(answer, reference);
    // 5个 of 5个苹果
    if (a.isDescriptive && r.isDescriptive && (a.text.startsWith(r.text) || r.text.startsWith(a.text)))
      return compareValues(answer, reference);
    return verdict('undecided', 'unit', `"${a.text}" and "${r.text}" may be the same.`);
  }
  const words = mustHave(a ?? r, 'word');
  if (!words.isDescriptive) return verdict('undecided', 'unit', `"${words.text}" may change the value.`);
  return compareValues(answer, reference);
}

/** Converts degrees to radians if the other value has no unit and contains \pi. */
function angle(of: Measure, other: Measure): MathExpression {
  const isDegrees = of.units.some((unit) => unit.dimension === 'angle:1');
  if (!isDegrees || other.units.length > 0 || !some(other.value, (part) => part.op === 'constant' && part.name === 'pi')) return of.value;
  const factor = itemAt(of.units, 0).factor;
  const pi: MathExpression = { op: 'constant', name: 'pi' };
  return { op: 'mul', args: [of.value, { op: 'mul', args: [pi, { op: 'number', value: rational(factor.num, factor.den * 180n) }] }] };
}

function withOneUnit(answer: Measure, reference: Measure, a: MathExpression, r: MathExpression): Verdict {
  const [measured, bare] = answer.units.length > 0 ? [answer, reference] : [reference, answer];
  const words = bare.words ?? (measured.words?.isDescriptive ? undefined : measured.words);
  if (words !== undefined) return verdict('undecided', 'unit', `"${words.text}" is not known as a unit.`);
  const isConverted = a !== answer.value || r !== reference.value;
  const result = isConverted ? compareValues({ ...answer, value: a }, { ...reference, value: r }) : compareValues(answer, reference);
  const unit = mustHave(answer.units[0] ?? reference.units[0], 'unit');
  if (result.verdict === 'right' && unit.isWeak)
    return verdict('undecided', 'unit', 'The letter behind the number may be a unit or a variable.');
  if (result.verdict === 'wrong' && !isConverted && isConversion(answer.value, reference.value, unit.dimension)) {
    return verdict('undecided', 'unit', 'The values may be in different units.');
  }
  return result.verdict === 'right' ? verdict('right', 'unit', 'The unit is left out on one side.') : result;
}

function isConversion(a: MathExpression, r: MathExpression, dimension: string): boolean {
  const [x, y] = [exactValue(a), exactValue(r)];
  const ratio = x && y && divide(x, y);
  if (!ratio) return false;
  const conversions = MONEY.test(dimension) ? [100n] : (CONVERSIONS[dimension] ?? OTHER_CONVERSIONS);
  return conversions.some((n) => ratio.num === n * ratio.den || ratio.num * n === ratio.den);
}

function compareUnits(answer: Measure, reference: Measure): Verdict {
  for (const a of answer.units) {
    for (const r of reference.units) {
      const agree = unitsAgree(a, r);
      if (agree === 'same') {
        const result = compareValues(answer, reference);
        return result.verdict === 'right' ? { ...result, method: 'unit' } : result;
      }
      if (agree === 'convert') return compareConverted(answer.value, reference.value, a, r);
    }
  }
  const [degrees, radians] = [answer, reference].map(inRadians);
  if (degrees && radians) {
    const result = compareValues({ ...answer, value: degrees, units: [] }, { ...reference, value: radians, units: [] });
    const isRounded = result.verdict === 'wrong' && isClose(degrees, radians);
    return isRounded ? verdict('undecided', 'rounding', 'The angles are equal up to rounding.') : result;
  }
  if ([answer, reference].every((one) => one.units.some(isAngleOrTemperature)))
    return verdict('undecided', 'unit', 'Degrees may be of an angle or a temperature.');
  return verdict('wrong', 'unit', 'The units measure different things.');
}

function isAngleOrTemperature(unit: Unit): boolean {
  return unit.dimension === 'angle:1' || unit.dimension === 'temperature:1';
}

function inRadians(measure: Measure): MathExpression | undefined {
  const unit = measure.units.find(({ dimension }) => dimension === 'angle:1' || dimension === 'radian:1');
  if (unit === undefined) return undefined;
  if (unit.dimension === 'radian:1') return measure.value;
  return angle(measure, { value: { op: 'constant', name: 'pi' }, isPercent: false, units: [] });
}

function converted(value: MathExpression, unit: Unit): MathExpression {
  const shifted: MathExpression = unit.offset ? { op: 'add', args: [value, { op: 'number', value: unit.offset }] } : value;
  return { op: 'mul', args: [shifted, { op: 'number', value: unit.factor }] };
}

/** If one unit is a multiple of the other, values must be exact. Else a difference within 1 % may be rounding. */
function compareConverted(answer: MathExpression, reference: MathExpression, from: Unit, to: Unit): Verdict {
  const [a, r] = [converted(answer, from), converted(reference, to)];
  const result = compareExpressions(a, r);
  if (result === 'equal') return verdict('right', 'unit');
  if (result === 'unknown') return verdict('undecided', 'unit');
  const ratio = mustHave(divide(from.factor, to.factor), 'ratio of the units');
  const isMultiple = ratio.num % ratio.den === 0n || ratio.den % ratio.num === 0n;
  if (isMultiple && !from.offset) {
    const back = mustHave(divide(to.factor, from.factor), 'ratio of the units');
    const inAnswerUnit: MathExpression = { op: 'mul', args: [reference, { op: 'number', value: back }] };
    return { ...compareRounded(answer, inAnswerUnit, 'unit'), method: 'unit' };
  }
  return isClose(a, r) ? verdict('undecided', 'rounding', 'The values are equal up to rounding.') : verdict('wrong', 'unit');
}

function isClose(a: MathExpression, r: MathExpression): boolean {
  try {
    const evaluator = evaluatorOf(30);
    const { difference, size } = evaluator.difference(a, r);
    return difference.lte(size.times(0.01));
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
    return false;
  }
}

/** 45 % against 45 (the sign left out) or 0.45 (the share); at or below 1 the two readings cannot be distinguished. */
function comparePercent(answer: Measure, reference: Measure): Verdict {
  const words = [answer.words, reference.words].filter((one) => one !== undefined);
  if (answer.units.length + reference.units.length > 0 || words.length > 1 || words.some((one) => !one.isDescriptive))
    return verdict('undecided', 'percent');
  const share = (one: Measure): MathExpression => (one.isPercent ? hundredth(one.value) : one.value);
  const readings = [
    [share(answer), share(reference)],
    [answer.value, reference.value],
  ] as const;
  const asShare = compareValues(
    { ...answer, value: readings[0][0], isPercent: false },
    { ...reference, value: readings[0][1], isPercent: false },
  );
  if (asShare.verdict === 'right') return verdict('right', 'percent');
  const asWritten = compareValues(answer, reference);
  if (asWritten.verdict === 'right') {
    const value = exactValue(reference.value) ?? exactValue(answer.value);
    const isAbove1 = value === undefined || value.num > value.den || -value.num > value.den;
    return isAbove1 ? verdict('right', 'percent') : verdict('undecided', 'percent', 'A percent sign may be missing.');
  }
  return verdict([asShare, asWritten].some((one) => one.verdict === 'undecided') ? 'undecided' : 'wrong', 'percent');
}

function hundredth(value: MathExpression): MathExpression {
  if (value.op !== 'number') return { op: 'div', args: [value, { op: 'number', value: HUNDRED }] };
  return { op: 'number', value: mustHave(divide(value.value, HUNDRED), 'hundredth'), decimals: (value.decimals ?? 0) + 2 };
}

/** Compares values without units, in all their readings. */
export function compareValues(answer: Measure, reference: Measure): Verdict {
  const pairs = [answer.value, ...(answer.other ? [answer.other] : [])].flatMap((a) =>
    [reference.value, ...(reference.other ? [reference.other] : [])].map((r) => compareBare(a, r)),
  );
  const first = itemAt(pairs, 0);
  if (pairs.every((one) => one.verdict === first.verdict)) return first;
  return verdict('undecided', 'algebra', 'A division such as 1/2x can be read in two ways.');
}

function compareBare(a: MathExpression, r: MathExpression): Verdict {
  const isNumeric = exactValue(a) !== undefined && exactValue(r) !== undefined;
  const method: AnswerMethod = isNumeric ? 'number' : 'algebra';
  const comparison = compareExpressions(a, r);
  if (comparison === 'equal') return verdict('right', method);
  const hasVariables = variablesOf(a).size + variablesOf(r).size > 0;
  if (hasVariables && compareUpToConstants(a, r) === 'equal')
    return verdict('right', 'algebra', 'The arbitrary constants have other names.');
  if (hasVariables && isWithoutConstant(a, r))
    return verdict('undecided', 'algebra', 'The constant of integration is missing on one side.');
  if (hasVariables && comparePeriods(a, r)) return verdict('right', 'algebra', 'The whole numbers have other names.');
  if (comparison === 'unknown') return verdict('undecided', 'algebra', 'The values could not be compared.');
  const usesLog = [a, r].some((one) => some(one, (part) => part.op === 'call' && part.name === 'log'));
  if (usesLog && (hasVariables || compareAt(a, r, undefined, true) === 'equal'))
    return verdict('undecided', 'algebra', 'log may be to the base 10 or natural.');
  if (!hasVariables) return compareRounded(a, r, method);
  const lower = (one: MathExpression): MathExpression =>
    renamed(one, new Map([...variablesOf(one)].map((name) => [name, name.toLowerCase()])));
  return compareExpressions(lower(a), lower(r)) === 'equal'
    ? verdict('undecided', 'algebra', 'The variables differ in case only.')
    : verdict('wrong', 'algebra');
}

/** x^3 for x^3 + C. */
function isWithoutConstant(a: MathExpression, r: MathExpression): boolean {
  const [x, y] = [variablesOf(a).has('C'), variablesOf(r).has('C')];
  if (x === y) return false;
  const zero: MathExpression = { op: 'number', value: rational(0n) };
  return compareExpressions(substituted(a, 'C', zero), substituted(r, 'C', zero)) === 'equal';
}

/** \pi/4 + n\pi is \pi/4 + k\pi. */
function comparePeriods(a: MathExpression, r: MathExpression): boolean {
  const [x, y] = [a, r].map((one) => [...variablesOf(one)]) as [string[], string[]];
  if (x.length !== 1 || y.length !== 1 || ![itemAt(x, 0), itemAt(y, 0)].every((name) => /^[nkmlNK]$/.test(name))) return false;
  const hasPi = [a, r].every((one) => some(one, (part) => part.op === 'constant' && part.name === 'pi'));
  return hasPi && compareExpressions(a, renamed(r, new Map([[itemAt(y, 0), itemAt(x, 0)]]))) === 'equal';
}

/**
 * A decimal for a number without a finite decimal (1/3, \pi) is right if it has at least two decimals, and at least
 * three digits as an answer or two as a reference. A rounded decimal for another one is undecided: the question may
 * have asked for rounding, or it is an error.
 */
function compareRounded(a: MathExpression, r: MathExpression, method: AnswerMethod): Verdict {
  const rounding = verdict('undecided', 'rounding', 'One value is the other one rounded.');
  for (const [short, long, digits] of [
    [a, r, 3],
    [r, a, 2],
  ] as const) {
    const written = decimal(short);
    if (written === undefined) continue;
    const relation = roundsTo(written.value, written.decimals, long);
    if (relation === 'no') continue;
    const exact = exactValue(long);
    // People write both 22/7 and 3.14 for \pi, but one is not the other.
    if (exact !== undefined && exact.den > 1n && isRoundedPi(written.value, written.decimals)) return rounding;
    const isEndless = exact === undefined || hasNoLastDigit(exact);
    if (relation === 'rounded' && isEndless && written.decimals >= 2 && written.digits >= digits) return verdict('right', 'rounded');
    if (relation === 'rounded' || written.digits >= 3) return rounding;
  }
  // Rounding may be asked for: a whole answer for a decimal, or an endless answer for a large whole reference.
  const [x, y] = [exactValue(a), exactValue(r)];
  if (x?.den === 1n && decimal(r) !== undefined && roundsTo(x, 0, r) === 'rounded') return rounding;
  if (y?.den === 1n && y.num.toString().length > 2 && decimal(a) === undefined && roundsTo(y, 0, a) === 'rounded') return rounding;
  return verdict('wrong', method);
}

function isRoundedPi(value: Rational, decimals: number): boolean {
  return decimals >= 2 && roundsTo(value, decimals, { op: 'constant', name: 'pi' }) === 'rounded';
}

function decimal(expression: MathExpression): { readonly value: Rational; readonly decimals: number; readonly digits: number } | undefined {
  const number = expression.op === 'neg' ? expression.args[0] : expression;
  if (number.op !== 'number' || number.decimals === undefined) return undefined;
  const value = exactValue(expression);
  const scaled = multiply(number.value, rational(10n ** BigInt(number.decimals)));
  if (value === undefined || scaled === undefined) return undefined;
  return { value, decimals: number.decimals, digits: (scaled.num / scaled.den).toString().length };
}

/** Whether a number with this many decimals is the other one rounded (either way at a half) or cut off. */
function roundsTo(short: Rational, decimals: number, long: MathExpression): 'rounded' | 'truncated' | 'no' {
  const unit: MathExpression = { op: 'number', value: rational(1n, 10n ** BigInt(decimals)) };
  const half: MathExpression = { op: 'number', value: rational(1n, 2n * 10n ** BigInt(decimals)) };
  const difference: MathExpression = {
    op: 'call',
    name: 'abs',
    args: [{ op: 'add', args: [long, { op: 'neg', args: [{ op: 'number', value: short }] }] }],
  };
  try {
    const nearness = order(difference, half);
    if (nearness === undefined) return 'no';
    if (nearness <= 0) return 'rounded';
    return order(difference, unit) === -1 && isNearerToZero(short, long) ? 'truncated' : 'no';
  } catch (error) {
    if (error instanceof NoValue) return 'no';
    throw error;
  }
}

function isNearerToZero(short: Rational, long: MathExpression): boolean {
  const absolute = (of: MathExpression): MathExpression => ({ op: 'call', name: 'abs', args: [of] });
  return order(absolute({ op: 'number', value: short }), absolute(long)) === -1;
}
