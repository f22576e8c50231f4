/**
 * A step value estimated by rollouts: the share of sampled completions from the step's prefix that ended in the right
 * answer (MM-PRM `mc_value`, VisualPRM `score`).
 */
export interface McValue {
  /** In [0, 1]. */
  readonly value: number;
  /** Rollouts judged right; absent when the file does not say. */
  readonly correct?: number;
  /** Rollouts run; absent when the file does not say. Never recomputed from de-duplicated rollout lists. */
  readonly total?: number;
  /** Forced to 1 because the step belongs to a correct rollout; nothing was sampled from here. */
  readonly assumed?: boolean;
  /** Already cut to 0 or 1 by a threshold; the soft value is lost. */
  readonly hard?: boolean;
}

/** What is known about one step, by source. A missing value is not 0. */
export interface StepValues {
  /** A process reward model's score in [0, 1], from the model StepLens runs. */
  prm?: number;
  /** A PRM's score that is in the file, written by any model. */
  recordedPrm?: number;
  mc?: McValue;
  /** An LLM judge's probability that the step is right, in [0, 1]. */
  judge?: number;
  /** A person's label: -1 wrong, 0 neutral, 1 right. */
  human?: -1 | 0 | 1;
}

/** Where a step value comes from, the most trusted source first when one value must represent a step. */
export type ValueSource = 'human' | 'mc' | 'prm' | 'recordedPrm' | 'judge';
