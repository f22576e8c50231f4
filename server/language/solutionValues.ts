import { type Aggregates, aggregateAll } from '../reasoning/aggregation.js';
import type { Solution } from '../reasoning/problem.js';
import type { StepValues, ValueSource } from '../reasoning/stepValue.js';
import { valueOf } from '../reasoning/stepVerdict.js';
import type { ScoredProblem, ScoredStep } from './scoredDocument.js';
import { formatValue, sourceNames } from './valueText.js';

/** Values of different sources do not add up: a solution is summed over the first of these that knows any of its steps. */
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
  const steps = solution.steps.map((index) => problem.steps[index]!);
  // Where labels decide, a model's scores beside them are not what the solution is summed over.
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

/** `min 0.12 · mean 0.71 · last 0.30 · product 0.02`, after the name of the source unless it is the live model. */
export function formatAggregates(aggregates: SourceAggregates): string {
  const numbers = (['min', 'mean', 'last', 'product'] as const).map((name) => `${name} ${formatValue(aggregates[name])}`).join(' · ');
  return aggregates.source === 'prm' ? numbers : `${sourceNames[aggregates.source]}: ${numbers}`;
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
