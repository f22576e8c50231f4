import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ANSWER_KEYS, ProblemDraft, questionOf, referenceText } from './problemDraft.js';

/** Keys of records that have more than a problem and so belong to other formats. */
const SOLVED = [
  'steps',
  'steps_with_score',
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
  'responses',
  'output',
];

const QUESTION_KEYS = ['question', 'problem', 'content', 'Problem', 'Question', 'query', 'prompt'];
/** Keys that identify a problem or its data set: a question and an answer alone can be any quiz. */
const IDENTITY_KEYS = [
  'id',
  'ID',
  'uuid',
  'idx',
  'index',
  'unique_id',
  'question_id',
  'problem_id',
  'image_path',
  'image',
  'images',
  'url',
  'year',
  'Year',
  'subject',
  'level',
  'type',
  'source',
  'problem_type',
  'task',
  'data_source',
  'solution',
];
/** Beside one of these, `solution` is the reference solution (MATH, AIME). */
const SEED_KEYS = [
  'subject',
  'level',
  'unique_id',
  'type',
  'url',
  'year',
  'Year',
  'problem_type',
  'source',
  'competition',
  'ID',
  'id',
  'idx',
  'index',
];

/** Longer texts under "answer" are solutions, unless they end in `#### answer` as GSM8K's do. */
const ANSWER_LENGTH = 200;

/**
 * Problems to label, without steps: MM-PRM's seed file (`question`, `correct_answer`, `image_path`), MATH-500 and AIME (`problem`,
 * `answer`, a reference `solution`), GSM8K (`answer` that ends in `#### 18`), ReST-MCTS* (`content`, `answer`).
 */
export const problemList: JsonFormat = {
  syntax: 'json',
  id: 'problemList',
  title: 'list of problems',
  recognizedBy: 'a question and a final answer (MM-PRM seed, MATH-500, AIME, GSM8K), no steps',
  shown: 'problems to label',
  keys: QUESTION_KEYS,
  hasNoSteps: true,
  claims(json, record) {
    const question = QUESTION_KEYS.find((key) => isText(json, json.get(record, key)));
    if (question === undefined || !json.isClosed(record)) return false;
    if (SOLVED.some((key) => json.get(record, key) !== undefined)) return false;
    const has = (keys: readonly string[]): boolean => keys.some((key) => json.get(record, key) !== undefined);
    const hasSolution = json.get(record, 'solution') !== undefined || json.get(record, 'Solution') !== undefined;
    if (hasSolution && !has(SEED_KEYS)) return false;
    const key = ANSWER_KEYS.find((one) => json.get(record, one) !== undefined);
    if (key === undefined || !isFinalAnswer(json, json.get(record, key)!)) return false;
    if (key !== 'answer' && key !== 'Answer') return true;
    return ['problem', 'Problem', 'content'].includes(question) || has(IDENTITY_KEYS) || isWorkedAnswer(json, json.get(record, key)!);
  },
  holds: (json, record) => QUESTION_KEYS.some((key) => json.get(record, key) !== undefined),
  read: (reader, record, index) => new ProblemDraft(reader).finish(record, index, questionOf(reader, record, QUESTION_KEYS)),
};

function isText(json: JsonDocument, id: number | undefined): boolean {
  return id !== undefined && json.isString(id) && json.string(id).text.trim() !== '';
}

function isWorkedAnswer(json: JsonDocument, id: number): boolean {
  return json.isString(id) && /\n#### \S/.test(json.string(id).text);
}

function isFinalAnswer(json: JsonDocument, id: number): boolean {
  const text = referenceText(json, id);
  return text !== undefined && text.length > 0 && text.length <= ANSWER_LENGTH && !text.includes('\n');
}
