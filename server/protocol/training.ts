/** Export of training data, and explanations of why a path is not in it. */
import { fileFault } from './evaluation.js';
import { request } from './message.js';
import { count, dictionary, empty, flag, type Infer, list, number, object, optional, text } from './shape.js';

const trainingFormat = object({
  id: text,
  title: text,
  /** Default threshold: a value at or below it is an error. */
  threshold: number,
  /** The rules that exclude paths, in words. */
  rules: list(text),
});
export type TrainingFormat = Infer<typeof trainingFormat>;

export const TrainingFormats = request({
  method: 'steplens/trainingFormats',
  to: 'server',
  params: empty,
  result: list(trainingFormat),
});

const exportTrainingParams = object({
  uris: list(text),
  /** A `TrainingFormat.id`. */
  format: text,
  threshold: number,
  seed: number,
  /** `file:` URI of the file to write. */
  out: text,
});
export type ExportTrainingParams = Infer<typeof exportTrainingParams>;

const exportOutcome = object({
  files: count,
  samples: count,
  samplesWithError: count,
  /** Distinct paths that were considered: the samples and the excluded ones. */
  paths: count,
  excluded: list(object({ reason: text, meaning: text, count })),
  faults: list(fileFault),
});
export type ExportOutcome = Infer<typeof exportOutcome>;

/** Writes the labeled paths of files or folders as training data, as `steplens export` does. */
export const ExportTraining = request({
  method: 'steplens/exportTraining',
  to: 'server',
  params: exportTrainingParams,
  result: exportOutcome,
});

const explainTrainingParams = object({
  uri: text,
  problem: count,
  node: optional(count),
  step: optional(count),
  seed: number,
  /** Thresholds by format id, where they differ from the format's own. */
  thresholds: dictionary(number),
});
export type ExplainTrainingParams = Infer<typeof explainTrainingParams>;

const trainingExplanation = object({
  format: text,
  title: text,
  threshold: number,
  included: flag,
  /** One sentence. */
  why: text,
  rules: list(text),
});
export type TrainingExplanation = Infer<typeof trainingExplanation>;

/** For each format, whether the paths to a node (without a tree, to a step) are training data; empty: no such place. */
export const ExplainTraining = request({
  method: 'steplens/explainTraining',
  to: 'server',
  params: explainTrainingParams,
  result: list(trainingExplanation),
});
