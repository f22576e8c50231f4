import type { NodePlaceResult, NodeView, ProblemView, RolloutView, StepView } from '../protocol/problemView.js';
import { countLow } from '../reasoning/counts.js';
import { finalAnswer } from '../reasoning/finalAnswer.js';
import { along, rootPath } from '../reasoning/paths.js';
import type { Problem, Rollout, Step, TreeNode } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { StepValues } from '../reasoning/stepValue.js';
import { stepVerdict } from '../reasoning/stepVerdict.js';
import { groupRollouts, type RolloutGroup } from '../reasoning/treeStatistics.js';
import { wilsonInterval } from '../reasoning/wilson.js';
import type { ScoredDocument, ScoredProblem, ScoredStep } from './scoredDocument.js';
import { oneLine } from './valueText.js';

const titleLength = 80;

/**
 * What the tree panel draws of one problem. A search tree keeps its nodes; the solutions of any other problem become a
 * trie in which equal prefixes are one path. `images` are the URIs of the problem's images that exist.
 */
export function problemView(document: ScoredDocument, index: number, images: readonly string[]): ProblemView | null {
  const scored = document.problems[index];
  if (!scored) return null;
  const { problem } = scored;
  return {
    uri: document.uri,
    version: document.version,
    problem: index,
    problemCount: document.problems.length,
    titles: document.problems.map((one) => oneLine(one.problem.question, titleLength)),
    question: problem.question,
    ...(problem.answer !== undefined && { answer: problem.answer }),
    images,
    ...(document.model !== undefined && { model: document.model }),
    threshold: document.threshold,
    found: countLow(scored.steps),
    nodes: problem.tree ? searchNodes(document, scored, problem.tree.nodes) : trieNodes(document, scored),
    isSearchTree: problem.tree !== undefined,
  };
}

function searchNodes(document: ScoredDocument, scored: ScoredProblem, nodes: readonly TreeNode[]): NodeView[] {
  const answers = new Map<string, string | undefined>();
  const verdicts = new Map(
    scored.problem.solutions.flatMap(({ node, correct }) => (node === undefined || correct === undefined ? [] : [[node, correct]])),
  );
  return nodes.map((node) => {
    const steps = along(scored.steps, node.steps);
    const correct = verdicts.get(node.id);
    const values: StepValues = {
      ...steps.at(-1)?.values,
      ...(node.mc && { mc: node.mc }),
      ...(node.judge !== undefined && { judge: node.judge }),
    };
    return {
      id: node.id,
      parent: node.parent ?? null,
      children: node.children,
      depth: node.depth,
      steps: steps.map(stepView),
      ...nodeValues(values, document.threshold, isSingleVerdict(node)),
      ...(node.visits !== undefined && { visits: node.visits }),
      rollouts: groupsOf(node, answers),
      ...(correct !== undefined && { correct }),
    };
  });
}

/** The groups of a node's rollouts, kept with the node: finding the final answers is most of the work, and scores do not change it. */
const groups = new WeakMap<TreeNode, readonly RolloutGroup[]>();

/** `answers`: final answers by the text they were read from. Most rollouts of a tree end with one of a few sentences. */
function groupsOf(node: TreeNode, answers: Map<string, string | undefined>): readonly RolloutGroup[] {
  let found = groups.get(node);
  if (found !== undefined) return found;
  const answerOf = (text: string): string | undefined => {
    if (!answers.has(text)) answers.set(text, finalAnswer(text));
    return answers.get(text);
  };
  found = groupRollouts(node.rollouts.map(({ correct, steps }) => ({ correct, steps, answer: answerOf(steps.at(-1) ?? '') })));
  groups.set(node, found);
  return found;
}

/** Whether a node is a complete solution: its value is one verdict, which MM-PRM keeps as a rollout without steps. */
function isSingleVerdict({ rollouts }: TreeNode): boolean {
  return rollouts.length === 1 && rollouts[0]?.steps.length === 0;
}

interface TrieNode {
  readonly id: number;
  readonly parent: TrieNode | null;
  readonly depth: number;
  readonly step?: ScoredStep;
  readonly byText: Map<string, TrieNode>;
  correct?: boolean;
}

/** Merges the solutions of a problem without a search tree into a trie; `nodeOf` maps each step to its node. */
function trieOf(scored: ScoredProblem): { readonly nodes: readonly TrieNode[]; readonly nodeOf: ReadonlyMap<number, number> } {
  const root: TrieNode = { id: 0, parent: null, depth: 0, byText: new Map() };
  const nodes = [root];
  const nodeOf = new Map<number, number>();
  for (const solution of scored.problem.solutions) {
    let at = root;
    for (const step of along(scored.steps, solution.steps)) {
      let next = at.byText.get(step.step.text);
      if (!next) {
        next = { id: nodes.length, parent: at, depth: at.depth + 1, step, byText: new Map() };
        at.byText.set(step.step.text, next);
        nodes.push(next);
      }
      at = next;
      nodeOf.set(step.step.index, at.id);
    }
    if (solution.correct !== undefined) at.correct = solution.correct;
  }
  return { nodes, nodeOf };
}

function trieNodes(document: ScoredDocument, scored: ScoredProblem): NodeView[] {
  return trieOf(scored).nodes.map(({ id, parent, depth, step, byText, correct }) => ({
    id,
    parent: parent?.id ?? null,
    children: Array.from(byText.values(), (child) => child.id),
    depth,
    steps: step ? [stepView(step)] : [],
    ...nodeValues(step?.values ?? {}, document.threshold),
    rollouts: [],
    ...(correct !== undefined && { correct }),
  }));
}

/** The node of the view that a step is in; null for a step that is in no solution. */
export function nodeOfStep({ problems }: ScoredDocument, problem: number, step: number): number | null {
  const scored = problems[problem];
  if (!scored) return null;
  return (scored.problem.tree ? scored.problem.steps[step]?.node : trieOf(scored).nodeOf.get(step)) ?? null;
}

/** Where a node of the view is in the file, and its texts; null where there is no such node. */
export function nodePlace(
  document: ScoredDocument,
  index: number,
  node: number,
  wanted: { readonly step?: number | undefined; readonly rollout?: number | undefined } = {},
): NodePlaceResult | null {
  const scored = document.problems[index];
  if (!scored) return null;
  const { problem } = scored;
  const found = problem.tree ? problem.tree.nodes[node] : trieOf(scored).nodes[node];
  if (!found) return null;
  const steps = along(problem.steps, stepsOf(found));
  const last = steps.at(-1)?.index;
  return {
    range: document.lines.range(placeOf(problem, found, steps, wanted)),
    steps: steps.map(({ index: at, text }) => ({ index: at, text })),
    path: last === undefined ? [] : along(problem.steps, rootPath(problem.steps, last)).map(({ text }) => text),
    isSearchTree: problem.tree !== undefined,
  };
}

function stepsOf(node: TreeNode | TrieNode): readonly number[] {
  return 'steps' in node ? node.steps : node.step ? [node.step.step.index] : [];
}

function placeOf(
  problem: Problem,
  node: TreeNode | TrieNode,
  steps: readonly Step[],
  { step, rollout }: { readonly step?: number | undefined; readonly rollout?: number | undefined },
): Span {
  const own = steps.find(({ index }) => index === step);
  if (own) return own.span;
  const kept = rollout === undefined || !('rollouts' in node) ? undefined : node.rollouts[rollout];
  if (kept) return kept.span;
  const [first, last] = [steps.at(0), steps.at(-1)];
  if (first && last) return { start: first.span.start, end: last.span.end };
  const { start } = 'span' in node ? node.span : (problem.questionSpan ?? problem.span);
  return { start, end: start };
}

/** Returns a node's values. The tree shows the most trusted value; whether a step is low is the same as elsewhere. */
function nodeValues(
  values: StepValues,
  threshold: number,
  isOneSample = false,
): Pick<NodeView, 'value' | 'source' | 'mc' | 'interval' | 'judge' | 'assumed' | 'oneSample'> {
  const verdict = stepVerdict(values, threshold);
  const { mc, judge } = values;
  const interval = mc?.correct !== undefined && mc.total !== undefined ? wilsonInterval(mc.correct, mc.total) : undefined;
  return {
    value: verdict?.value ?? null,
    source: verdict?.source ?? null,
    ...(mc && { mc }),
    ...(interval && { interval }),
    ...(judge !== undefined && { judge }),
    assumed: mc?.assumed ?? false,
    oneSample: mc?.total === 1 || isOneSample,
  };
}

function stepView({ step: { index, text }, values, low, firstLow }: ScoredStep): StepView {
  return { index, text, values, low, firstLow };
}

/** The rollouts of a node of a search tree, with their texts; the view only counts them. */
export function nodeRollouts(document: ScoredDocument, problem: number, node: number): RolloutView[] {
  const rollouts = document.problems[problem]?.problem.tree?.nodes[node]?.rollouts ?? [];
  return rollouts.map(withAnswer);
}

function withAnswer({ correct, steps }: Rollout): Pick<RolloutView, 'correct' | 'steps' | 'answer'> {
  const answer = finalAnswer(steps.at(-1) ?? '');
  return { correct, steps, ...(answer !== undefined && { answer }) };
}
