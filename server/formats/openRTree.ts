import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { paragraphSlices, type Slice } from './slices.js';
import { TreeDraft } from './treeDraft.js';

/**
 * OpenR's MATH-APS trees (openreasoner/openr, OmegaPRM): the root's `text` is the question; the text of a child is what it adds
 * (the README calls it cumulative, the files are not), often several paragraphs. Its search dumps (`Node.to_json`) have `children`
 * as an object whose keys are the texts. `question_id` repeats and identifies nothing.
 */
export const openRTree: JsonFormat = {
  syntax: 'json',
  id: 'openRTree',
  title: 'OpenR reasoning tree',
  recognizedBy: '`reasoning_steps` with `text`, `mc_value`, `children`',
  shown: 'the search tree; every path from the root to a leaf as a solution',
  keys: ['reasoning_steps', 'visit_cnt', 'prior_p'],
  claims(json, record) {
    const root = json.get(record, 'reasoning_steps');
    if (root !== undefined) return json.isObject(root);
    return (
      ['visit_cnt', 'prior_p', 'visit_count'].some((key) => json.get(record, key) !== undefined) &&
      isKeyed(json, json.get(record, 'children'))
    );
  },
  holds: (json, record) => json.get(record, 'reasoning_steps') !== undefined || json.get(record, 'children') !== undefined,
  read: readRecord,
};

function isKeyed(json: JsonDocument, children: number | undefined): boolean {
  if (children === undefined || !json.isObject(children)) return false;
  const [first] = json.items(children);
  return first !== undefined && json.isObject(first) && json.get(first, 'children') !== undefined;
}

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const tree = new TreeDraft(draft);
  const root = reader.value(record, 'reasoning_steps') ?? record;
  const waiting: { object: number; parent?: number; key?: number }[] = [];
  if (json.isObject(root)) waiting.push({ object: root });
  else reader.wrongType(root, english('an object'));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { object, parent, key } = next;
    const slices = parent === undefined ? [] : slicesOf(reader, object, key);
    const visits = reader.count(object, 'visit_cnt') ?? reader.count(object, 'visit_count');
    const node = tree.add(parent, slices, { span: json.span(object), values: valuesOf(reader, object), visits });
    const children = reader.value(object, 'children');
    const isByName = children !== undefined && json.isObject(children);
    const items = children === undefined ? [] : isByName ? json.items(children) : (reader.listAt(children) ?? []);
    for (const child of items.reverse()) {
      if (json.isObject(child)) waiting.push({ object: child, parent: node, ...(isByName && { key: child - 1 }) });
      else reader.wrongType(child, english('an object'));
    }
  }
  tree.addSolutions();
  return draft.finish(record, index, root === record ? undefined : questionOf(reader, record), { nodes: tree.nodes });
}

/** The text of a node; of a dump by name, its key. */
function slicesOf(reader: RecordReader, object: number, key: number | undefined): Slice[] {
  const text = reader.string(object, 'text') ?? (key === undefined ? undefined : reader.json.string(key));
  if (text === undefined) {
    if (reader.json.get(object, 'text') === undefined) reader.missingKey(object, 'text');
    return [];
  }
  const slices = paragraphSlices(text);
  if (slices.length === 0)
    reader.faults.add('empty-step', text.span(), () => english('This node has no text and is not scored; write its text, or remove it.'));
  return slices;
}

function valuesOf(reader: RecordReader, object: number): StepValues {
  const value = reader.share(object, 'mc_value');
  if (value !== undefined) return { mc: { value } };
  const score = reader.value(object, 'value');
  const recordedPrm = score === undefined ? undefined : reader.scoreAt(score);
  return recordedPrm === undefined ? {} : { recordedPrm };
}
