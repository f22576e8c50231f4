import { english } from '../l10n.js';
import type { Problem, Step } from '../reasoning/problem.js';
import type { RecordReader } from './record.js';

/** If more than this share of a file's recorded scores is outside [0, 1], none of them is a probability. */
const FOREIGN_SHARE = 0.05;

/**
 * Removes the recorded PRM scores when those of the file are logits or rewards, because the few that happen to be in
 * [0, 1] would look like probabilities. If only a few are outside [0, 1], each is reported at its place instead.
 */
export function withoutForeignScores(reader: RecordReader, problems: readonly Problem[]): readonly Problem[] {
  const { total, outside } = reader.scores;
  if (outside.length === 0) return problems;
  if (outside.length <= total * FOREIGN_SHARE) {
    for (const id of outside) reader.outOfRange(id, english('a number in [0, 1]'));
    return problems;
  }
  reader.faults.add('scores-not-in-range', reader.json.span(outside[0]!), () => {
    const values = outside.slice(0, 3).map((id) => reader.json.number(id));
    return english(
      '{0} of the {1} recorded scores of this file are outside [0, 1] ({2}, …): they are logits or rewards. None is used as a step value. Write probabilities, for logits 1 / (1 + exp(-x)).',
      outside.length,
      total,
      values.join(', '),
    );
  });
  return problems.map((problem) => ({ ...problem, steps: problem.steps.map(withoutScore) }));
}

function withoutScore(step: Step): Step {
  if (step.values.recordedPrm === undefined) return step;
  const { recordedPrm: _, ...values } = step.values;
  return { ...step, values };
}
