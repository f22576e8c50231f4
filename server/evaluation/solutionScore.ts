/**
 * Rules for a candidate's score from its steps' PRM scores, as in MM-PRM's `eval/prm/extract_calculate.py`. There,
 * `mean` is called `average`, and the last three `sum_logprob`, `sum_logit` and `mean_odd`. `last` is also the outcome
 * score.
 */
export type ScoreRule = 'min' | 'last' | 'product' | 'mean' | 'max' | 'sumLog' | 'sumLogit' | 'meanOdds';

export const SCORE_RULES: readonly ScoreRule[] = ['min', 'last', 'product', 'mean', 'max', 'sumLog', 'sumLogit', 'meanOdds'];

/** Replaces an infinite logarithm, logit or odds, as in the reference code. */
const HUGE = 9999;

const RULES: Record<ScoreRule, (scores: readonly number[]) => number> = {
  min: (scores) => scores.reduce((a, b) => Math.min(a, b)),
  last: (scores) => scores.reduce((_, score) => score),
  product: (scores) => scores.reduce((a, b) => a * b),
  mean,
  max: (scores) => scores.reduce((a, b) => Math.max(a, b)),
  sumLog: (scores) => sum(scores.map((p) => (p <= 0 ? -HUGE : Math.log(p)))),
  sumLogit: (scores) => sum(scores.map((p) => (p >= 1 ? HUGE : p <= 0 ? -HUGE : Math.log(p / (1 - p))))),
  meanOdds: (scores) => mean(scores.map((p) => (p >= 1 ? HUGE : p / (1 - p)))),
};

/**
 * Returns a candidate's score from its steps' scores in [0, 1]; NaN = not scored, left out. Without any score it is
 * -Infinity, so that any scored candidate is preferred. The reference code gives 0, which is the highest possible sum
 * of logs. That code divides by zero in logit(0); here logit(0) is -9999, as its log(0) is.
 */
export function solutionScore(scores: readonly number[], rule: ScoreRule): number {
  const known = scores.filter((score) => !Number.isNaN(score));
  return known.length === 0 ? -Infinity : RULES[rule](known);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
