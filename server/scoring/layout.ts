import type { MarkerLayout } from './profile.js';
import type { TextTokenizer } from './tokenizer.js';

/** Turns a problem's texts into tokens, segment by segment, so that a segment's tokens do not depend on what follows. */
export interface SegmentEncoder {
  /** Tokens before the first step. */
  prompt(question: string): number[];
  /** Tokens a step adds to its prefix; the last one is the marker, at which the score is read. */
  step(text: string, isFirst: boolean): number[];
}

/**
 * What the profile puts between a step's marker and the next step is encoded with that next step, and what comes after
 * the last marker (`after`) not at all: the model is causal, so no score depends on it.
 */
export function createEncoder(layout: MarkerLayout, tokenizer: TextTokenizer): SegmentEncoder {
  const end = layout.step.indexOf(layout.marker) + layout.marker.length;
  const first = layout.step.slice(0, end);
  const next = layout.step.slice(end) + first;
  return {
    prompt: (question) => tokenizer.encode(layout.before, { question }),
    step: (text, isFirst) => tokenizer.encode(isFirst ? first : next, { step: text }),
  };
}
