import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import type { DocumentString } from './jsonString.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { paragraphSlices } from './slices.js';
import { TreeDraft } from './treeDraft.js';

/**
 * OpenR's flat MATH-APS files: `reasoning_steps` is a list of prefixes, each with its Monte-Carlo value. A
 * `solution_prefix` begins with the question and is cumulative, so the tree follows from which prefixes begin with
 * which others. The place of a node's steps is the end of its prefix.
 */
export const openRFlat: JsonFormat = {
  syntax: 'json',
  id: 'openRFlat',
  title: 'OpenR list of prefixes',
  recognizedBy: '`reasoning_steps` with `solution_prefix`, `mc_value`',
  shown: 'the search tree that the prefixes form',
  keys: ['reasoning_steps'],
  claims(json, record) {
    const list = json.get(record, 'reasoning_steps');
    if (list === undefined || !json.isArray(list)) return false;
    const [first] = json.items(list);
    return first !== undefined && json.get(first, 'solution_prefix') !== undefined;
  },
  holds: (json, record) => json.get(record, 'reasoning_steps') !== undefined,
  read: readRecord,
};

interface Prefix {
  readonly object: number;
  readonly text: DocumentString;
  readonly value: number | undefined;
}

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const question = questionOf(reader, record);
  const tree = new TreeDraft(draft);
  const prefixes = prefixesOf(reader, record);
  const asked = question?.text ?? '';
  const ofQuestion = prefixes.find((prefix) => prefix.text.text.trim() === asked);
  const value = ofQuestion?.value;
  const root = tree.add(undefined, [], {
    span: reader.json.span(ofQuestion?.object ?? record),
    ...(value !== undefined && { values: { mc: { value } } }),
  });
  // In sorted order, a prefix comes right after the prefixes that it begins with.
  const sorted = prefixes.filter((prefix) => prefix !== ofQuestion).sort((a, b) => (a.text.text < b.text.text ? -1 : 1));
  const open: { readonly node: number; readonly text: string }[] = [{ node: root, text: asked }];
  for (const prefix of sorted) {
    const { text } = prefix.text;
    // A prefix that occurs twice has two values: both become nodes.
    while (open.length > 1 && (text === open.at(-1)!.text || !text.startsWith(open.at(-1)!.text))) open.pop();
    const parent = open.at(-1)!;
    const from = text.startsWith(parent.text) ? parent.text.length : 0;
    const slices = paragraphSlices(prefix.text, from);
    if (slices.length === 0) {
      reader.faults.add('empty-step', prefix.text.span(), () => english('This prefix has no step after the question; remove it.'));
      continue;
    }
    const node = tree.add(parent.node, slices, {
      span: reader.json.span(prefix.object),
      ...(prefix.value !== undefined && { values: { mc: { value: prefix.value } } }),
    });
    open.push({ node, text });
  }
  tree.addSolutions();
  return draft.finish(record, index, question, { nodes: tree.nodes });
}

function prefixesOf(reader: RecordReader, record: number): Prefix[] {
  const prefixes: Prefix[] = [];
  for (const object of reader.list(record, 'reasoning_steps') ?? []) {
    if (!reader.json.isObject(object)) {
      reader.wrongType(object, english('an object'));
      continue;
    }
    const text = reader.string(object, 'solution_prefix');
    const value = reader.share(object, 'mc_value');
    if (text === undefined && reader.json.get(object, 'solution_prefix') === undefined) reader.missingKey(object, 'solution_prefix');
    if (text !== undefined) prefixes.push({ object, text, value });
  }
  return prefixes;
}
