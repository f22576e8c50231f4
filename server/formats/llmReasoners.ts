import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import type { DocumentString } from './jsonString.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, stepSlice } from './slices.js';
import { TreeDraft } from './treeDraft.js';

/**
 * Tree logs of llm-reasoners (maitrix-org/llm-reasoners, `visualization/tree_log.py`): one snapshot of the tree for each iteration,
 * each shown as a problem. Ids are numbers, keys are strings; `data` is whatever the search stored, so the text of a node is taken
 * from the usual names in it or in its edge. `Q` (or `reward`) of the edge is the recorded score.
 */
export const llmReasoners: JsonFormat = {
  syntax: 'json',
  id: 'llmReasoners',
  title: 'llm-reasoners tree log',
  recognizedBy: '`logs` with `nodes` and `edges`',
  shown: 'the search tree after each iteration',
  keys: ['logs', 'edges'],
  claims: (json, record) => isLog(json, record),
  holds: (json, record) => json.get(record, 'logs') !== undefined || isSnapshot(json, record),
  read: readRecord,
};

function isLog(json: JsonDocument, record: number): boolean {
  const logs = json.get(record, 'logs');
  if (logs === undefined || !json.isArray(logs)) return false;
  const [first] = json.items(logs);
  return first !== undefined && isSnapshot(json, first);
}

function isSnapshot(json: JsonDocument, id: number): boolean {
  const nodes = json.get(id, 'nodes');
  return nodes !== undefined && json.isObject(nodes) && json.get(id, 'edges') !== undefined;
}

function readRecord(reader: RecordReader, record: number, index: number): readonly Problem[] {
  const logs = reader.value(record, 'logs');
  const snapshots = logs === undefined ? [record] : (reader.listAt(logs) ?? []);
  return snapshots.filter((one) => reader.json.isObject(one)).map((one, i) => readSnapshot(reader, one, index + i, i + 1));
}

function readSnapshot(reader: RecordReader, snapshot: number, index: number, iteration: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const tree = new TreeDraft(draft);
  const nodes = new Map(entriesOf(reader, snapshot, 'nodes'));
  const edges = entriesOf(reader, snapshot, 'edges').map(([, edge]) => edge);
  const children = new Map<string, { edge: number; target: string }[]>();
  const targets = new Set<string>();
  for (const edge of edges) {
    const source = reader.text(edge, 'source');
    const target = reader.text(edge, 'target');
    if (source === undefined || target === undefined) continue;
    targets.add(target);
    children.set(source, [...(children.get(source) ?? []), { edge, target }]);
  }
  const first = [...nodes.keys()].find((id) => !targets.has(id));
  const root = first === undefined ? undefined : nodes.get(first);
  const question = root === undefined ? undefined : textIn(json, root, QUESTION_NAMES);
  const seen = new Set<string>();
  const waiting: { id: string; parent?: number; edge?: number }[] = first === undefined ? [] : [{ id: first }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const object = nodes.get(next.id);
    if (object === undefined || seen.has(next.id)) continue;
    seen.add(next.id);
    const text = next.parent === undefined ? undefined : stepText(json, object, next.edge);
    const slice = text && stepSlice(text);
    const values = next.edge === undefined ? {} : scoreOf(reader, next.edge);
    const node = tree.add(next.parent, slice === undefined || slice.text === '' ? [] : [slice], { span: json.span(object), values });
    for (const { edge, target } of [...(children.get(next.id) ?? [])].reverse()) waiting.push({ id: target, parent: node, edge });
  }
  tree.addSolutions(() => undefined);
  const problem = draft.finish(snapshot, index, question && questionSlice(question), { nodes: tree.nodes });
  return { ...problem, id: `iteration ${iteration}` };
}

function entriesOf(reader: RecordReader, object: number, key: string): [string, number][] {
  const id = reader.value(object, key);
  return id === undefined ? [] : reader.json.entries(id).filter(([, value]) => reader.json.isObject(value));
}

const QUESTION_NAMES = ['question', 'problem', 'example', 'prompt', 'goal', 'input'];
const STEP_NAMES = [
  'action',
  'step',
  'sub_answer',
  'subanswer',
  'sub_question',
  'subquestion',
  'thought',
  'text',
  'content',
  'state',
  'last_action',
];

function stepText(json: JsonDocument, node: number, edge: number | undefined): DocumentString | undefined {
  return (
    (edge === undefined ? undefined : textIn(json, edge, ['action'])) ?? textIn(json, node, STEP_NAMES) ?? textIn(json, node, undefined)
  );
}

/** The first text under one of `names` (or any) in `data`, at most four levels down; lists from the end. */
function textIn(json: JsonDocument, object: number, names: readonly string[] | undefined): DocumentString | undefined {
  const data = json.get(object, 'data');
  const named = names?.map((name) => (data === undefined ? undefined : json.get(data, name))) ?? [data];
  for (const id of named) {
    const found = id === undefined ? undefined : lastText(json, id, 4);
    if (found !== undefined) return found;
  }
  return undefined;
}

function lastText(json: JsonDocument, id: number, depth: number): DocumentString | undefined {
  if (json.isString(id)) return json.string(id).text.trim() === '' ? undefined : json.string(id);
  if (depth === 0) return undefined;
  const items = json.isArray(id) ? json.items(id).reverse() : json.items(id);
  for (const item of items) {
    const found = lastText(json, item, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function scoreOf(reader: RecordReader, edge: number): StepValues {
  const data = reader.json.get(edge, 'data');
  const score = data === undefined ? undefined : (reader.value(data, 'Q') ?? reader.value(data, 'reward'));
  const recordedPrm = score === undefined || reader.json.isArray(score) ? undefined : reader.scoreAt(score);
  return recordedPrm === undefined ? {} : { recordedPrm };
}
