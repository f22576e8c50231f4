import type { AnswerMethod, Verdict } from './verdict.js';

export type { AnswerMethod, Verdict } from './verdict.js';

/** Longer answers are not compared, in UTF-16 units. The longest reference in MATH has 159. */
export const MAX_ANSWER_LENGTH = 2000;

/** Decides whether final answers are right. Both the built-in rules and users' own verifiers implement it. */
export interface Verifier {
  /** Part of a run's settings hash: verdicts of verifiers with different names may differ. */
  readonly name: string;
  /** Rejects with AbortError when cancelled, and never otherwise: whatever fails is `undecided`, with the reason. */
  verify(request: VerifyRequest): Promise<Verdict>;
  dispose(): Promise<void>;
}

export interface VerifyRequest {
  /** The final answer as read from the solution; undefined when none was found, which is undecided and not wrong. */
  readonly answer: string | undefined;
  readonly reference: string;
  /** Determines whether the order of a list counts. */
  readonly question?: string;
  /** All steps; for verifiers that look at more than the final answer. */
  readonly solution?: readonly string[];
  readonly signal?: AbortSignal;
}

export function undecided(method: AnswerMethod, reason: string): Verdict {
  return { verdict: 'undecided', method, reason };
}
