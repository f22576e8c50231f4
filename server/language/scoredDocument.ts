import type { Problem, ReasoningDocument, Step } from '../reasoning/problem.js';
import type { LineIndex } from '../reasoning/span.js';
import type { StepValues, ValueSource } from '../reasoning/stepValue.js';
import { stepVerdict, valueOf } from '../reasoning/stepVerdict.js';

/** Sources of the values in a file, the most trusted first. */
const LABELS: readonly ValueSource[] = ['human', 'mc', 'recordedPrm', 'judge'];

/**
 * Order of the values that decide whether a step is low if the user chose the model: first its live score, which is
 * about the present text and not the one that was labeled, then the values in the file, the most trusted first.
 */
export const LIVE_FIRST: readonly ValueSource[] = ['prm', ...LABELS];

/**
 * `model`: the live score decides wherever there is one. `labels`: it decides only on paths without labels in the file,
 * for a model that the user did not choose.
 */
export type Decides = 'model' | 'labels';

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
  /** Whether the live value is from before the last edit and a new one is pending. */
  readonly stale: boolean;
  /** Why the model gave no score. */
  readonly skipped?: string;
  /** Whether the step has no score because it is outside the texts that the model knows. */
  readonly outOfScope: boolean;
  /** Whether a person judged exactly this text in a review, which takes precedence over everything else. */
  readonly reviewed: boolean;
}

/** A low step: one whose value is known, and below the threshold. */
export type LowScoredStep = ScoredStep & Required<Pick<ScoredStep, 'value' | 'source'>>;

export function isLow(step: ScoredStep): step is LowScoredStep {
  return step.low && step.value !== undefined && step.source !== undefined;
}

/** The live scores of one problem. */
export interface ProblemScores {
  /** One per step, in [0, 1]; NaN = none. */
  readonly scores: Float64Array;
  readonly skipped: ReadonlyMap<number, string>;
  /** Those of the skipped steps that are outside the texts the model knows. */
  readonly outOfScope?: ReadonlySet<number>;
  /** Kind of value of the scores; `prm` when absent. */
  readonly source?: 'judge';
  /** Steps whose score is not the one of their present text; undefined = none. */
  readonly pending?: ReadonlySet<number>;
}

/**
 * Joins a problem with its scores and judges every step against `threshold`. Whether a step is the first low one depends
 * on its own path (`Step.parent`), so a step that several paths share has one verdict. `reviews`: people's labels by
 * step index; they are about exactly this text, so they decide. O(steps).
 */
export function scoredProblem(
  problem: Problem,
  scored: ProblemScores | undefined,
  threshold: number,
  decides: Decides = 'model',
  reviews: ReadonlyMap<number, -1 | 0 | 1> = new Map(),
): ScoredProblem {
  const steps: ScoredStep[] = [];
  const live = scored?.source ?? 'prm';
  const labeled = decides === 'labels' ? onLabeledPaths(problem.steps) : undefined;
  /** Whether the path up to and including the step has a low one. */
  const lowSoFar: boolean[] = [];
  for (const step of problem.steps) {
    const score = scored?.scores[step.index];
    const human = reviews.get(step.index);
    const values: StepValues = {
      ...step.values,
      ...(score !== undefined && !Number.isNaN(score) && { [live]: score }),
      ...(human !== undefined && { human }),
    };
    // On a labeled path only labels decide, so that no verdict mixes sources; the model's score stays in `values`.
    const verdict =
      human !== undefined
        ? stepVerdict(values, threshold, ['human'])
        : labeled?.has(step.index)
          ? stepVerdict(step.values, threshold, LABELS)
          : stepVerdict(values, threshold, [live, ...LIVE_FIRST]);
    const lowBefore = lowSoFar[step.parent ?? -1] === true;
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
      outOfScope: scored?.outOfScope?.has(step.index) ?? false,
      reviewed: human !== undefined,
    });
  }
  return { problem, steps };
}

/** The steps with a labeled step before or after them on a path, or a label of their own. O(steps). */
function onLabeledPaths(steps: readonly Step[]): ReadonlySet<number> {
  const found = new Set(
    steps.filter(({ values }) => LABELS.some((source) => valueOf(values, source) !== undefined)).map(({ index }) => index),
  );
  const { size } = found;
  if (size === 0 || size === steps.length) return found;
  // Parents precede children. Both passes start from the labeled steps, so siblings of a labeled branch stay out.
  const below = new Set(found);
  for (const { index, parent } of steps) if (parent !== undefined && below.has(parent)) below.add(index);
  for (const { index, parent } of steps.toReversed()) if (parent !== undefined && found.has(index)) found.add(parent);
  for (const index of below) found.add(index);
  return found;
}
