/**
 * Turns a problem's texts into token ids, segment by segment: the prompt, then what every step adds to the steps before
 * it. A segment's tokens do not depend on what follows, so equal prefixes have equal tokens.
 */
export interface SegmentEncoder {
  /** @param images Text that represents the images, in template syntax; empty when there are none. */
  open(question: string, images?: string): ProblemEncoder;
}

export interface ProblemEncoder {
  /** Tokens before the first step; may be empty if question and first step must be encoded as one text. */
  readonly prompt: readonly number[];
  /** @param index Number of steps before it; 0 = the first step. */
  step(text: string, index: number): EncodedStep;
}

export interface EncodedStep {
  /** Tokens the step adds to its prefix. */
  readonly ids: readonly number[];
  /** Number of prompt tokens at the beginning of `ids`, if a first step has the end of the prompt; 0 when not given. */
  readonly head?: number;
  /** Index in `ids` at which the score is read; -1 if none, because the tokenizer joined the step with its end. */
  readonly read: number;
}
