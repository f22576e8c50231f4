import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { stepSlices } from './stepLabels.js';

/**
 * Several solutions to compare for one question (MM-PRM `eval/prm/evaluate_*.py`): `solutions_splits[solution][step]`, a
 * verdict on each solution in `labels`, and, once a PRM has run, `prm_scores` of the splits' shape. The question's key
 * differs by benchmark.
 */
export const mmPrmCandidates: JsonFormat = {
  syntax: 'json',
  id: 'mmPrmCandidates',
  title: 'MM-PRM candidate set',
  recognizedBy: '`solutions_splits`, `labels`, `prm_scores`',
  shown: 'candidates, with the recorded scores beside the live ones',
  keys: ['solutions_splits'],
  claims(json, record) {
    const splits = json.get(record, 'solutions_splits');
    return splits !== undefined && json.isArray(splits);
  },
  holds: (json, record) => json.get(record, 'solutions_splits') !== undefined,
  read: readCandidates,
};

function readCandidates(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const splits = reader.list(record, 'solutions_splits') ?? [];
  const labels = pairedList(reader, record, 'labels', splits.length);
  const scores = pairedList(reader, record, 'prm_scores', splits.length);
  splits.forEach((split, at) => {
    const steps = stepSlices(reader, split);
    if (steps === undefined) return;
    const label = labels[at];
    const stepScores = scoresOf(reader, scores[at], steps.length);
    draft.addSolution(
      steps.flatMap((step, i) => {
        const score = stepScores[i];
        const recordedPrm = score === undefined ? undefined : reader.scoreAt(score);
        const values: StepValues = recordedPrm === undefined ? {} : { recordedPrm };
        return step === undefined ? [] : [{ slice: step, values }];
      }),
      reader.json.span(split),
      label === undefined ? undefined : reader.verdictAt(label),
    );
  });
  return draft.finish(record, index, questionOf(reader, record, ['question', 'query', 'query_cot']));
}

/** A list that has one item for each solution. */
function pairedList(reader: RecordReader, record: number, key: string, solutions: number): number[] {
  const list = reader.list(record, key);
  if (list === undefined) return [];
  if (list.length !== solutions) {
    reader.countMismatch(reader.json.span(reader.value(record, key)!), () =>
      english(
        'The number of items in "{0}" ({1}) and of solutions in "solutions_splits" ({2}) differ; they were paired from the front. Write one for each.',
        key,
        list.length,
        solutions,
      ),
    );
  }
  return list;
}

function scoresOf(reader: RecordReader, id: number | undefined, steps: number): number[] {
  const scores = id === undefined ? undefined : reader.listAt(id);
  if (id === undefined || scores === undefined) return [];
  if (scores.length !== steps) {
    reader.countMismatch(reader.json.span(id), () =>
      english(
        "The number of scores in {0} ({1}) and of the solution's steps ({2}) differ; they were paired from the front. Score the file again.",
        reader.json.path(id),
        scores.length,
        steps,
      ),
    );
  }
  return scores;
}
