import type { StepAtResult } from '../protocol/steps.js';
import { contains, type Position, type Span } from '../reasoning/span.js';
import type { ScoredDocument, ScoredProblem, ScoredStep } from './scoredDocument.js';

export interface DocumentPlace {
  readonly problem: ScoredProblem;
  readonly step?: ScoredStep;
  /** Whether the position is in the question's text. */
  readonly onQuestion: boolean;
  readonly offset: number;
}

/** Returns the problem and the step at a position. */
export function placeAt(document: ScoredDocument, position: Position): DocumentPlace | undefined {
  const offset = document.lines.offset(position);
  const problem = narrowest(document.problems, ({ problem }) => problem.span, offset);
  if (!problem) return undefined;
  const step = narrowest(problem.steps, ({ step }) => step.span, offset);
  const { questionSpan } = problem.problem;
  return { problem, ...(step && { step }), onQuestion: questionSpan !== undefined && contains(questionSpan, offset), offset };
}

/** What is at a position: indices into the document, and the tree node a step or rollout belongs to. */
export function stepAt(document: ScoredDocument, position: Position): StepAtResult | null {
  const place = placeAt(document, position);
  if (!place) return null;
  const { problem, offset } = place;
  const step = place.step?.step;
  const solution = problem.problem.solutions.find((one) => (step ? one.steps.includes(step.index) : contains(one.span, offset)));
  const node = step?.node ?? narrowest(problem.problem.tree?.nodes ?? [], (one) => one.span, offset)?.id;
  return {
    problem: problem.problem.index,
    ...(solution && { solution: solution.index }),
    ...(step && { step: step.index }),
    ...(node !== undefined && { node }),
  };
}

/** Returns the item with the narrowest span at an offset, of equal ones the inner (later) one: spans touch or nest. */
function narrowest<T>(items: readonly T[], spanOf: (item: T) => Span, offset: number): T | undefined {
  let best: T | undefined;
  let width = Infinity;
  for (const item of items) {
    const span = spanOf(item);
    if (contains(span, offset) && span.end - span.start <= width) {
      best = item;
      width = span.end - span.start;
    }
  }
  return best;
}
