import { strip } from '../models/pythonStrip.js';
import type { ScoreJob } from './scorer.js';

/**
 * Which blanks around texts the model does not see, as the code of its family's authors has it: `none` = texts are read as the
 * file has them; `steps` = steps are trimmed; `all` = question and steps are.
 */
export type Trimming = 'none' | 'steps' | 'all';

export const trimmings: readonly Trimming[] = ['none', 'steps', 'all'];

/** A job with its texts as the model reads them. */
export function asRead(job: ScoreJob, trimming: Trimming): ScoreJob {
  const { question, rawQuestion = question, steps } = job;
  return {
    ...job,
    question: trimming === 'all' ? strip(question) : rawQuestion,
    steps: steps.map(({ text, raw = text, parent }) => ({
      text: trimming === 'none' ? raw : strip(raw),
      ...(parent !== undefined && { parent }),
    })),
  };
}
