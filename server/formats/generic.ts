import { chatMessages } from './chat.js';
import type { JsonFormat } from './format.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import { type LabelKind, type Mapping, readMapped } from './mapping.js';

/** Keys of a question. The keys of the second list have other uses too. */
const QUESTION_KEYS = ['question', 'problem', 'query', 'prompt', 'user_question', 'Question', 'Problem'];
const WEAK_QUESTION_KEYS = ['instruction', 'input', 'src', 'task', 'goal'];
/** Keys of a list of steps. */
const STEP_KEYS = [
  'steps',
  'solution_steps',
  'reasoning_steps',
  'response_steps',
  'thoughts',
  'process',
  'response',
  'trajectory',
  'rationales',
];
/** Keys of one solution as a text. */
const TEXT_KEYS = [
  'solution',
  'response',
  'output',
  'completion',
  'reasoning',
  'rationale',
  'chain_of_thought',
  'cot',
  'generation',
  'model_output',
  'generated_solution',
  'predicted_solution',
  'prediction',
  'process',
];
/** Keys of several solutions. */
const LIST_KEYS = ['solutions', 'responses', 'candidates', 'completions', 'generations', 'outputs', 'samples', 'predictions'];
const LABEL_KEYS = ['labels', 'step_labels', 'label', 'rating', 'ratings', 'annotations', 'process_correctness'];
const SCORE_KEYS = ['prm_scores', 'step_scores', 'scores', 'step_rewards', 'rewards', 'probs', 'values'];
const CORRECT_KEYS = ['correct', 'is_correct', 'final_answer_correct', 'correctness'];
/** Signs that an answer reasons; a text under "response" or "output" can be anything. */
const REASONING =
  /<think>|\b(?:step|schritt|paso|[ée]tape|passo)\s*1\s*[:.)]|第[一1]步|步骤\s*[一1]|\\boxed|<step>|<answer>|####|ки\b|\b(?:final )?answer\s*(?:is\b|:)|答案(?:是|为|[:：])/i;
/** With a key for a question or problem, a calculation is also such a sign. */
const CALCULATION = /=\s*[-$\\(]?\s*\d[\s\S]*=\s*[-$\\(]?\s*\d/;
const SAYS_PROBLEM = new Set(['question', 'problem', 'Question', 'Problem']);
const SAYS_SOLUTION = new Set(['solution', 'reasoning', 'rationale', 'chain_of_thought', 'cot']);

/**
 * Records of no known format that have a question and steps under usual names. The mapping is inferred from the names:
 * see docs/formats.md. What the names leave open is not guessed; `steplens.json` can define it.
 */
export const generic: JsonFormat = {
  syntax: 'json',
  id: 'generic',
  title: 'question with steps or a solution',
  recognizedBy: '`question`, `problem`, `prompt`, … with `steps`, `solution`, `response`, …',
  shown: 'steps with the labels or scores beside them',
  keys: [...QUESTION_KEYS, ...WEAK_QUESTION_KEYS],
  claims(json, record) {
    const mapping = inferMapping(json, record);
    // A cut-off record may lack the keys of its own format. One with a question and a list of steps is still read.
    return mapping !== undefined && (json.isClosed(record) || (mapping.steps === 'steps' && SAYS_PROBLEM.has(mapping.question ?? '')));
  },
  holds: (json, record) => [...QUESTION_KEYS, ...WEAK_QUESTION_KEYS].some((key) => json.get(record, key) !== undefined),
  read: (reader, record, index) =>
    readMapped(reader, record, index, inferMapping(reader.json, record, true) ?? { question: questionKey(reader.json, record)! }),
};

function questionKey(json: JsonDocument, record: number): string | undefined {
  return [...QUESTION_KEYS, ...WEAK_QUESTION_KEYS].find((key) => isQuestion(json, json.get(record, key)));
}

function isQuestion(json: JsonDocument, id: number | undefined): boolean {
  if (id === undefined) return false;
  if (json.isString(id)) return json.string(id).text.trim() !== '';
  if (!json.isArray(id)) return false;
  const [first] = json.items(id);
  return first !== undefined && (json.isString(first) || chatMessages(json, id).length > 0);
}

/**
 * Infers from their names what the keys of a record are; undefined when it has no question, or nothing that reasons. In
 * a file that another record has shown to be of this format (`isClaimed`), any text under the name of a solution is
 * accepted.
 */
export function inferMapping(json: JsonDocument, record: number, isClaimed = false): Mapping | undefined {
  const question = questionKey(json, record);
  if (question === undefined) return undefined;
  const others = json.entries(record).filter(([key]) => key !== question);
  const has = (keys: readonly string[], fits: (id: number) => boolean): string | undefined =>
    keys.find((key) => others.some(([name, id]) => name === key && fits(id)));
  const isPaddle = question === 'src';
  const isOfSteps = STEP_KEYS.some((key) => others.some(([name, id]) => name === key && isStepList(json, id)));
  // `is_correct` is a list of labels if there are steps, otherwise a verdict.
  const labels = has([...LABEL_KEYS, ...SCORE_KEYS, ...(isOfSteps ? CORRECT_KEYS : [])], (id) => json.isArray(id));
  const steps = has(isPaddle ? ['responses', ...STEP_KEYS] : STEP_KEYS, (id) => isStepList(json, id));
  const isWeak = WEAK_QUESTION_KEYS.includes(question);
  const correct = has(
    CORRECT_KEYS.filter((key) => key !== labels),
    (id) => [Kind.true, Kind.false, Kind.array, Kind.number].includes(json.kind(id) as 2),
  );
  const base: Mapping = {
    question,
    ...(labels !== undefined && { labels, labelKind: labelKindOf(json, json.get(record, labels)!, labels) }),
    ...(correct !== undefined && { correct }),
  };
  if (steps !== undefined && (!isWeak || labels !== undefined)) return { ...base, steps };
  const text = has(TEXT_KEYS, (id) => json.isString(id) && json.string(id).text.trim() !== '');
  if (text !== undefined && (isClaimed || labels !== undefined || isReasoning(json, json.get(record, text)!, text, question)))
    return { ...base, steps: text };
  const list = has(
    LIST_KEYS,
    (id) => json.isArray(id) && json.items(id).length > 0 && json.items(id).every((item) => json.isString(item) || isStepList(json, item)),
  );
  return list === undefined || isWeak ? undefined : candidates(json, record, base, list);
}

/** With several solutions, a flat list of labels has one verdict for each of them. */
function candidates(json: JsonDocument, record: number, base: Mapping, list: string): Mapping {
  const { labels, labelKind, ...rest } = base;
  if (labels === undefined || labelKind === undefined) return { ...rest, solutions: list };
  const items = json.items(json.get(record, labels)!);
  if (items.some((item) => json.isArray(item))) return { ...rest, solutions: list, labels, labelKind };
  return labelKind === 'human' && rest.correct === undefined ? { ...rest, solutions: list, correct: labels } : { ...rest, solutions: list };
}

function isStepList(json: JsonDocument, id: number): boolean {
  if (!json.isArray(id)) return false;
  const items = json.items(id);
  const texts = items.filter((item) => json.isString(item) || json.isObject(item) || json.isArray(item)).length;
  // A number among steps is reported at its place; a list of numbers is not a list of steps.
  return texts > 0 && items.filter((item) => json.kind(item) === Kind.number).length < texts;
}

function isReasoning(json: JsonDocument, id: number, key: string, question: string): boolean {
  const { text } = json.string(id);
  if (REASONING.test(text) || (SAYS_PROBLEM.has(question) && CALCULATION.test(text))) return true;
  return SAYS_SOLUTION.has(key) && !WEAK_QUESTION_KEYS.includes(question);
}

/** Scores come from a PRM. Labels with fractions are Monte-Carlo values, all others are verdicts. */
function labelKindOf(json: JsonDocument, list: number, key: string): LabelKind {
  if (SCORE_KEYS.includes(key)) return 'prm';
  const items = json.items(list).flatMap((item) => (json.isArray(item) ? json.items(item) : [item]));
  const isFraction = items.some((item) => json.kind(item) === Kind.number && !Number.isInteger(json.number(item)));
  return isFraction ? 'mc' : 'human';
}
