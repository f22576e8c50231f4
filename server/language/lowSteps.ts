import type { LowStep } from '../protocol/steps.js';
import { countLow, type LowCounts } from '../reasoning/counts.js';
import { isLow, type ScoredDocument } from './scoredDocument.js';

/** The low steps of a document in document order. */
export function lowSteps(document: ScoredDocument): LowStep[] {
  const low = document.problems.flatMap((problem) => problem.steps.filter(isLow));
  low.sort((a, b) => a.step.span.start - b.step.span.start);
  return low.map(({ step, value, firstLow }) => ({ range: document.lines.range(step.span), value, first: firstLow }));
}

/** Counts the low steps of all problems of a document. */
export function lowCounts({ problems }: ScoredDocument): LowCounts {
  return countLow(problems.flatMap(({ steps }) => steps));
}

/** Returns which actions a document supports. */
export function documentFacts({ reasoning: { problems } }: ScoredDocument): {
  readonly canLabel: boolean;
  readonly hasTree: boolean;
  readonly hasImages: boolean;
} {
  return {
    canLabel: problems.some(({ question, answer }) => question.trim() !== '' && (answer ?? '').trim() !== ''),
    hasTree: problems.some(({ tree }) => tree !== undefined),
    hasImages: problems.some(({ images }) => images.length > 0),
  };
}
