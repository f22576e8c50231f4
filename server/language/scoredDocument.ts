import type { Problem, ReasoningDocument, Step } from '../reasoning/problem.js';
import type { LineIndex } from '../reasoning/span.js';
import type { StepValues, ValueSource } from '../reasoning/stepValue.js';
import { stepVerdict } from '../reasoning/stepVerdict.js';

/**
 * Which value decides whether a step is low: the live model's score, which is on the text as it stands and not on the one a
 * label was made for; without it what the file holds, by trust.
 */
export const LIVE_FIRST: readonly ValueSource[] = ['prm', 'human', 'mc', 'recordedPrm', 'judge'];

/** What every language feature reads: a document, its values, and the verdict on every step. */
export interface ScoredDocument {
  readonly uri: string;
  readonly version: number;
  readonly lines: LineIndex;
  readonly reasoning: ReasoningDocument;
  /** In the order of `reasoning.problems`. */
  readonly problems: readonly ScoredProblem[];
  /** In [0, 1]; a step whose value is below it is low. */
  readonly threshold: number;
  /** The model behind the `prm` values; undefined until one is loaded. */
  readonly model?: string;
}

export interface ScoredProblem {
  readonly problem: Problem;
  /** In the order of `problem.steps`. */
  readonly steps: readonly ScoredStep[];
}

export interface ScoredStep {
  readonly step: Step;
  /** The file's values and the live model's. */
  readonly values: StepValues;
  /** The one value that decides; undefined when nothing is known. */
  readonly value?: number;
  readonly source?: ValueSource;
  readonly low: boolean;
  /** Low, and no step before it is. */
  readonly firstLow: boolean;
  /** The live value is the one from before the last edit; a new one is on its way. */
  readonly stale: boolean;
  /** Why the model gave no score. */
  readonly skipped?: string;
}

/** The live scores of one problem. */
export interface ProblemScores {
  /** One per step, in [0, 1]; NaN = none. */
  readonly scores: Float64Array;
  readonly skipped: ReadonlyMap<number, string>;
  /** What kind of value the scores are; `prm` when not said. */
  readonly source?: 'judge';
  /** Steps whose score is not the one of their present text; undefined = none. */
  readonly pending?: ReadonlySet<number>;
}

/**
 * Joins a problem with its scores and judges every step against `threshold`. Whether a step is the first low one is told
 * along its own path (`Step.parent`), so a step that several paths share has one verdict. O(steps).
 */
export function scoreProblem(problem: Problem, scored: ProblemScores | undefined, threshold: number): ScoredProblem {
  const steps: ScoredStep[] = [];
  const live = scored?.source ?? 'prm';
  /** Whether the path up to and including the step has a low one. */
  const lowSoFar: boolean[] = [];
  for (const step of problem.steps) {
    const score = scored?.scores[step.index];
    const values: StepValues = score === undefined || Number.isNaN(score) ? step.values : { ...step.values, [live]: score };
    const verdict = stepVerdict(values, threshold, [live, ...LIVE_FIRST]);
    const lowBefore = step.parent !== undefined && lowSoFar[step.parent]!;
    const low = verdict?.low ?? false;
    lowSoFar.push(lowBefore || low);
    const skipped = scored?.skipped.get(step.index);
    steps.push({
      step,
      values,
      ...(verdict && { value: verdict.value, source: verdict.source }),
      low,
      firstLow: low && !lowBefore,
      stale: values[live] !== undefined && (scored?.pending?.has(step.index) ?? false),
      ...(skipped !== undefined && { skipped }),
    });
  }
  return { problem, steps };
}
