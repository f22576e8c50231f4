import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import { Kind } from './jsonDocument.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { stepsAt } from './stepLabels.js';

/**
 * ReasonEval's perturbed solutions (`perturbation.json`): `hypothesis_steps` is `reference_steps` with an error put in; `tags` is the
 * position of the changed step, from 0, or a list of them.
 */
export const perturbation: JsonFormat = {
  syntax: 'json',
  id: 'perturbation',
  title: 'perturbed solution (ReasonEval)',
  recognizedBy: '`hypothesis_steps`, `reference_steps`',
  shown: 'labels of the changed steps',
  keys: ['hypothesis_steps'],
  claims: (json, record) => json.get(record, 'hypothesis_steps') !== undefined,
  holds: (json, record) => json.get(record, 'hypothesis_steps') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'hypothesis_steps');
  const steps = stepsAt(reader, list) ?? [];
  const tags = reader.value(record, 'tags');
  const positions = tags === undefined ? [] : json.isArray(tags) ? json.items(tags) : [tags];
  if (positions.length > 0 && positions.every((id) => json.kind(id) === Kind.number)) {
    const wrong = new Set(positions.map((id) => reader.wholeNumberAt(id, 0, steps.length - 1)));
    steps.forEach((step, at) => {
      if (step !== undefined) step.values = { human: wrong.has(at) ? -1 : 1 };
    });
  }
  const known = steps.filter((step) => step !== undefined);
  if (list !== undefined && known.length > 0) draft.addSolution(known, json.span(list));
  const question = reader.string(record, 'question');
  const source = reader.text(record, 'error_type');
  const problem = draft.finish(record, index, question && { text: question.text.trim(), span: question.span() });
  return { ...problem, ...(source !== undefined && { source }) };
}
