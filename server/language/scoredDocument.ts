import type { Problem, ReasoningDocument, Step } from '../reasoning/problem.js';
import type { LineIndex } from '../reasoning/span.js';
import type { StepValues, ValueSource } from '../reasoning/stepValue.js';
import { stepVerdict, valueOf } from '../reasoning/stepVerdict.js';

/** Values that a file holds, the most trusted first. */
const LABELS: readonly ValueSource[] = ['human', 'mc', 'recordedPrm', 'judge'];

/**
 * Which value decides whether a step is low, where the user chose the model: its live score, which is for the present text and not for
 * the one a label was made for; without it what the file holds, by trust.
 */
export const LIVE_FIRST: readonly ValueSource[] = ['prm', ...LABELS];

/**
 * `model`: the live score decides wherever there is one. `labels`: it decides only on paths without labels in the file, for a model that
 * nobody chose.
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
  /** The live value is the one from before the last edit; a new one is on its way. */
  readonly stale: boolean;
  /** Why the model gave no score. */
  readonly skipped?: string;
  /** The reason is that the step is outside the texts the model knows. */
  readonly outOfScope: boolean;
  /** A person judged exactly this text in a review: that decides before everything else. */
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
  /** What kind of value the scores are; `prm` when not said. */
  readonly source?: 'judge';
  /** Steps whose score is not the one of their present text; undefined = none. */
  readonly pending?: ReadonlySet<number>;
}

/**
 * Joins a problem with its scores and judges every step against `threshold`. Whether a step is the first low one depends
 * on its own path (`Step.parent`), so a step that several paths share has one verdict. `reviews`: what people said of steps, by index;
 * it was said of exactly their text, so it decides. O(steps).
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
    // A path follows its labels alone, so that no verdict mixes sources; what the model says is still among the values.
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
  // A parent comes before its children. Toward the root first, so that a sibling of a labeled branch does not count as labeled by it.
  const below = new Set(found);
  for (const { index, parent } of steps) if (parent !== undefined && below.has(parent)) below.add(index);
  for (const { index, parent } of steps.toReversed()) if (parent !== undefined && found.has(index)) found.add(parent);
  for (const index of below) found.add(index);
  return found;
}
