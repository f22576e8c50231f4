import { interval } from '../reasoning/bootstrap.js';
import { createRandom } from '../reasoning/random.js';
import { valueOf } from '../reasoning/stepVerdict.js';
import { cohenKappa, confusion, fleissKappa, krippendorffAlpha, type Ratings } from './agreement.js';
import { distinctSteps, fileReviewer, type ReviewableProblem, type ReviewableStep } from './reviewable.js';

/** A coefficient with its two-sided 95 % bootstrap interval over steps; NaN where it is not defined. */
export interface Coefficient {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Number of steps it is computed from. */
  readonly steps: number;
}

/** One cell of a table of two raters, with the steps it counts. */
export interface Cell {
  readonly a: number;
  readonly b: number;
  readonly steps: readonly { readonly uri: string; readonly problem: number; readonly step: number }[];
}

export interface PairReport {
  readonly a: string;
  readonly b: string;
  /** Cohen's kappa. Two people: over wrong, neutral, right. A person and another source: over wrong and not wrong. */
  readonly kappa: Coefficient;
  readonly cells: readonly Cell[];
}

export interface AgreementReport {
  /** People, by number of labels. */
  readonly reviewers: readonly { readonly name: string; readonly labels: number }[];
  /** Fleiss' kappa among people, over steps that two or more judged. */
  readonly fleiss: Coefficient;
  /** Krippendorff's alpha, ordinal: wrong to right is twice as far as wrong to neutral. */
  readonly krippendorff: Coefficient;
  readonly pairs: readonly PairReport[];
}

const resamples = 500;

/**
 * Computes how far people agree with each other, with rollouts (right when any succeeded, as VisualPRM labels), and
 * with PRM and judge (right from the threshold on).
 */
export function agreementReport(problems: readonly ReviewableProblem[], threshold: number): AgreementReport {
  const distinct = distinctSteps(problems);
  const places = distinct.map(({ problem, step }) => ({ uri: problem.uri, problem: problem.problem.index, step: step.step.index }));
  const steps = distinct.map(({ step }) => step);
  const people = peopleOf(steps);
  const names = [...people.keys()];
  const machines = machineRatings(steps, threshold);
  const pair = (a: string, b: string, left: Ratings, right: Ratings): PairReport => {
    const { categories, units } = confusion(left, right);
    const cells = categories.flatMap((row, i) =>
      categories.map((column, j): Cell => ({ a: row, b: column, steps: (units[i]?.[j] ?? []).flatMap((unit) => places[unit] ?? []) })),
    );
    return {
      a,
      b,
      kappa: coefficient([left, right], ([x = [], y = []]) => cohenKappa(x, y)),
      cells: cells.filter((cell) => cell.steps.length > 0),
    };
  };
  const of = (name: string): Ratings => people.get(name) ?? [];
  const pairs = names.flatMap((a, i) => [
    ...names.slice(i + 1).map((b) => pair(a, b, of(a), of(b))),
    ...[...machines].map(([b, ratings]) => pair(a, b, of(a).map(wrongOrNot), ratings)),
  ]);
  const all = names.map(of);
  return {
    reviewers: names.map((name) => ({ name, labels: of(name).filter((value) => value !== undefined).length })),
    fleiss: coefficient(all, fleissKappa),
    krippendorff: coefficient(all, (ratings) => krippendorffAlpha(ratings, 'ordinal')),
    pairs: pairs.filter(({ kappa }) => kappa.steps > 0),
  };
}

/** Neutral is not wrong. */
function wrongOrNot(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value < 0 ? -1 : 1;
}

function peopleOf(steps: readonly ReviewableStep[]): Map<string, Ratings> {
  const people = new Map<string, (number | undefined)[]>();
  const rate = (by: string, at: number, value: number): void => {
    const ratings = people.get(by) ?? Array<number | undefined>(steps.length).fill(undefined);
    ratings[at] = value;
    people.set(by, ratings);
  };
  for (const [at, { labels, step }] of steps.entries()) {
    for (const { by, value } of labels) if (typeof value === 'number') rate(by, at, value);
    if (labels.length === 0 && step.values.human !== undefined) rate(fileReviewer, at, step.values.human);
  }
  const count = (ratings: Ratings): number => ratings.filter((value) => value !== undefined).length;
  return new Map([...people].sort(([, a], [, b]) => count(b) - count(a)));
}

function machineRatings(steps: readonly ReviewableStep[], threshold: number): Map<string, Ratings> {
  const verdict = (isRight: boolean | undefined): number | undefined => (isRight === undefined ? undefined : isRight ? 1 : -1);
  const from = (value: number | undefined, rule: (value: number) => boolean): boolean | undefined =>
    value === undefined ? undefined : rule(value);
  const sources: readonly (readonly [string, Ratings])[] = [
    ['rollouts', steps.map(({ values }) => verdict(from(values.mc?.assumed ? undefined : valueOf(values, 'mc'), (value) => value > 0)))],
    [
      'PRM',
      steps.map(({ values }) => verdict(from(valueOf(values, 'prm') ?? valueOf(values, 'recordedPrm'), (value) => value >= threshold))),
    ],
    ['judge', steps.map(({ values }) => verdict(from(valueOf(values, 'judge'), (value) => value >= threshold)))],
  ];
  return new Map(sources.filter(([, ratings]) => ratings.some((value) => value !== undefined)));
}

/** A coefficient over the units that two or more raters rate, with an interval from resampling the units. */
function coefficient(raters: readonly Ratings[], of: (raters: readonly Ratings[]) => number): Coefficient {
  const length = raters[0]?.length ?? 0;
  const units = Array.from({ length }, (_, unit) => unit).filter(
    (unit) => raters.filter((ratings) => ratings[unit] !== undefined).length > 1,
  );
  const pick = (chosen: readonly number[]): number => of(raters.map((ratings) => chosen.map((unit) => ratings[unit])));
  const random = createRandom(1, 'agreement');
  const draws = Array.from({ length: units.length > 0 ? resamples : 0 }, () =>
    pick(units.map(() => units[Math.floor(random() * units.length)] ?? 0)),
  );
  const known = draws.filter((value) => !Number.isNaN(value));
  const [low, high] = known.length > 0 ? interval(known) : [NaN, NaN];
  return { value: units.length > 0 ? pick(units) : NaN, low, high, steps: units.length };
}
