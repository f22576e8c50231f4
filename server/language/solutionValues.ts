import { t } from '../l10n.js';
import { type Aggregates, type Aggregation, aggregateAll, aggregations } from '../reasoning/aggregation.js';
import { along } from '../reasoning/paths.js';
import type { Solution } from '../reasoning/problem.js';
import type { StepValues, ValueSource } from '../reasoning/stepValue.js';
import { valueOf } from '../reasoning/stepVerdict.js';
import type { ScoredProblem, ScoredStep } from './scoredDocument.js';
import { formatStepValue, sourceNames } from './valueText.js';

/** Values of different sources are not mixed: a solution is aggregated over the first source with a value for it. */
const summedSources: readonly ValueSource[] = ['prm', 'mc', 'recordedPrm', 'judge', 'human'];

export interface SourceAggregates extends Aggregates {
  readonly source: ValueSource;
}

export interface SolutionValues {
  readonly steps: readonly ScoredStep[];
  /** Undefined when no value is known. */
  readonly aggregates?: SourceAggregates;
  /** Position in the solution of its first low step, from 0. */
  readonly firstLow?: number;
}

export function solutionValues(problem: ScoredProblem, solution: Solution): SolutionValues {
  const steps = along(problem.steps, solution.steps);
  // Where labels decide, the model's scores beside them are left out of the aggregates.
  const isScored = steps.some((step) => step.source === 'prm');
  const aggregates = aggregatesOf(steps.map(({ values }) => (isScored ? values : { ...values, prm: NaN })));
  const firstLow = steps.findIndex((step) => step.low);
  return { steps, ...(aggregates && { aggregates }), ...(firstLow >= 0 && { firstLow }) };
}

/** Min, mean, last and product over the steps whose value is known, all of one source; undefined when none is. */
export function aggregatesOf(steps: readonly StepValues[]): SourceAggregates | undefined {
  for (const source of summedSources) {
    const aggregates = aggregateAll(steps.map((values) => valueOf(values, source)));
    if (aggregates) return { ...aggregates, source };
  }
  return undefined;
}

/** Name of an aggregation, as shown beside its number. */
export function aggregationName(how: Aggregation): string {
  return { min: t('min'), mean: t('mean'), last: t('last'), product: t('product') }[how];
}

/**
 * For each solution, the aggregations by which Best-of-N chooses it; of equal solutions, the first is chosen. Empty if
 * there is nothing to choose from: one solution, a tree's paths, or values of different sources.
 */
export function chosenBy(problem: ScoredProblem): ReadonlyMap<number, readonly Aggregation[]> {
  const chosen = new Map<number, Aggregation[]>();
  const { solutions, tree } = problem.problem;
  if (tree || solutions.length < 2) return chosen;
  const sums = solutions.flatMap((solution) => solutionValues(problem, solution).aggregates ?? []);
  if (sums.length < solutions.length || new Set(sums.map(({ source }) => source)).size > 1) return chosen;
  for (const how of aggregations) {
    const values = sums.map((one) => one[how]);
    const best = values.indexOf(Math.max(...values));
    chosen.set(best, [...(chosen.get(best) ?? []), how]);
  }
  return chosen;
}

/** `✗ wrong · chosen by min and last`: the file's verdict on the final answer, and the aggregations that choose it. */
export function verdictWords(correct: boolean | undefined, by: readonly Aggregation[] | undefined): string[] {
  const verdict = correct === undefined ? [] : [correct ? t('✓ right') : t('✗ wrong')];
  return by === undefined
    ? verdict
    : [...verdict, t('chosen by {0}', listed(by.length === aggregations.length ? [t('every sum')] : by.map(aggregationName)))];
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : t('{0} and {1}', words.slice(0, -1).join(', '), words.at(-1) ?? '');
}

/** `min 0.12 · mean 0.71 · last 0.30 · product 0.02`, after the name of the source unless it is the live model. */
export function formatAggregates(aggregates: SourceAggregates): string {
  const numbers = aggregations.map((name) => `${aggregationName(name)} ${formatStepValue(aggregates[name])}`).join(' · ');
  return aggregates.source === 'prm' ? numbers : `${sourceNames[aggregates.source]}: ${numbers}`;
}

export function countedNoun(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
