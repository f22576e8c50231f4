import type { Breaker } from './breaker.js';
import type { AnswerJudge } from './judge.js';

/**
 * Waits while the judge is unavailable, as a run waits for its policy: without its verdicts, only the answers that are
 * easy to read would count. Rejects with OutageError when it has failed for too long.
 */
export function patientJudge(ask: AnswerJudge, breaker: Breaker): AnswerJudge {
  return (request) =>
    breaker.run(
      () => ask(request),
      (told) => (typeof told !== 'string' && told.isTemporary === true ? told.failure : undefined),
      request.signal,
    );
}
