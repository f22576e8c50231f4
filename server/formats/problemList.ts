import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';

/** Keys of records that hold more than the problem: those are of other formats, read here or not. */
const SOLVED = [
  'steps',
  'steps_with_score',
  'solution',
  'solutions',
  'solutions_splits',
  'children',
  'process',
  'labels',
  'rating',
  'completions',
  'conversations',
  'messages',
  'partial_solution',
  'reasoning_steps',
  'mc_value',
  'correct_rollouts',
  'incorrect_rollouts',
  'response',
];

/** Longer texts under "answer" are solutions, as GSM8K writes them. */
const ANSWER_LENGTH = 200;

/**
 * Problems still to be labelled, as MM-PRM's `data_pipeline` takes them: `id`, `question`, `correct_answer` (or `answer`) and
 * `image_path`. There are no steps yet.
 */
export const problemList: JsonFormat = {
  syntax: 'json',
  id: 'problemList',
  title: 'list of problems',
  recognizedBy: 'a question and a final answer, no steps',
  shown: 'problems to label',
  keys: ['question', 'problem', 'content', 'Problem'],
  hasNoSteps: true,
  claims(json, record) {
    if (json.get(record, 'question') === undefined || !isClosed(json, record)) return false;
    if (SOLVED.some((key) => json.get(record, key) !== undefined)) return false;
    if (json.get(record, 'correct_answer') !== undefined) return true;
    // Question and answer alone are any quiz.
    return (
      isFinalAnswer(json, json.get(record, 'answer')) && ['id', 'image_path', 'image'].some((key) => json.get(record, key) !== undefined)
    );
  },
  holds: (json, record) => json.get(record, 'question') !== undefined,
  read: (reader, record, index) => new ProblemDraft(reader).finish(record, index, questionOf(reader, record)),
};

/** Whether a record is whole: of one that is cut off, the telling keys may be missing. */
function isClosed(json: JsonDocument, record: number): boolean {
  const { end } = json.span(record);
  const last = json.items(record).at(-1);
  return json.text[end - 1] === '}' && last !== undefined && json.span(last).end < end;
}

function isFinalAnswer(json: JsonDocument, answer: number | undefined): boolean {
  if (answer === undefined || json.isObject(answer) || json.isArray(answer)) return false;
  const { text } = json.string(answer);
  return text.length > 0 && text.length <= ANSWER_LENGTH && !text.includes('\n');
}
