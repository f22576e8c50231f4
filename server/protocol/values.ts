/** Places and step values as they cross the wire. */
import { count, flag, type Infer, number, object, oneOf, optional } from './shape.js';

/** Zero-based, as LSP counts: `character` in UTF-16 code units. */
export const position = object({ line: count, character: count });
export type Position = Infer<typeof position>;

export const range = object({ start: position, end: position });
export type Range = Infer<typeof range>;

/** A step value estimated by rollouts. */
export const mcValue = object({
  /** In [0, 1]. */
  value: number,
  /** Rollouts judged right; absent when the file does not give it. */
  correct: optional(number),
  /** Rollouts run; absent when the file does not give it. */
  total: optional(number),
  /** Set to 1 because the step belongs to a correct rollout; nothing was sampled from here. */
  assumed: optional(flag),
  /** Already cut to 0 or 1 by a threshold before it was written; the soft value is lost. */
  hard: optional(flag),
});
export type McValue = Infer<typeof mcValue>;

/** What is known about one step, by source. A missing value is not 0. */
export const stepValues = object({
  /** Score in [0, 1] of the process reward model StepLens runs. */
  prm: optional(number),
  /** Score of a process reward model, as recorded in the file. */
  recordedPrm: optional(number),
  mc: optional(mcValue),
  /** An LLM judge's probability that the step is right, in [0, 1]. */
  judge: optional(number),
  /** A person's label: -1 wrong, 0 neutral, 1 right. */
  human: optional(oneOf(-1, 0, 1)),
});
export type StepValues = Infer<typeof stepValues>;

/** Where a step value comes from. */
export const valueSource = oneOf('human', 'mc', 'prm', 'recordedPrm', 'judge');
