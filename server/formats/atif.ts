import type { Problem } from '../reasoning/problem.js';
import { callSlices, joinSlices } from './agentTurns.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice } from './slices.js';
import type { LabeledStep } from './stepLabels.js';

/**
 * Agent Trajectory Interchange Format (Harbor, RFC 0001, v1.0 to v1.4): `steps` of source system, user or agent. The user steps
 * before the agent's first are the question; each later step is a step here: reasoning, message, tool calls and observation.
 */
export const atif: JsonFormat = {
  syntax: 'json',
  id: 'atif',
  title: 'agent trajectory (ATIF)',
  recognizedBy: '`schema_version` "ATIF-…", `steps` with `source`',
  shown: 'a turn as a step, with its tool calls and observation',
  keys: ['schema_version', 'step_id'],
  claims(json, record) {
    const version = json.get(record, 'schema_version');
    if (version !== undefined && json.isString(version) && json.string(version).text.startsWith('ATIF')) return true;
    const steps = json.get(record, 'steps');
    const first = steps === undefined || !json.isArray(steps) ? undefined : json.items(steps)[0];
    return first !== undefined && ['step_id', 'source', 'message'].every((key) => json.get(first, key) !== undefined);
  },
  holds: (json, record) => json.get(record, 'steps') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'steps');
  const objects = (list === undefined ? undefined : reader.listAt(list))?.filter((step) => json.isObject(step)) ?? [];
  const sourceOf = (step: number): string | undefined => reader.text(step, 'source');
  const first = objects.findIndex((step) => sourceOf(step) === 'agent');
  const asked = objects.slice(0, first < 0 ? objects.length : first).findLast((step) => sourceOf(step) === 'user');
  const question = asked === undefined ? undefined : reader.string(asked, 'message');
  const steps: LabeledStep[] = (first < 0 ? [] : objects.slice(first)).map((step) => ({ slice: stepOf(json, step), values: {} }));
  const known = steps.filter((step) => step.slice.text !== '');
  if (list !== undefined && known.length > 0) draft.addSolution(known, json.span(list));
  const agent = reader.value(record, 'agent');
  const model = agent === undefined || !json.isObject(agent) ? undefined : (reader.text(agent, 'model_name') ?? reader.text(agent, 'name'));
  const id = reader.text(record, 'session_id');
  const problem = draft.finish(record, index, question && questionSlice(question));
  return {
    ...problem,
    ...(id !== undefined && { id }),
    solutions: problem.solutions.map((solution) => ({ ...solution, ...(model !== undefined && { model }) })),
  };
}

function stepOf(json: JsonDocument, step: number): Slice {
  const parts = [
    ...textAt(json, json.get(step, 'reasoning_content')),
    ...textAt(json, json.get(step, 'message')),
    ...callSlices(json, json.get(step, 'tool_calls')),
    ...observations(json, json.get(step, 'observation')),
  ];
  return joinSlices(
    parts.filter((part) => part.text !== ''),
    json.span(step),
  );
}

function observations(json: JsonDocument, observation: number | undefined): Slice[] {
  const results = observation === undefined ? undefined : json.get(observation, 'results');
  if (results === undefined || !json.isArray(results)) return [];
  return json.items(results).flatMap((result) => textAt(json, json.get(result, 'content')));
}

function textAt(json: JsonDocument, id: number | undefined): Slice[] {
  if (id === undefined || !json.isString(id)) return [];
  const text = json.string(id);
  return [{ text: text.text.trim(), span: text.span() }];
}
