import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { scoredText } from './scoredText.js';

/**
 * What RLHFlow's evaluation writes (RLHFlow/RLHF-Reward-Modeling `math-rm`): `answers`, `step_scores` for each, and whether each
 * answer is right under `label` (the code) or `labels` (its README). Steps end in `ки\n` (Mistral) or a blank line (DeepSeek).
 */
export const rlhFlowEval: JsonFormat = {
  syntax: 'json',
  id: 'rlhFlowEval',
  title: 'RLHFlow evaluation output',
  recognizedBy: '`answers` with `step_scores`',
  shown: 'candidates with their recorded scores',
  keys: ['step_scores'],
  claims(json, record) {
    const answers = json.get(record, 'answers');
    return answers !== undefined && json.isArray(answers) && json.get(record, 'step_scores') !== undefined;
  },
  holds: (json, record) => json.get(record, 'answers') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const answers = reader.list(record, 'answers') ?? [];
  const scores = reader.list(record, 'step_scores') ?? [];
  const key = reader.json.get(record, 'label') === undefined ? 'labels' : 'label';
  const verdicts = reader.list(record, key) ?? [];
  answers.forEach((answer, at) => {
    const text = reader.stringAt(answer);
    if (text === undefined) return;
    const verdict = verdicts[at];
    draft.addSolution(
      scoredText(reader, text, scores[at]),
      reader.json.span(answer),
      verdict === undefined ? undefined : reader.verdictAt(verdict),
    );
  });
  return draft.finish(record, index, questionOf(reader, record, ['prompt', 'question', 'problem']));
}
