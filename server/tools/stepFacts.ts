import type { ScoredDocument, ScoredProblem, ScoredStep } from '../language/scoredDocument.js';
import { stepNumber } from '../language/stepPlace.js';
import { sourceNames } from '../language/valueText.js';
import { shortened } from './page.js';

/** A step as every tool describes it: `step` is its position in the problem, `line` counts from 1. */
export interface StepFacts {
  readonly step: number;
  readonly node?: number;
  /** Number of the step on its path, counted from 1. */
  readonly number: number;
  readonly line: number;
  readonly text: string;
  /** The value that decides; null = unknown. */
  readonly value: number | null;
  readonly source?: string;
  readonly verdict: 'first low' | 'low' | 'not low' | 'unknown';
}

export function stepFacts(document: ScoredDocument, problem: ScoredProblem, scored: ScoredStep): StepFacts {
  const { step, value, source, low, firstLow } = scored;
  return {
    step: step.index,
    ...(step.node !== undefined && { node: step.node }),
    number: stepNumber(problem, scored),
    line: document.lines.position(step.span.start).line + 1,
    text: shortened(step.text),
    value: value ?? null,
    ...(source && { source: sourceNames[source] }),
    verdict: value === undefined ? 'unknown' : firstLow ? 'first low' : low ? 'low' : 'not low',
  };
}
