import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { ProblemToLabel } from './runEvents.js';

export interface ProblemFault {
  /** Where the problem's record begins, in UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

/**
 * Returns the problems of a document that can be labeled, and the faults of the others. Any format with question and
 * answer is read, above all MM-PRM's seed file. A problem without an id is named after its position.
 */
export function labelProblems(problems: readonly Problem[]): {
  readonly problems: readonly ProblemToLabel[];
  readonly faults: readonly ProblemFault[];
} {
  const taken = new Map<string, ProblemToLabel>();
  const faults: ProblemFault[] = [];
  for (const problem of problems) {
    const { question, answer = '', images, span } = problem;
    const id = problem.id ?? `problem-${problem.index + 1}`;
    const why =
      question.trim() === ''
        ? english('Problem {0} has no question; write it under "question".', id)
        : answer.trim() === ''
          ? english('Problem {0} has no reference answer, so no rollout could be judged; write it under "correct_answer" or "answer".', id)
          : taken.has(id)
            ? english('The id {0} comes twice; give every problem its own.', id)
            : undefined;
    if (why === undefined) taken.set(id, { id, question, answer, images });
    else faults.push({ offset: span.start, message: why });
  }
  return { problems: [...taken.values()], faults };
}
