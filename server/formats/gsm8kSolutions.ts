import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { splitSlices } from './slices.js';

/**
 * GSM8K's model solutions (openai/grade-school-math, `example_model_solutions.jsonl`): solutions of several models beside each
 * other, each with `is_correct`; a line is a step. There are no step labels.
 */
export const gsm8kSolutions: JsonFormat = {
  syntax: 'json',
  id: 'gsm8kSolutions',
  title: 'GSM8K model solutions',
  recognizedBy: 'objects with `is_correct` and `solution`, `ground_truth`',
  shown: 'candidates with the verdict on their answer',
  keys: ['is_correct'],
  claims: (json, record) => json.get(record, 'question') !== undefined && solutionsOf(json, record).length > 0,
  holds: (json, record) => json.get(record, 'question') !== undefined && solutionsOf(json, record).length > 0,
  read: readRecord,
};

function solutionsOf(json: JsonDocument, record: number): [model: string, value: number][] {
  return json
    .entries(record)
    .filter(([, value]) => json.get(value, 'is_correct') !== undefined && json.get(value, 'solution') !== undefined);
}

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const models: string[] = [];
  for (const [model, value] of solutionsOf(reader.json, record)) {
    const text = reader.string(value, 'solution');
    if (text === undefined) continue;
    const steps = splitSlices(text, /\n/g).map((slice) => ({ slice, values: {} }));
    draft.addSolution(steps, text.span(), reader.boolean(value, 'is_correct'));
    models.push(model);
  }
  const truth = reader.text(record, 'ground_truth');
  const answer = truth === undefined ? undefined : /(?:^|\n)(?:A:|####)\s*([^\n]+)\s*$/.exec(truth)?.[1]?.trim();
  const problem = draft.finish(record, index, questionOf(reader, record));
  return {
    ...problem,
    ...(answer !== undefined && { answer }),
    solutions: problem.solutions.map((solution, i) => ({ ...solution, model: models[i]! })),
  };
}
