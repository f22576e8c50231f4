import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import { benchmarkProblem } from './benchmarkProblem.js';
import type { JsonFormat } from './format.js';
import { Kind } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { type LabeledStep, labelFirstError, reportCounts, stepsAt } from './stepLabels.js';

const STEP_KEYS = ['model_output_step_format', 'model_output_steps'];
const FIRST_ERROR = 'model_output_solution_first_error_step';
const SOLUTION = 'model_output_solution_correctness';

/**
 * MR-GSM8K, MR-MATH and ReasonEval's meta-evaluation (GAIR-NLP/ReasonEval, arXiv 2404.05692): one solution per record;
 * the position of the first wrong step counts from 1. A step may be a list of lines. `rating` marks each step as needed
 * (1) or redundant (0, which is valid and so neutral). `scores` has one value for each step or for each line; the
 * minimum over its lines is the step's. A value is a probability or ReasonEval's [wrong, neutral, right].
 */
export const mrMath: JsonFormat = {
  syntax: 'json',
  id: 'mrMath',
  title: 'MR-GSM8K, MR-MATH or ReasonEval',
  recognizedBy: '`model_output_steps` or `model_output_step_format`',
  shown: 'human labels up to the first error, or redundant steps',
  keys: STEP_KEYS,
  claims: (json, record) => STEP_KEYS.some((key) => json.get(record, key) !== undefined),
  holds: (json, record) => STEP_KEYS.some((key) => json.get(record, key) !== undefined),
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const list = STEP_KEYS.map((key) => reader.value(record, key)).find((id) => id !== undefined);
  const steps = stepsAt(reader, list) ?? [];
  addFirstError(reader, record, steps);
  addRatings(reader, record, steps);
  if (list !== undefined) addScores(reader, record, list, steps);
  const answer = reader.text(record, 'model_output_answer_correctness');
  const problem = benchmarkProblem(draft, record, index, questionOf(reader, record, ['question', 'problem']), steps, {
    list,
    model: reader.text(record, 'generator'),
    id: reader.text(record, 'uuid'),
    correct: answer === undefined ? undefined : answer === 'correct',
  });
  const reference = reader.text(record, 'ground_truth_answer');
  return { ...problem, ...(reference !== undefined && { answer: reference }) };
}

/** Nothing is labeled if the solution is wrong and the file does not give the position of the error. */
function addFirstError(reader: RecordReader, record: number, steps: readonly (LabeledStep | undefined)[]): void {
  const { json } = reader;
  const verdict = reader.text(record, SOLUTION);
  const first = reader.value(record, FIRST_ERROR);
  if (verdict === 'correct') return labelFirstError(steps, -1);
  if (first === undefined) return;
  if (json.kind(first) === Kind.number) {
    const error = reader.wholeNumberAt(first, 1, steps.length);
    if (error !== undefined) labelFirstError(steps, error - 1);
  } else if (verdict !== undefined) reader.wrongType(first, english('the number of a step (the solution is wrong)'));
}

function addRatings(reader: RecordReader, record: number, steps: readonly (LabeledStep | undefined)[]): void {
  const ratings = reader.list(record, 'rating');
  if (ratings === undefined) return;
  if (ratings.length !== steps.length)
    reportCounts(reader, reader.json.span(reader.value(record, 'rating')!), 'rating', ratings.length, steps.length);
  steps.forEach((step, at) => {
    const rating = ratings[at] === undefined ? undefined : reader.wholeNumberAt(ratings[at], 0, 1);
    if (step !== undefined && rating !== undefined) step.values = { ...step.values, human: rating === 1 ? 1 : 0 };
  });
}

function addScores(reader: RecordReader, record: number, list: number, steps: readonly (LabeledStep | undefined)[]): void {
  const { json } = reader;
  const at = reader.value(record, 'scores');
  const scores = at === undefined ? undefined : reader.listAt(at);
  if (at === undefined || scores === undefined || !json.isArray(list)) return;
  const lineCounts = json.items(list).map((step) => (json.isArray(step) ? json.items(step).length : 1));
  const lines = lineCounts.reduce((sum, count) => sum + count, 0);
  const isByLine = scores.length === lines;
  if (!isByLine && scores.length !== steps.length) return reportCounts(reader, json.span(at), 'scores', scores.length, steps.length);
  const values = scores.map((score) => validityAt(reader, score));
  let next = 0;
  steps.forEach((step, i) => {
    const count = isByLine ? lineCounts[i]! : 1;
    const own = values.slice(next, next + count).filter((value) => value !== undefined);
    next += count;
    if (step !== undefined && own.length > 0)
      step.values = { ...step.values, recordedPrm: own.reduce((least, value) => Math.min(least, value)) };
  });
}

/** ReasonEval's validity of a step is the probability of neutral and right together. */
function validityAt(reader: RecordReader, score: number): number | undefined {
  if (!reader.json.isArray(score)) return reader.scoreAt(score);
  const classes = reader.json.items(score).map((item) => reader.scoreAt(item));
  return classes.length !== 3 || classes.includes(undefined) ? undefined : Math.min(1, classes[1]! + classes[2]!);
}
