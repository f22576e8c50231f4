import { finalAnswer } from '../reasoning/finalAnswer.js';
import { leafPaths } from '../reasoning/paths.js';
import type { Rollout, TreeNode } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { McValue, StepValues } from '../reasoning/stepValue.js';
import type { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import type { Slice } from './slices.js';

type NodeDraft = { -readonly [Key in keyof TreeNode]: TreeNode[Key] } & { children: number[] };

/** What a file has about a node. `values` are about the prefix up to the node and belong to its last step. */
export interface NodeFacts {
  readonly span: Span;
  readonly values?: StepValues;
  readonly visits?: number | undefined;
  readonly rollouts?: readonly Rollout[];
}

/** How to read the nodes of a format in which children are objects inside their parents. */
export interface NestedNodes {
  /** Adds the node of an object, without its descendants; returns its id. */
  add(reader: RecordReader, tree: TreeDraft, object: number, parent: number | undefined): number;
  /** The objects of the node's children, in document order. */
  children(reader: RecordReader, object: number): readonly number[];
}

/** Adds the node of an object and of all its descendants. Nodes are numbered in document order. */
export function addNested(nodes: NestedNodes, reader: RecordReader, tree: TreeDraft, root: number, parent?: number): void {
  const waiting: { readonly object: number; readonly parent: number | undefined }[] = [{ object: root, parent }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = nodes.add(reader, tree, next.object, next.parent);
    for (const object of nodes.children(reader, next.object).toReversed()) waiting.push({ object, parent: node });
  }
}

/** A reasoning tree while it is read. Nodes may be added in any order in which a parent comes before its children. */
export class TreeDraft {
  readonly nodes: NodeDraft[] = [];
  /** Last step of the prefix of each node. */
  readonly #lastSteps: (number | undefined)[] = [];

  constructor(readonly draft: ProblemDraft) {}

  /** Adds a node that appends `slices` to the prefix of `parent`; returns its id. The root has no parent. */
  add(parent: number | undefined, slices: readonly Slice[], facts: NodeFacts): number {
    const id = this.nodes.length;
    const { span, values = {}, visits, rollouts = [] } = facts;
    const before = parent === undefined ? undefined : this.#lastSteps[parent];
    const steps: number[] = [];
    slices.forEach((slice, at) => {
      const isLast = at === slices.length - 1;
      steps.push(this.draft.addStep(slice, steps.at(-1) ?? before, isLast ? values : {}, id));
    });
    this.#lastSteps.push(steps.at(-1) ?? before);
    this.nodes.push({
      id,
      children: [],
      depth: parent === undefined ? 0 : this.nodes[parent]!.depth + 1,
      steps,
      ...(parent !== undefined && { parent }),
      ...(values.mc && { mc: values.mc }),
      ...(visits !== undefined && { visits }),
      rollouts,
      ...(values.judge !== undefined && { judge: values.judge }),
      span,
    });
    if (parent !== undefined) this.nodes[parent]!.children.push(id);
    return id;
  }

  /** Adds the paths from the root to each leaf as solutions. */
  addSolutions(verdict: (leaf: TreeNode) => boolean | undefined = (leaf) => this.verdictOf(leaf)): void {
    for (const path of leafPaths(this.nodes)) {
      const leaf = this.nodes[path.at(-1)!]!;
      const steps = path.flatMap((id) => this.nodes[id]!.steps);
      if (steps.length > 0) this.draft.addPath(steps, leaf.span, verdict(leaf), leaf.id);
    }
  }

  /** A leaf from a right rollout is right. A complete leaf (empty rollout or final answer) has its own verdict. */
  verdictOf(leaf: TreeNode): boolean | undefined {
    if (leaf.mc?.assumed === true) return true;
    const complete = leaf.rollouts.find((rollout) => rollout.steps.length === 0);
    if (complete !== undefined) return complete.correct;
    const value: McValue['value'] | undefined = leaf.mc?.value;
    const last = leaf.steps.at(-1);
    if ((value !== 0 && value !== 1) || last === undefined) return undefined;
    return finalAnswer(this.draft.steps[last]!.text) === undefined ? undefined : value === 1;
  }
}
