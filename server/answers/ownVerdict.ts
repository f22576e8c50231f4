import { english } from '../l10n.js';
import type { Verdict } from './verdict.js';
import { undecided, type VerifyRequest } from './verifier.js';

/** Longest reason in UTF-16 units: it is part of every line of a run's log. */
const LONGEST_REASON = 500;

/**
 * The request to a user's own verifier: `{"question", "reference", "answer", "solution"}`; `answer` is null when no
 * final answer is marked, `solution` is the list of steps.
 */
export function ownRequest({ question, reference, answer, solution }: VerifyRequest): object {
  return { question: question ?? '', reference, answer: answer ?? null, solution: solution ?? [] };
}

/** Reads `{"verdict": "right" | "wrong" | "undecided", "reason"?}`; anything else is undecided, and the reason says so. */
export function ownVerdict(value: unknown): Verdict {
  const { verdict, reason } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (verdict !== 'right' && verdict !== 'wrong' && verdict !== 'undecided')
    return undecided('error', english('The verifier gave no "verdict" of right, wrong or undecided.'));
  return { verdict, method: 'own', ...(typeof reason === 'string' && { reason: reason.slice(0, LONGEST_REASON) }) };
}
