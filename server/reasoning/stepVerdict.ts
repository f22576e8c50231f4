import type { StepValues, ValueSource } from './stepValue.js';

/** The source whose value represents a step that has several: the first one in this order that is known. */
export const TRUST_ORDER: readonly ValueSource[] = ['human', 'mc', 'prm', 'recordedPrm', 'judge'];

export interface StepVerdict {
  /** In [0, 1]. */
  readonly value: number;
  readonly source: ValueSource;
  readonly low: boolean;
}

/** A source's value in [0, 1]; a person's -1, 0, +1 becomes 0, 0.5, 1. Undefined when it is missing (or NaN). */
export function valueOf(values: StepValues, source: ValueSource): number | undefined {
  const value = source === 'mc' ? values.mc?.value : source === 'human' ? values.human : values[source];
  if (value === undefined || Number.isNaN(value)) return undefined;
  return source === 'human' ? (value + 1) / 2 : value;
}

/**
 * The one value that represents a step, and whether it is low: below `threshold`, except that a person's label is low
 * exactly when it is -1 (wrong). Undefined when nothing is known about the step.
 */
export function stepVerdict(values: StepValues, threshold: number, trust: readonly ValueSource[] = TRUST_ORDER): StepVerdict | undefined {
  for (const source of trust) {
    const value = valueOf(values, source);
    if (value !== undefined) return { value, source, low: source === 'human' ? value === 0 : value < threshold };
  }
  return undefined;
}

/**
 * How much a step's value differs from that of the step before it, by the most trusted source that has both: values of
 * different sources are not comparable. Undefined when no source has both.
 */
export function valueChange(
  previous: StepValues,
  current: StepValues,
  trust: readonly ValueSource[] = TRUST_ORDER,
): { readonly change: number; readonly source: ValueSource } | undefined {
  for (const source of trust) {
    const before = valueOf(previous, source);
    const now = valueOf(current, source);
    if (before !== undefined && now !== undefined) return { change: now - before, source };
  }
  return undefined;
}
