/** Everything independent that is known about one step. */
export interface StepEvidence {
  /** People's labels: -1 wrong, 0 neutral, 1 right. */
  readonly people: readonly { readonly by: string; readonly value: -1 | 0 | 1 }[];
  /** Rollouts from the step's prefix; absent for an assumed value. */
  readonly mc?: { readonly correct: number; readonly total: number };
  /** In [0, 1]. */
  readonly prm?: number;
  /** An LLM judge's probability that the step is right, in [0, 1]. */
  readonly judge?: number;
}

/**
 * A PRM's score of a prefix: the lowest score of its steps. Rollouts label a prefix, while many PRMs score the steps
 * after an error as right in themselves. Undefined when the last step has no score.
 */
export function prefixScore(scores: readonly (number | undefined)[]): number | undefined {
  return isScore(scores.at(-1)) ? Math.min(...scores.filter(isScore)) : undefined;
}

/** Success rates that a step's prefix may have; each class of steps has a distribution over them. */
const rates = Array.from({ length: 21 }, (_, i) => Math.min(0.995, Math.max(0.005, i / 20)));
const scoreBins = 8;
const judgeBins = 4;
const mostRounds = 60;
const enough = 1e-4;

/** One source's distribution for each class of steps (wrong, right), from prior counts and expected counts. */
type ClassShape = readonly [wrong: Float64Array, right: Float64Array];

/**
 * P(step is right) for each step, from people, rollouts, a PRM and a judge together. The model is Dawid and Skene's
 * (1979) with two classes: given the class, sources are independent; each person has a confusion matrix, the scores of
 * PRM and judge have a distribution over bins, and the rollouts are binomial with a success rate that has a
 * distribution over a grid. All of them are estimated by expectation maximization. The priors assume that sources are
 * better than chance, which also keeps the two classes from being swapped. Steps without evidence get the share of
 * right steps. O(rounds x steps).
 */
export function stepPosteriors(steps: readonly StepEvidence[]): Float64Array {
  const right = new Float64Array(steps.length).fill(0.5);
  const people = new Set(steps.flatMap((step) => step.people.map(({ by }) => by)));
  const counts = new Map<string, Float64Array>();
  const countKeys = steps.map(({ mc }) => (mc && mc.total > 0 ? `${mc.correct}/${mc.total}` : undefined));
  for (const [i, key] of countKeys.entries()) {
    const mc = steps[i]?.mc;
    if (key !== undefined && mc && !counts.has(key)) counts.set(key, binomial(mc.correct, mc.total));
  }
  const data = { steps, countKeys, counts, people };
  let model = fit({ ...data, steps: [], countKeys: [] }, right, ratePrior());
  for (let round = 0; round < mostRounds; round++) {
    const moved = classifyAll(data, model, right);
    if (moved < enough) break;
    model = fit(data, right, model.mc);
  }
  return right;
}

interface Data {
  readonly steps: readonly StepEvidence[];
  /** Steps with equal counts of rollouts share a key. */
  readonly countKeys: readonly (string | undefined)[];
  /** Likelihood of each key's counts at every success rate. */
  readonly counts: ReadonlyMap<string, Float64Array>;
  readonly people: ReadonlySet<string>;
}

interface Fitted {
  readonly prior: number;
  readonly people: ReadonlyMap<string, ClassShape>;
  readonly mc: ClassShape;
  readonly prm: ClassShape;
  readonly judge: ClassShape;
}

/** The expectation step, into `right`; returns the largest change. */
function classifyAll({ steps, countKeys, counts }: Data, model: Fitted, right: Float64Array): number {
  const start = Math.log(model.prior / (1 - model.prior));
  const fromCounts = new Map(
    [...counts].map(([key, likelihood]) => [key, Math.log(dot(model.mc[1], likelihood) / dot(model.mc[0], likelihood))]),
  );
  let moved = 0;
  for (const [i, step] of steps.entries()) {
    let odds = start + (fromCounts.get(countKeys[i] ?? '') ?? 0);
    for (const { by, value } of step.people) odds += logRatio(model.people.get(by), value + 1);
    if (isScore(step.prm)) odds += logRatio(model.prm, scoreBin(step.prm));
    if (isScore(step.judge)) odds += logRatio(model.judge, binOf(step.judge, judgeBins));
    const next = 1 / (1 + Math.exp(-odds));
    moved = Math.max(moved, Math.abs(next - (right[i] ?? 0)));
    right[i] = next;
  }
  return moved;
}

/** The maximization step: maximum a posteriori estimates of every distribution, given how likely each step is right. */
function fit({ steps, countKeys, counts, people: names }: Data, right: Float64Array, before: ClassShape): Fitted {
  const people = new Map([...names].map((by) => [by, personPrior()]));
  const [mc, prm, judge] = [ratePrior(), scorePrior(scoreBins), scorePrior(judgeBins)];
  const byCount = new Map([...counts.keys()].map((key) => [key, [0, 0] as [number, number]]));
  let [yes, all] = [2, 4];
  for (const [i, step] of steps.entries()) {
    const share = right[i] ?? 0.5;
    yes += share;
    all++;
    for (const { by, value } of step.people) count(people.get(by), value + 1, share);
    if (isScore(step.prm)) count(prm, scoreBin(step.prm), share);
    if (isScore(step.judge)) count(judge, binOf(step.judge, judgeBins), share);
    const weights = byCount.get(countKeys[i] ?? '');
    if (!weights) continue;
    weights[0] += 1 - share;
    weights[1] += share;
  }
  for (const [key, weights] of byCount) spread(mc, before, counts.get(key) ?? new Float64Array(rates.length), weights);
  return {
    prior: yes / all,
    people: new Map([...people].map(([by, shape]) => [by, normalizedShape(shape)])),
    mc: normalizedShape(mc),
    prm: normalizedShape(prm),
    judge: normalizedShape(judge),
  };
}

function count(shape: ClassShape | undefined, at: number, right: number): void {
  if (!shape) return;
  shape[0][at] = (shape[0][at] ?? 0) + 1 - right;
  shape[1][at] = (shape[1][at] ?? 0) + right;
}

/** Spreads the rollouts of steps with equal counts over the success rates they may come from, by the last estimate. */
function spread(shape: ClassShape, before: ClassShape, likelihood: Float64Array, weights: readonly [number, number]): void {
  for (const z of [0, 1] as const) {
    const share = normalize(likelihood.map((value, i) => value * (before[z][i] ?? 0)));
    for (const [i, part] of share.entries()) shape[z][i] = (shape[z][i] ?? 0) + part * weights[z];
  }
}

function logRatio(shape: ClassShape | undefined, at: number): number {
  return shape ? Math.log((shape[1][at] ?? 1) / (shape[0][at] ?? 1)) : 0;
}

function isScore(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

function normalizedShape([wrong, right]: ClassShape): ClassShape {
  return [normalize(wrong), normalize(right)];
}

/** People are right about nine times out of ten; this prior weighs as much as eight votes. */
function personPrior(): ClassShape {
  return [Float64Array.of(7, 0.7, 0.6), Float64Array.of(0.3, 0.7, 7)];
}

/** Few rollouts succeed from a wrong prefix, most from a right one; this prior weighs as much as four steps. */
function ratePrior(): ClassShape {
  const shape = (a: number, b: number): Float64Array =>
    scaled(
      Float64Array.from(rates, (p) => p ** (a - 1) * (1 - p) ** (b - 1)),
      4,
    );
  return [shape(0.7, 5), shape(2.2, 1)];
}

/** Wrong steps have lower scores; this prior weighs as much as two steps. */
function scorePrior(bins: number): ClassShape {
  const shape = (slope: number): Float64Array =>
    scaled(
      Float64Array.from({ length: bins }, (_, i) => Math.exp((slope * i) / (bins - 1))),
      2,
    );
  return [shape(-2), shape(2)];
}

function scaled(values: Float64Array, sum: number): Float64Array {
  const whole = values.reduce((a, b) => a + b, 0);
  return values.map((value) => (value / whole) * sum);
}

function normalize(values: Float64Array): Float64Array {
  return scaled(values, 1);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** PRM scores crowd near 0 and 1, and 0.99 and 0.9999 are not the same: bins are 2 wide in log odds. */
function scoreBin(score: number): number {
  const odds = Math.log(score / (1 - score));
  return Math.min(scoreBins - 1, Math.max(0, Math.floor(odds / 2 + scoreBins / 2)));
}

function binOf(value: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(value * bins)));
}

/** Likelihood of the counts at every success rate, up to a factor that does not depend on the rate. */
function binomial(correct: number, total: number): Float64Array {
  const logs = rates.map((p) => correct * Math.log(p) + (total - correct) * Math.log(1 - p));
  const top = Math.max(...logs);
  return Float64Array.from(logs, (value) => Math.exp(value - top));
}
