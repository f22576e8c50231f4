import { finalAnswer } from '../reasoning/finalAnswer.js';
import { leafPaths } from '../reasoning/paths.js';
import type { Problem, Rollout, TreeNode } from '../reasoning/problem.js';
import type { McValue } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { stepSlice } from './slices.js';

/**
 * The tree MM-PRM's search leaves (`data_pipeline/omegaprm.py`, `State.get_tree_structure`). A child's `partial_solution` is
 * what it adds to its parent, one or more steps; the root has none. Its solutions are the root-to-leaf paths. StepLens's
 * own trees have `num_correct`, `num_incorrect` and `assumed` besides, which MM-PRM's dump does not tell.
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
};

type NodeDraft = { -readonly [Key in keyof TreeNode]: TreeNode[Key] } & { children: number[] };

function readTree(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const nodes: NodeDraft[] = [];
  const waiting: { readonly object: number; readonly parent?: number; readonly lastStep?: number }[] = [{ object: record }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { object, parent } = next;
    const node = readNode(reader, draft, object, nodes.length, next.lastStep);
    if (parent !== undefined) {
      node.parent = parent;
      node.depth = nodes[parent]!.depth + 1;
      nodes[parent]!.children.push(node.id);
    }
    nodes.push(node);
    const lastStep = node.steps.at(-1) ?? next.lastStep;
    const children = (reader.list(object, 'children') ?? []).filter((child) => {
      const isNode = reader.json.isObject(child);
      if (!isNode) reader.wrongType(child, 'an object');
      return isNode;
    });
    // Reversed, so that nodes are numbered in document order.
    for (const child of children.reverse()) {
      waiting.push({ object: child, parent: node.id, ...(lastStep !== undefined && { lastStep }) });
    }
  }
  for (const path of leafPaths(nodes)) addSolution(draft, nodes, path);
  return draft.finish(record, index, questionOf(reader, record), { nodes });
}

function addSolution(draft: ProblemDraft, nodes: readonly TreeNode[], path: readonly number[]): void {
  const leaf = nodes[path.at(-1)!]!;
  const steps = path.flatMap((id) => nodes[id]!.steps);
  if (steps.length > 0) draft.addPath(steps, leaf.span, leafVerdict(draft, leaf), leaf.id);
}

/** A leaf made from a correct rollout is right; one that is complete (nothing to roll out, or an answer read) was judged itself. */
function leafVerdict(draft: ProblemDraft, leaf: TreeNode): boolean | undefined {
  if (leaf.mc?.assumed === true) return true;
  const complete = leaf.rollouts.find((rollout) => rollout.steps.length === 0);
  if (complete !== undefined) return complete.correct;
  const value = leaf.mc?.value;
  const last = leaf.steps.at(-1);
  if ((value !== 0 && value !== 1) || last === undefined) return undefined;
  return finalAnswer(draft.steps[last]!.text) === undefined ? undefined : value === 1;
}

function readNode(reader: RecordReader, draft: ProblemDraft, object: number, id: number, lastStep: number | undefined): NodeDraft {
  const rollouts = [
    ...readRollouts(reader, object, 'correct_rollouts', true),
    ...readRollouts(reader, object, 'incorrect_rollouts', false),
  ];
  const visits = reader.count(object, 'visit_count');
  const mc = readMc(reader, object, visits, rollouts.length);
  const judge = reader.share(object, 'logprob_yes');
  const steps: number[] = [];
  const partial = reader.value(object, 'partial_solution');
  if (partial === undefined && id > 0) reader.missingKey(object, 'partial_solution');
  const strings = partial === undefined ? [] : (reader.stringsAt(partial) ?? []).filter((string) => string !== undefined);
  strings.forEach((string, at) => {
    // The node's values are about the prefix that ends with it: they stand at its last step.
    const isLast = at === strings.length - 1;
    const values = isLast ? { ...(mc && { mc }), ...(judge !== undefined && { judge }) } : {};
    steps.push(draft.addStep(stepSlice(string), steps.at(-1) ?? lastStep, values, id));
  });
  return {
    id,
    children: [],
    depth: 0,
    steps,
    ...(mc && { mc }),
    ...(visits !== undefined && { visits }),
    rollouts,
    ...(judge !== undefined && { judge }),
    span: reader.json.span(object),
  };
}

/**
 * `mc_value` as the file gives it: the rollout lists are de-duplicated, so it is never recomputed from them. `logprob_yes`
 * beside it is really a probability (`mllm_as_a_judge.py`).
 */
function readMc(reader: RecordReader, object: number, visits: number | undefined, rollouts: number): McValue | undefined {
  const correct = reader.count(object, 'num_correct');
  const incorrect = reader.count(object, 'num_incorrect');
  const total = correct === undefined || incorrect === undefined ? undefined : correct + incorrect;
  const value = reader.share(object, 'mc_value') ?? (correct !== undefined && total ? correct / total : undefined);
  if (value === undefined) return undefined;
  // MM-PRM gives the child it makes of a correct rollout 1.0 without sampling from it.
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

function readRollouts(reader: RecordReader, object: number, key: string, correct: boolean): Rollout[] {
  const rollouts: Rollout[] = [];
  for (const id of reader.list(object, key) ?? []) {
    const steps = reader.stringsAt(id);
    if (steps === undefined) continue;
    const texts = steps.flatMap((step) => (step === undefined ? [] : [stepSlice(step).text]));
    rollouts.push({ correct, steps: texts, span: reader.json.span(id) });
  }
  return rollouts;
}
