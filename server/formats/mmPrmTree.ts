import { english } from '../l10n.js';
import type { Problem, Rollout } from '../reasoning/problem.js';
import type { McValue } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { stepSlice } from './slices.js';
import { addNested, type NestedNodes, TreeDraft } from './treeDraft.js';

const nodes: NestedNodes = { add: addNode, children: childrenOf };

/**
 * The tree that MM-PRM's search writes (`data_pipeline/omegaprm.py`, `State.get_tree_structure`). A child's `partial_solution` is
 * what it adds to its parent, one or more steps; the root has none. Its solutions are the root-to-leaf paths. StepLens's
 * own trees also have `num_correct`, `num_incorrect` and `assumed`, which MM-PRM's dump does not have.
 */
export const mmPrmTree: JsonFormat = {
  syntax: 'json',
  id: 'mmPrmTree',
  title: 'MM-PRM reasoning tree',
  recognizedBy: '`children`, `mc_value`, `correct_rollouts`',
  shown: 'the search tree, rollouts, visits; every path from the root to a leaf as a solution',
  keys: ['mc_value', 'correct_rollouts', 'partial_solution'],
  claims(json, record) {
    const own = ['mc_value', 'visit_count', 'correct_rollouts', 'incorrect_rollouts'].filter((key) => json.get(record, key) !== undefined);
    const children = json.get(record, 'children');
    const child = children === undefined ? undefined : json.items(children)[0];
    const childIsNode = child !== undefined && json.get(child, 'partial_solution') !== undefined;
    const around = [json.get(record, 'question'), children].filter((id) => id !== undefined);
    return childIsNode || (own.length > 0 && own.length + around.length >= 3);
  },
  holds: (json, record) =>
    ['children', 'mc_value', 'correct_rollouts', 'incorrect_rollouts'].some((key) => json.get(record, key) !== undefined),
  read: readTree,
  nodes,
};

function readTree(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const tree = new TreeDraft(draft);
  addNested(nodes, reader, tree, record);
  tree.addSolutions();
  return draft.finish(record, index, questionOf(reader, record), { nodes: tree.nodes });
}

function childrenOf(reader: RecordReader, object: number): number[] {
  return (reader.list(object, 'children') ?? []).filter((child) => {
    const isNode = reader.json.isObject(child);
    if (!isNode) reader.wrongType(child, english('an object'));
    return isNode;
  });
}

function addNode(reader: RecordReader, tree: TreeDraft, object: number, parent: number | undefined): number {
  const rollouts = [
    ...readRollouts(reader, object, 'correct_rollouts', true),
    ...readRollouts(reader, object, 'incorrect_rollouts', false),
  ];
  const visits = reader.count(object, 'visit_count');
  const mc = readMc(reader, object, visits, rollouts.length);
  const judge = reader.share(object, 'logprob_yes');
  const partial = reader.value(object, 'partial_solution');
  if (partial === undefined && parent !== undefined) reader.missingKey(object, 'partial_solution');
  const strings = partial === undefined ? [] : (reader.stringsAt(partial) ?? []).filter((string) => string !== undefined);
  const slices = strings.map((string) => stepSlice(string));
  const values = { ...(mc && { mc }), ...(judge !== undefined && { judge }) };
  return tree.add(parent, slices, { span: reader.json.span(object), values, visits, rollouts });
}

/**
 * `mc_value` as the file gives it: the rollout lists are de-duplicated, so it is never recomputed from them. `logprob_yes`
 * beside it is really a probability (`mllm_as_a_judge.py`).
 */
function readMc(reader: RecordReader, object: number, visits: number | undefined, rollouts: number): McValue | undefined {
  const correct = reader.count(object, 'num_correct') ?? countIn(reader, object, 'correct_rollouts');
  const incorrect = reader.count(object, 'num_incorrect') ?? countIn(reader, object, 'incorrect_rollouts');
  const total = correct === undefined || incorrect === undefined ? undefined : correct + incorrect;
  const value = reader.share(object, 'mc_value') ?? (correct !== undefined && total ? correct / total : undefined);
  if (value === undefined) return undefined;
  // MM-PRM makes a child of a correct rollout and gives it 1.0 without sampling from it.
  const assumed =
    reader.boolean(object, 'assumed') ??
    (value === 1 && total === undefined && !visits && rollouts === 0 && hasNoChildren(reader.json, object));
  if (total === 0 && !assumed) return undefined;
  return { value, ...(correct !== undefined && total ? { correct, total } : {}), ...(assumed && { assumed }) };
}

function hasNoChildren(json: JsonDocument, object: number): boolean {
  const children = json.get(object, 'children');
  return children === undefined || json.items(children).length === 0;
}

/** Some writers replace the lists of rollouts by their lengths. */
function countIn(reader: RecordReader, object: number, key: string): number | undefined {
  const id = reader.value(object, key);
  return id !== undefined && reader.json.kind(id) === Kind.number ? reader.count(object, key) : undefined;
}

function readRollouts(reader: RecordReader, object: number, key: string, correct: boolean): Rollout[] {
  const rollouts: Rollout[] = [];
  if (countIn(reader, object, key) !== undefined) return rollouts;
  for (const id of reader.list(object, key) ?? []) {
    const steps = reader.stringsAt(id);
    if (steps === undefined) continue;
    const texts = steps.flatMap((step) => (step === undefined ? [] : [stepSlice(step).text]));
    rollouts.push({ correct, steps: texts, span: reader.json.span(id) });
  }
  return rollouts;
}
