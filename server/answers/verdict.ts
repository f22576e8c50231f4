/** How a verdict was found. */
export type AnswerMethod =
  | 'empty'
  | 'text'
  | 'words'
  | 'choice'
  | 'number'
  | 'unit'
  | 'percent'
  | 'rounded'
  | 'rounding'
  | 'list'
  | 'order'
  | 'interval'
  | 'base'
  | 'ratio'
  | 'date'
  | 'chemistry'
  | 'equation'
  | 'algebra'
  | 'unreadable'
  /** No final answer was found in the solution. */
  | 'not found'
  /** The answer is too long, too deep or takes too long to compare. */
  | 'limit'
  /** The verifier failed; the reason says how. */
  | 'error'
  /** A verifier of the user's own decided. */
  | 'own';

/** Whether an answer is the reference, and how that was found. */
export interface Verdict {
  readonly verdict: 'right' | 'wrong' | 'undecided';
  readonly method: AnswerMethod;
  /** For people: what decided, or why nothing did. */
  readonly reason?: string;
}
