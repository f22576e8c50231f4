/** Evaluation of files, as `steplens evaluate` does it. */
import { notification, request } from './message.js';
import {
  count,
  dictionary,
  flag,
  type Infer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from './shape.js';

const known = nullable(number);

const estimateLine = object({ value: known, low: known, high: known });
export type EstimateLine = Infer<typeof estimateLine>;

const scoresLine = object({
  solutions: count,
  counts: object({ tp: count, fp: count, tn: count, fn: count }),
  macroF1: known,
  f1Correct: known,
  f1Incorrect: known,
  microF1: known,
  accuracy: known,
  firstError: object({ erroneous: count, correct: count, errorAccuracy: known, correctAccuracy: known, f1: known }),
});
export type ScoresLine = Infer<typeof scoresLine>;

const bestLine = nullable(object({ threshold: number, value: number }));

/** One member per method of selecting a candidate. */
const bySelection = <T>(shape: Shape<T>) =>
  object({
    pass: shape,
    random: shape,
    selfConsistency: shape,
    min: shape,
    last: shape,
    product: shape,
    mean: shape,
    max: shape,
    sumLog: shape,
    sumLogit: shape,
    meanOdds: shape,
  });

const about = {
  files: list(text),
  /** Files whose own scores were used, and files scored with `model`. */
  scores: object({
    recorded: count,
    scored: count,
    model: optional(text),
    device: optional(text),
    /** Why steps were not scored, and how many for each reason; absent when all were. */
    notScored: optional(list(object({ reason: text, steps: count }))),
  }),
  seed: number,
} as const;

/** A line of `steplens evaluate --json` (media/schemas/evaluate.schema.json). Shares are in [0, 1]; null = nothing to count. */
export const evaluateLine = variants('kind', {
  bestOfN: {
    ...about,
    problems: count,
    candidates: count,
    unscored: count,
    unanswered: count,
    withoutVerdict: count,
    sizes: list(count),
    complete: list(count),
    accuracy: bySelection(list(estimateLine)),
    gainOverRandom: bySelection(list(estimateLine)),
  },
  processBenchmark: {
    ...about,
    benchmark: oneOf('visualProcessBench', 'processBench', 'prmBench', 'humanLabels'),
    headline: oneOf('macroF1', 'firstErrorF1'),
    threshold: number,
    /** `fixed`, `fixed by the model`, `default`, or `swept on FILE`. */
    thresholdOrigin: text,
    score: estimateLine,
    all: scoresLine,
    bySource: dictionary(scoresLine),
    byModel: dictionary(scoresLine),
    meanOverSources: known,
    weightedMeanOverSources: known,
    best: object({ macroF1: bestLine, firstErrorF1: bestLine }),
    sweep: object({ thresholds: list(number), macroF1: list(known), firstErrorF1: list(known) }),
    neutralSteps: count,
    unscoredSteps: count,
  },
});
export type EvaluateLine = Infer<typeof evaluateLine>;
export type BestOfNLine = Extract<EvaluateLine, { readonly kind: 'bestOfN' }>;
export type ProcessLine = Extract<EvaluateLine, { readonly kind: 'processBenchmark' }>;

/** A file that was not read, or not read completely; `message`: one sentence. */
export const fileFault = object({ uri: text, message: text });
export type FileFault = Infer<typeof fileFault>;

const evaluateParams = object({
  /** Chosen by the client and repeated in `EvaluationProgress`. */
  id: text,
  uris: list(text),
  /** Whether to score with the model even if a file has scores. */
  rescore: flag,
});
export type EvaluateParams = Infer<typeof evaluateParams>;

const evaluateOutcome = object({
  /** One per kind of file, each as `steplens evaluate --json` prints it; their files are paths, or URIs where there is no path. */
  lines: list(evaluateLine),
  faults: list(fileFault),
});
export type EvaluateOutcome = Infer<typeof evaluateOutcome>;

/**
 * Evaluates files, those of one kind together. Open documents are taken from the editor, others from disk. Steps without a score are
 * scored with the model of the settings.
 */
export const Evaluate = request({ method: 'steplens/evaluate', to: 'server', params: evaluateParams, result: evaluateOutcome });

const evaluationProgressParams = object({ id: text, uri: text, done: count, total: count });
export type EvaluationProgressParams = Infer<typeof evaluationProgressParams>;

/** Steps of one file of an evaluation that the model has scored; at most ten notifications per second. */
export const EvaluationProgress = notification({
  method: 'steplens/evaluationProgress',
  to: 'client',
  params: evaluationProgressParams,
});
