import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import { Kind } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { scoredText } from './scoredText.js';

/**
 * The output of Hugging Face's search-and-learn (huggingface/search-and-learn): `completions` of one `problem`,
 * `scores` with one list for each completion and one score per paragraph. `agg_scores` and `pred` follow from them.
 */
export const searchAndLearn: JsonFormat = {
  syntax: 'json',
  id: 'searchAndLearn',
  title: 'search-and-learn completions',
  recognizedBy: '`problem`, `completions`, `scores` or `agg_scores`',
  shown: 'candidates with their recorded scores',
  keys: ['completions'],
  claims(json, record) {
    const completions = json.get(record, 'completions');
    if (completions === undefined || !json.isArray(completions) || json.get(record, 'labels') !== undefined) return false;
    const hasQuestion = ['problem', 'question', 'prompt'].some((key) => json.get(record, key) !== undefined);
    return hasQuestion && ['scores', 'agg_scores', 'pred', 'completion_tokens'].some((key) => json.get(record, key) !== undefined);
  },
  holds: (json, record) => json.get(record, 'completions') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const scores = reader.list(record, 'scores') ?? [];
  (reader.list(record, 'completions') ?? []).forEach((completion, at) => {
    const text = reader.stringAt(completion);
    if (text === undefined) return;
    const own = scores[at];
    if (own !== undefined && !json.isArray(own) && json.kind(own) !== Kind.number && json.kind(own) !== Kind.null)
      reader.wrongType(own, english('an array of scores'));
    draft.addSolution(scoredText(reader, text, own), json.span(completion));
  });
  return draft.finish(record, index, questionOf(reader, record, ['problem', 'question', 'prompt']));
}
