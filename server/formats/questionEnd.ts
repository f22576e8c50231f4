import type { DocumentString } from './jsonString.js';
import { questionSlice, type Slice } from './slices.js';

/** A text that contains both the question and the first step, or more. */
export interface QuestionAndSteps {
  /** Undefined when the text has no recognizable question. */
  readonly question?: Slice;
  /** Index in the text where the steps begin. */
  readonly stepsAt: number;
}

/** A heading between question and steps: `### Solution Process:`, `Process:`, `**Solution:**`. */
const HEADING = /(?:^|\n)[ \t]*(?:#{1,6} *|\*\*)?(?:solution(?: process)?|process|reasoning(?: process)?|response)(?:\*\*)? *:(?:\*\*)?/i;
const QUESTION = /^\s*(?:#{1,6} *|\*\*)?(?:question|problem)(?:\*\*)? *:(?:\*\*)?/i;

/**
 * Where the question ends before `limit`: at a heading of the solution, before `Step 1:`, or, when neither is there, at the
 * last blank line, line break or question mark.
 */
export function questionEnd(source: DocumentString, limit = source.text.length): QuestionAndSteps {
  const text = source.text.slice(0, limit);
  const start = QUESTION.exec(text)?.[0].length ?? 0;
  const heading = HEADING.exec(text);
  if (heading !== null) return split(source, start, heading.index, heading.index + heading[0].length);
  const step = [...text.matchAll(/(?:^|[\s*#])(?=\**step *1\s*[:.)])/gi)].at(-1);
  if (step !== undefined) return split(source, start, step.index + step[0].length, step.index + step[0].length);
  const body = text.trimEnd();
  for (const mark of ['\n\n', '\n', '? ']) {
    const at = body.lastIndexOf(mark);
    if (at > start) return split(source, start, at + 1, at + mark.length);
  }
  return { stepsAt: start };
}

function split(source: DocumentString, start: number, end: number, stepsAt: number): QuestionAndSteps {
  const question = questionSlice(source, start, Math.max(start, end));
  return question.text === '' ? { stepsAt } : { question, stepsAt };
}
