/**
 * Turns a problem's texts into token ids, segment by segment: the prompt, then what every step adds to the steps before
 * it. A segment's tokens do not depend on what follows, so equal prefixes have equal tokens.
 */
export interface SegmentEncoder {
  /** @param images What stands for the images, in the template's language; nothing where there are none. */
  open(question: string, images?: string): ProblemEncoder;
}

export interface ProblemEncoder {
  /** Tokens before the first step; may be empty where the tokenizer has to see the question and the first step as one text. */
  readonly prompt: readonly number[];
  /** @param index Steps before it; 0 = the first. */
  step(text: string, index: number): EncodedStep;
}

export interface EncodedStep {
  /** Tokens the step adds to its prefix. */
  readonly ids: readonly number[];
  /** Tokens before those of the step itself, at a first step that begins with the end of the prompt; 0 when not given. */
  readonly head?: number;
  /** Which of them the score is read at; -1 where there is no place to read, because the tokenizer joined the step with what ends it. */
  readonly read: number;
}
